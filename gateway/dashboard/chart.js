/**
 * Chart: lines over time, drawn as SVG.
 * @module
 */
import { el, svg } from "./dom.js";
import { short } from "./format.js";

const WIDTH = 600;
const HEIGHT = 140;

/**
 * A chart of some lines: `[{name, kind}]`, `kind` being its colour's class. `draw(rows, summary)` takes
 * one array of numbers per line, all of the same length; null is a
 * gap at its beginning. `format` makes text of a number.
 */
export function chart(title, lines, { format = short } = {}) {
  const top = el("span", { class: "chart-top", "aria-hidden": "true" });
  const paths = lines.map(({ kind }) => ({
    area: svg("path", { class: `area ${kind}` }),
    line: svg("path", { class: `line ${kind}` }),
  }));
  const grid = [0.25, 0.5, 0.75].map((y) =>
    svg("line", { class: "grid", x1: 0, x2: WIDTH, y1: HEIGHT * y, y2: HEIGHT * y })
  );
  const drawing = svg(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": title,
    },
    grid,
    paths.map(({ area, line }) => [area, line]),
  );
  const values = lines.map(({ name, kind }) => {
    const value = el("b", {}, "–");
    return {
      value,
      node: el("span", { class: "key" }, el("i", { class: kind }), name, " ", value),
    };
  });
  const node = el(
    "div",
    { class: "chart" },
    el("div", { class: "keys" }, values.map((one) => one.node)),
    el("div", { class: "plot" }, top, drawing),
    el(
      "div",
      { class: "axis", "aria-hidden": "true" },
      el("span", {}, "2 m ago"),
      el("span", {}, "now"),
    ),
  );
  const draw = (rows, shown) => {
    const peak = niceTop(Math.max(1, ...rows.flat()));
    top.textContent = format(peak);
    rows.forEach((row, at) => {
      const points = row.flatMap((value, n) => {
        if (value === null) return [];
        const x = row.length < 2 ? 0 : n / (row.length - 1) * WIDTH;
        return [[x.toFixed(1), (HEIGHT - value / peak * (HEIGHT - 4)).toFixed(1)]];
      });
      const line = points.map((point) => point.join(",")).join("L");
      const closed = `M${points[0]?.[0]},${HEIGHT}L${line}L${points.at(-1)?.[0]},${HEIGHT}Z`;
      paths[at].line.setAttribute("d", points.length === 0 ? "" : `M${line}`);
      paths[at].area.setAttribute("d", points.length === 0 ? "" : closed);
      values[at].value.textContent = shown[at];
    });
    const told = lines.map(({ name }, at) => `${name} ${shown[at]}`).join(", ");
    drawing.setAttribute("aria-label", `${title}: ${told}`);
  };
  return { node, draw };
}

/** The next of 1, 2, 5, 10, 20, … */
function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}
