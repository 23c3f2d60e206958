/**
 * Chart: lines over time, drawn as SVG.
 *
 * A drawing is two attributes per line, whatever the number of points: 120 of them cost well under a ms.
 * @module
 */
import { el, svg } from "./dom.js";
import { short } from "./format.js";

const WIDTH = 600;
const HEIGHT = 148;
const TICKS = [1, 0.5, 0];

/**
 * A line: its name, and the class of its colour.
 * @typedef {{name: string, kind: string}} Line
 */

/**
 * A chart. `draw` takes one row of numbers per line, all of the same length, the latest last (null: a gap), and the
 * text that stands beside each name. Pointing at it tells the values of that moment instead.
 * @param {string} title
 * @param {Line[]} lines
 * @param {{format?: (value: number) => string, span?: string, floor?: number}} [options] `format` makes text of a number, `span`
 *   is what stands at the beginning of the time axis, `floor` the least that the scale reaches
 * @returns {{node: HTMLElement, draw(rows: (number | null)[][], shown: string[]): void}}
 */
export function chart(title, lines, { format = short, span = "2 m ago", floor = 1 } = {}) {
  const paths = lines.map(({ kind }) => ({
    area: svg("path", { class: `area ${kind}` }),
    line: svg("path", { class: `line ${kind}` }),
  }));
  const cursor = svg("line", { class: "cursor", y1: 0, y2: HEIGHT, visibility: "hidden" });
  const grid = TICKS.map((part) => {
    const y = 4 + (1 - part) * (HEIGHT - 6);
    return svg("line", { class: "grid", x1: 0, x2: WIDTH, y1: y, y2: y });
  });
  const size = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" };
  const drawing = svg(
    "svg",
    { ...size, role: "img", "aria-label": title },
    grid,
    paths.map(({ area, line }) => [area, line]),
    cursor,
  );
  const values = lines.map(() => el("b", {}, "–"));
  const keys = lines.map(({ name, kind }, at) =>
    el("span", { class: "key" }, el("i", { class: kind }), name, " ", values[at])
  );
  const ticks = TICKS.map((part) => {
    const tick = el("span", {});
    tick.style.top = `${(4 + (1 - part) * (HEIGHT - 6)) / HEIGHT * 100}%`;
    return tick;
  });
  const plot = el("div", { class: "plot" }, drawing);
  plot.append(el("div", { class: "scale", "aria-hidden": "true" }, ticks));
  const state = { rows: [], shown: [], pointed: null };
  const tell = () => tellValues({ ...state, values, cursor, format });
  point(drawing, (part) => {
    state.pointed = part;
    tell();
  });
  const axis = el("div", { class: "axis", "aria-hidden": "true" });
  axis.append(el("span", {}, span), el("span", {}, "now"));
  const draw = (rows, shown) => {
    Object.assign(state, { rows, shown });
    const peak = niceTop(Math.max(floor, ...rows.flat().filter((value) => value !== null)));
    ticks.forEach((tick, at) => tick.textContent = format(peak * TICKS[at]));
    rows.forEach((row, at) => drawLine(paths[at], row, peak));
    const told = lines.map(({ name }, at) => `${name} ${shown[at]}`).join(", ");
    drawing.setAttribute("aria-label", `${title}: ${told}`);
    tell();
  };
  return {
    node: el("div", { class: "chart" }, el("div", { class: "keys" }, keys), plot, axis),
    draw,
  };
}

/** Tells where the pointer is, from 0 to 1, and null when it is gone. */
function point(drawing, tell) {
  drawing.addEventListener("pointermove", ({ clientX }) => {
    const { left, width } = drawing.getBoundingClientRect();
    tell(Math.min(1, Math.max(0, (clientX - left) / width)));
  });
  drawing.addEventListener("pointerleave", () => tell(null));
}

/** The values beside the names: those of the moment that is pointed at, or the ones given. */
function tellValues({ rows, shown, pointed, values, cursor, format }) {
  const at = pointed === null ? null : Math.round(pointed * ((rows[0]?.length ?? 1) - 1));
  values.forEach((node, line) => {
    const value = at === null ? undefined : rows[line]?.[at];
    const text = value === undefined ? shown[line] : value === null ? "–" : format(value);
    if (node.textContent !== text) node.textContent = text ?? "–";
  });
  cursor.setAttribute("visibility", at === null ? "hidden" : "visible");
  if (at === null) return;
  const x = at / Math.max(1, rows[0].length - 1) * WIDTH;
  cursor.setAttribute("x1", x);
  cursor.setAttribute("x2", x);
}

/** One line and the area under it; a gap begins a new stretch. */
function drawLine({ area, line }, row, peak) {
  let outline = "";
  let filled = "";
  let begin = null;
  const close = (x) => {
    // A stretch of one moment is a dash.
    if (begin === x) outline += "m-2,0h4";
    if (begin !== null) filled += `L${x},${HEIGHT - 2}L${begin},${HEIGHT - 2}Z`;
    begin = null;
  };
  let last = "0";
  row.forEach((value, n) => {
    if (value === null) return close(last);
    const x = (row.length < 2 ? 0 : n / (row.length - 1) * WIDTH).toFixed(1);
    const place = `${x},${(HEIGHT - 2 - value / peak * (HEIGHT - 6)).toFixed(1)}`;
    outline += (begin === null ? "M" : "L") + place;
    filled += (begin === null ? "M" : "L") + place;
    begin ??= x;
    last = x;
  });
  close(last);
  line.setAttribute("d", outline);
  area.setAttribute("d", filled);
}

/** The next of 1, 2, 5, 10, 20, … */
function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}
