/**
 * FlowGraph: a flow's jobs in layers, each to the right of all that it waits for.
 *
 * Jobs of a layer are ordered by the middle of their parents, which leaves few crossings. Large flows
 * are not drawn: nobody can read a graph of 500 boxes, and the table below it lists them all.
 * @module
 */
import { part } from "../api.js";
import { el, empty, svg } from "./dom.js";

const BOX = { width: 168, height: 46 };
const GAP = { x: 64, y: 18 };
const JOBS_MAX = 300;
const KEY_CHARS = 20;
const WAYS = {
  fail: "only if that completes",
  ignore: "however that ends",
  compensate: "only if that fails",
};

/** The drawing of `jobs`, as `GET /flow/{id}` tells them. */
export function graph(jobs) {
  if (jobs.length > JOBS_MAX) {
    return empty("Too many jobs to draw", "They are all in the list below.");
  }
  const places = arrange(jobs);
  const edges = jobs.flatMap((job) =>
    job.dependsOn.map(({ key, onFailure }) => edge(places.get(key), places.get(job.key), onFailure))
  );
  const spots = [...places.values()];
  const width = Math.max(...spots.map(({ x }) => x)) + BOX.width + 8;
  const height = Math.max(...spots.map(({ y }) => y)) + BOX.height + 8;
  const head = svg("marker", {
    id: "arrow",
    viewBox: "0 0 8 8",
    refX: 8,
    refY: 4,
    markerWidth: 7,
    markerHeight: 7,
    orient: "auto",
  }, svg("path", { d: "M0,0L8,4L0,8Z" }));
  const drawing = svg(
    "svg",
    {
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "group",
      "aria-label": `Graph of ${jobs.length} jobs`,
    },
    svg("defs", {}, head),
    edges,
    jobs.map((job) => box(job, places.get(job.key))),
  );
  return el(
    "div",
    { class: "flow-graph", tabindex: "0", role: "region", "aria-label": "Graph" },
    drawing,
  );
}

/** What the kinds of lines mean that are drawn. */
export function legend(jobs) {
  const kinds = new Set(
    jobs.flatMap(({ dependsOn }) => dependsOn.map(({ onFailure }) => onFailure)),
  );
  const names = Object.keys(WAYS).filter((kind) => kinds.has(kind));
  return el(
    "div",
    { class: "keys row" },
    names.map((kind) => {
      const swatch = svg("svg", { class: "swatch", viewBox: "0 0 26 8", "aria-hidden": "true" });
      swatch.append(svg("path", { class: kind, d: "M0,4H26" }));
      return el("span", { class: "key muted" }, swatch, WAYS[kind]);
    }),
  );
}

/** Where each job stands, by key. */
function arrange(jobs) {
  const byKey = new Map(jobs.map((job) => [job.key, job]));
  const depths = new Map();
  const depth = (key) => {
    if (!depths.has(key)) {
      depths.set(key, 0);
      depths.set(
        key,
        Math.max(-1, ...byKey.get(key).dependsOn.map((parent) => depth(parent.key))) + 1,
      );
    }
    return depths.get(key);
  };
  const layers = [];
  for (const job of jobs) (layers[depth(job.key)] ??= []).push(job);
  const places = new Map();
  const tallest = Math.max(...layers.map((layer) => layer.length));
  layers.forEach((layer, column) => {
    const middle = ({ dependsOn }) =>
      dependsOn.reduce((sum, { key }) => sum + places.get(key).y, 0) /
      Math.max(1, dependsOn.length);
    if (column > 0) layer.sort((a, b) => middle(a) - middle(b));
    const top = (tallest - layer.length) * (BOX.height + GAP.y) / 2;
    layer.forEach((job, row) =>
      places.set(job.key, {
        x: 4 + column * (BOX.width + GAP.x),
        y: 4 + top + row * (BOX.height + GAP.y),
      })
    );
  });
  return places;
}

function edge(from, to, onFailure) {
  const [x1, y1] = [from.x + BOX.width, from.y + BOX.height / 2];
  const [x2, y2] = [to.x - 2, to.y + BOX.height / 2];
  const bend = (x2 - x1) / 2;
  return svg("path", {
    class: onFailure,
    d: `M${x1},${y1}C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`,
    "marker-end": "url(#arrow)",
  });
}

function box(job, { x, y }) {
  const cut = (text) => text.length > KEY_CHARS ? `${text.slice(0, KEY_CHARS - 1)}…` : text;
  const kind = job.state === "active" ? "running" : job.state;
  const shapes = [
    svg("title", {}, `${job.key}: ${job.name}, ${job.state}`),
    svg("rect", { width: BOX.width, height: BOX.height, rx: 8 }),
    svg("circle", { class: "dot", cx: 16, cy: 17, r: 4 }),
    svg("text", { x: 28, y: 21 }, cut(job.key)),
    svg("text", { class: "sub", x: 28, y: 37 }, cut(`${job.state} · ${job.name}`)),
  ];
  const group = { class: kind, transform: `translate(${x},${y})` };
  return job.jobId === null ? svg("g", group, shapes) : svg("a", {
    ...group,
    href: `#/jobs/${part(job.jobId)}`,
  }, shapes);
}
