/**
 * Cluster: the ring of shards with their owners, the nodes with their load, and draining.
 * @module
 */
import { get, part, post } from "../api.js";
import { ask, badge, button, card, el, failure, loading, show, svg, table, toast } from "../dom.js";
import { count } from "../format.js";

const EVERY_MS = 3_000;
const COLOURS = 8;
const R = { outer: 150, inner: 118, centre: 160 };

export function clusterPage(page) {
  const body = el("div", { class: "stack" }, loading());
  show(page.view, page.head("Cluster"), body);
  const load = async () => {
    try {
      const { nodes, shards } = await get("/cluster", {}, page.signal);
      const { handlers } = await get("/handlers", {}, page.signal);
      draw(body, { nodes, shards, handlers, load });
    } catch (error) {
      if (!page.signal.aborted) show(body, failure(error, load));
    }
  };
  page.every(EVERY_MS, load);
}

function draw(body, { nodes, shards, handlers, load }) {
  const colours = new Map(nodes.map(({ id }, at) => [id, `owner${at % COLOURS}`]));
  const colour = (owner) => colours.get(owner) ?? "ownerless";
  const orphans = shards.filter(({ owner }) => owner === null).length;
  const legend = nodes.map(({ id, shards: owned }) =>
    el(
      "li",
      {},
      el("i", { class: colour(id), "aria-hidden": "true" }),
      `${id} · ${count(owned)} shards`,
    )
  );
  if (orphans > 0) {
    legend.push(
      el(
        "li",
        {},
        el("i", { class: "ownerless", "aria-hidden": "true" }),
        `nobody yet · ${count(orphans)}`,
      ),
    );
  }
  const focused = document.activeElement?.getAttribute("aria-label");
  const columns = [
    { label: "State" },
    { label: "Node" },
    { label: "Roles" },
    { label: "Load" },
    { label: "Running", kind: "num" },
    { label: "Shards", kind: "num" },
    { label: "HTTP", kind: "mono" },
    { label: "Change" },
  ];
  const handlerColumns = [{ label: "Handler" }, { label: "Kind" }, { label: "Isolation" }, {
    label: "File",
    kind: "mono",
  }];
  show(
    body,
    card(
      "Ring",
      {},
      el(
        "div",
        { class: "ring" },
        ring(shards, { colour, nodes }),
        el("ul", { class: "legend" }, legend),
      ),
    ),
    card("Nodes", {}, table("Nodes", columns, nodes.map((node) => nodeRow(node, load)))),
    card(
      "Handlers of this node",
      {},
      table(
        "Handlers",
        handlerColumns,
        handlers.map((one) => ({ cells: [one.name, one.kind, one.isolation, one.file ?? "–"] })),
      ),
    ),
  );
  if (focused) body.querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
}

/** One arc per shard, in the order of their numbers, neighbours of one owner joined. */
function ring(shards, { colour, nodes }) {
  const step = 2 * Math.PI / Math.max(1, shards.length);
  const arcs = shards.map(({ shard, owner, epoch }, at) =>
    svg("path", {
      class: colour(owner),
      d: arc(at * step, (at + 1) * step - Math.min(step * 0.12, 0.01)),
    }, svg("title", {}, `Shard ${shard}: ${owner ?? "nobody"}, epoch ${epoch}`))
  );
  const alive = nodes.filter(({ state }) => state === "alive").length;
  const told = `${shards.length} shards on ${alive} nodes that are alive`;
  return svg(
    "svg",
    { viewBox: "0 0 320 320", role: "img", "aria-label": told },
    arcs,
    svg("text", { class: "big", x: R.centre, y: R.centre }, shards.length),
    svg(
      "text",
      { class: "small", x: R.centre, y: R.centre + 20 },
      `shards, ${alive} of ${nodes.length} nodes alive`,
    ),
  );
}

function arc(from, to) {
  const at = (radius, angle) =>
    `${(R.centre + radius * Math.sin(angle)).toFixed(2)},${
      (R.centre - radius * Math.cos(angle)).toFixed(2)
    }`;
  const large = to - from > Math.PI ? 1 : 0;
  return `M${at(R.outer, from)}A${R.outer},${R.outer} 0 ${large} 1 ${at(R.outer, to)}L${
    at(R.inner, to)
  }A${R.inner},${R.inner} 0 ${large} 0 ${at(R.inner, from)}Z`;
}

function nodeRow(node, load) {
  const { running, slots } = node.load;
  const bar = el("i", {});
  bar.style.width = `${Math.min(100, slots === 0 ? 0 : running / slots * 100)}%`;
  const drain = async () => {
    const agreed = await ask(`Drain ${node.id}?`, {
      text:
        "It finishes what it runs, gives its shards to others and ends. This can't be undone: it must be started again.",
      confirm: "Drain the node",
      kind: "danger",
    });
    if (agreed === null) return;
    try {
      await post(`/cluster/node/${part(node.id)}/drain`);
      toast(`${node.id} drains`);
    } catch (error) {
      toast(error.message, "bad");
    }
    await load();
  };
  return {
    key: node.id,
    cells: [
      badge(node.state),
      node.id,
      node.roles.join(", "),
      el("div", { class: "meter", "aria-hidden": "true" }, bar),
      `${count(running)} of ${count(slots)}`,
      count(node.shards),
      node.http ?? "–",
      ["alive", "suspect"].includes(node.state)
        ? button("Drain…", drain, { kind: "danger", "aria-label": `Drain ${node.id}` })
        : "",
    ],
  };
}
