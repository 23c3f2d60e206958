/**
 * Cluster: the ring of shards with their owners, the nodes with their load, and draining.
 * @module
 */
import { get, part, post } from "../api.js";
import {
  act,
  ask,
  badge,
  button,
  card,
  el,
  failure,
  loading,
  refresh,
  show,
  table,
} from "../parts/dom.js";
import { count, span } from "../parts/format.js";
import { colourOf, ring } from "../parts/ring.js";

const EVERY_MS = 3_000;
const NODE_COLUMNS = [
  { label: "Node", kind: "lead" },
  { label: "State", kind: "bare" },
  { label: "Roles" },
  { label: "Jobs running", kind: "full" },
  { label: "Shards", kind: "num" },
  { label: "API", kind: "mono" },
  { label: "Change", kind: "bare" },
];
const HANDLER_COLUMNS = [
  { label: "Handler", kind: "lead" },
  { label: "Kind" },
  { label: "Isolation" },
  { label: "Time-out" },
  { label: "File", kind: "mono" },
];

/** @param {import("../app.js").Page} page */
export function clusterPage(page) {
  const body = el("div", { class: "stack" }, loading());
  show(page.view, page.head("Cluster"), body);
  const load = async () => {
    try {
      const [{ nodes, shards }, { handlers }] = await Promise.all([
        get("/cluster", {}, page.signal),
        get("/handlers", {}, page.signal),
      ]);
      draw(body, { nodes, shards, handlers, load });
    } catch (error) {
      if (!page.signal.aborted) show(body, failure(error, load));
    }
  };
  page.every(EVERY_MS, load);
}

function draw(body, { nodes, shards, handlers, load }) {
  const orphans = shards.filter(({ owner }) => owner === null).length;
  const note = orphans === 0 ? null : el("span", {}, `${count(orphans)} belong to nobody yet`);
  const alive = nodes.filter(({ state }) => state === "alive").length;
  const told = el("span", {}, `${count(alive)} of ${count(nodes.length)} alive`);
  const rows = nodes.map((node) => nodeRow(node, { colour: colourOf(nodes)(node.id), load }));
  const handlerRows = handlers.map(({ name, kind, isolation, timeout, file }) => ({
    cells: [name, kind, isolation, timeout === null ? "–" : span(timeout), file ?? "–"],
  }));
  const ringCard = card("Ring", { aside: note }, el("div", { class: "ring" }, ring(shards, nodes)));
  const nodesCard = card("Nodes", { aside: told }, table("Nodes", NODE_COLUMNS, rows));
  const handlersCard = card(
    "Handlers of this node",
    {},
    table("Handlers", HANDLER_COLUMNS, handlerRows),
  );
  refresh(body, el("div", { class: "cluster" }, ringCard, nodesCard), handlersCard);
}

function nodeRow(node, { colour, load }) {
  const { running, slots } = node.load;
  const bar = el("i", {});
  bar.style.width = `${slots === 0 ? 0 : Math.min(100, running / slots * 100)}%`;
  const drain = async () => {
    const agreed = await ask(`Drain ${node.id}?`, {
      text:
        "It finishes what it runs, gives its shards to others and ends. This can't be undone: it must be started again.",
      confirm: "Drain the node",
      kind: "danger",
    });
    if (agreed === null) return;
    await act(() => post(`/cluster/node/${part(node.id)}/drain`), `${node.id} drains`, load);
  };
  const use = [`${count(running)} of ${count(slots)}`, el("div", { class: "meter" }, bar)];
  const stays = !["alive", "suspect"].includes(node.state);
  const label = { "aria-label": `Drain ${node.id}` };
  return {
    key: node.id,
    cells: [
      [el("i", { class: `owner ${colour}`, "aria-hidden": "true" }), node.id],
      badge(node.state),
      node.roles.join(", "),
      el("div", { class: "use" }, use),
      count(node.shards),
      node.http ?? "–",
      stays ? "" : button("Drain…", drain, { kind: "danger", needs: "admin", ...label }),
    ],
  };
}
