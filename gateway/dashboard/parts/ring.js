/**
 * Ring: the shards in the order of their numbers, each in its owner's colour.
 * @module
 */
import { svg } from "./dom.js";

const COLOURS = 8;
const R = { outer: 152, inner: 118, centre: 160 };

/**
 * As `GET /cluster` tells them.
 * @typedef {{shard: number, owner: string | null, epoch: number}} Shard
 * @typedef {{id: string, state: string, roles: string[], http: string | null, peer: string | null,
 *   load: {running: number, slots: number}, shards: number}} Node
 */

/**
 * The class of each node's colour.
 * @param {Node[]} nodes
 * @returns {(owner: string | null) => string}
 */
export function colourOf(nodes) {
  const classes = new Map(nodes.map(({ id }, at) => [id, `owner${at % COLOURS}`]));
  return (owner) => classes.get(owner ?? "") ?? "ownerless";
}

/**
 * The drawing: an arc for every run of shards of one owner, with a seam at every shard.
 * @param {Shard[]} shards
 * @param {Node[]} nodes
 */
export function ring(shards, nodes) {
  const colour = colourOf(nodes);
  const step = 2 * Math.PI / Math.max(1, shards.length);
  const runs = runsOf(shards);
  const arcs = runs.map(({ from, to, owner }) =>
    svg(
      "path",
      {
        class: `${colour(owner)} ${runs.length > 1 ? "border" : ""}`,
        d: arc(from * step, to * step),
      },
      svg(
        "title",
        {},
        `${owner ?? "nobody"}: ${shardsText(shards[from].shard, shards[to - 1].shard)}`,
      ),
    )
  );
  const seams = shards.map((_, at) => `M${place(R.inner, at * step)}L${place(R.outer, at * step)}`);
  const alive = nodes.filter(({ state }) => state === "alive").length;
  return svg(
    "svg",
    {
      viewBox: "0 0 320 320",
      role: "img",
      "aria-label": `${shards.length} shards on ${alive} nodes that are alive`,
    },
    arcs,
    shards.length <= 1_024 ? svg("path", { class: "seams", d: seams.join("") }) : null,
    svg("text", { class: "big", x: R.centre, y: R.centre + 2 }, shards.length),
    svg("text", { class: "small", x: R.centre, y: R.centre + 24 }, "shards"),
  );
}

function shardsText(first, last) {
  return first === last ? `shard ${first}` : `shards ${first} to ${last}`;
}

/** Neighbours of one owner, from (inclusive) and to (exclusive). */
function runsOf(shards) {
  const runs = [];
  shards.forEach(({ owner }, at) => {
    const last = runs.at(-1);
    if (last?.owner === owner) last.to = at + 1;
    else runs.push({ owner, from: at, to: at + 1 });
  });
  return runs;
}

function place(radius, angle) {
  const x = R.centre + radius * Math.sin(angle);
  return `${x.toFixed(2)},${(R.centre - radius * Math.cos(angle)).toFixed(2)}`;
}

/** A whole circle is drawn just short of one: an arc that ends where it begins is none. */
function arc(from, end) {
  const to = Math.min(end, from + 2 * Math.PI - 0.0001);
  const large = to - from > Math.PI ? 1 : 0;
  return `M${place(R.outer, from)}A${R.outer},${R.outer} 0 ${large} 1 ${place(R.outer, to)}` +
    `L${place(R.inner, to)}A${R.inner},${R.inner} 0 ${large} 0 ${place(R.inner, from)}Z`;
}
