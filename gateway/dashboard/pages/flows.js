/**
 * Flows: the list, and one flow as a graph.
 * @module
 */
import { call, get, part, post } from "../api.js";
import {
  act,
  ask,
  badge,
  button,
  card,
  crumb,
  el,
  empty,
  facts,
  failure,
  field,
  link,
  loading,
  pagerOf,
  refresh,
  select,
  show,
  table,
} from "../parts/dom.js";
import { graph, legend } from "../parts/flow_graph.js";
import { count, fullMoment, many, moment } from "../parts/format.js";

const LIMIT = 50;
const EVERY_MS = 3_000;
const STATES = ["running", "completed", "failed", "cancelling", "cancelled"];

export function flowsPage(page) {
  const { query } = page;
  const list = el("div", {}, loading());
  const pager = el("nav", { class: "pager", "aria-label": "Pages of flows" });
  const state = select([["", "Any"], ...STATES.map((one) => [one, one])], query.state ?? "", {
    onchange: () => page.filter({ state: state.value }),
  });
  const id = el("input", {
    type: "search",
    placeholder: "Flow id, then Enter",
    "data-search": true,
  });
  const open = (event) => {
    event.preventDefault();
    if (id.value.trim() !== "") location.hash = `/flows/${part(id.value.trim())}`;
  };
  show(
    page.view,
    page.head("Flows"),
    el("form", { class: "filters few", onsubmit: open }, field("Id", id), field("State", state)),
    list,
    pager,
  );
  const load = async () => {
    try {
      const { flows, cursor } = await get("/flows", { ...query, limit: LIMIT }, page.signal);
      refresh(
        list,
        flows.length === 0
          ? empty("No flow here", "Submit one with ", el("code", {}, "POST /flow"), ".")
          : flowsTable(flows),
      );
      refresh(pager, pagerOf(page, many(flows.length, "flow"), cursor));
    } catch (error) {
      if (!page.signal.aborted) show(list, failure(error, load));
    }
  };
  page.live(EVERY_MS, () => document.querySelector("tr.at") === null ? load() : undefined);
}

function flowsTable(flows) {
  const columns = [
    { label: "Flow", kind: "lead" },
    { label: "State", kind: "bare" },
    { label: "Done", kind: "num" },
    { label: "Failed", kind: "num" },
    { label: "Jobs", kind: "num" },
    { label: "Created" },
    { label: "Ended" },
  ];
  return table(
    "Flows",
    columns,
    flows.map((flow) => {
      const href = `/flows/${part(flow.id)}`;
      const { counts } = flow;
      return {
        href,
        key: flow.id,
        cells: [
          link(href, flow.id),
          badge(flow.state),
          count(counts.completed),
          count(counts.failed),
          count(counts.total),
          moment(flow.createdAt),
          moment(flow.endedAt),
        ],
      };
    }),
  );
}

export function flowPage(page) {
  const [id] = page.params;
  let version = null;
  const load = async () => {
    try {
      const flow = await get(`/flow/${part(id)}`, {}, page.signal);
      if (flow.version === version) return;
      version = flow.version;
      draw(page, flow, load);
    } catch (error) {
      if (!page.signal.aborted) show(page.view, page.head(id), failure(error, load));
    }
  };
  show(page.view, page.head(id), loading());
  page.live(EVERY_MS, load);
}

function draw(page, flow, load) {
  const head = page.head(flow.id, actions(flow, load));
  head.firstChild.after(badge(flow.state));
  head.prepend(crumb("/flows", "Flows"));
  const { counts } = flow;
  const details = facts([
    ["Jobs", count(counts.total)],
    ["Completed", count(counts.completed)],
    ["Active", count(counts.active)],
    ["Waiting", count(counts.waiting)],
    ["Failed", count(counts.failed)],
    ["Cancelled, skipped", `${count(counts.cancelled)}, ${count(counts.skipped)}`],
    ["Created", fullMoment(flow.createdAt)],
    ["Ended", flow.endedAt && fullMoment(flow.endedAt)],
    ["Run", String(flow.run)],
    [
      "Callback",
      flow.callbackJobId && link(`/jobs/${part(flow.callbackJobId)}`, flow.callbackJobId),
    ],
  ]);
  const columns = [
    { label: "Key", kind: "lead" },
    { label: "State", kind: "bare" },
    { label: "Job" },
    { label: "After", kind: "wrap" },
  ];
  const rows = flow.jobs.map((job) => ({
    href: job.jobId === null ? null : `/jobs/${part(job.jobId)}`,
    cells: [
      job.jobId === null ? job.key : link(`/jobs/${part(job.jobId)}`, job.key),
      badge(job.state, job.state === "active" ? "running" : job.state),
      job.name,
      job.dependsOn.map(({ key }) => key).join(", ") || "–",
    ],
  }));
  show(
    page.view,
    head,
    el(
      "div",
      { class: "stack" },
      card("Details", { aside: link(`/jobs?flowId=${part(flow.id)}`, "Its jobs") }, details),
      card("Graph", { aside: legend(flow.jobs) }, graph(flow.jobs)),
      card("Jobs", {}, table("Jobs of the flow", columns, rows)),
    ),
  );
}

function actions(flow, load) {
  const path = `/flow/${part(flow.id)}`;
  const cancel = async () => {
    const agreed = await ask("Cancel this flow?", {
      text: "Running jobs are stopped, and nothing begins any more, compensations neither.",
      confirm: "Cancel the flow",
      kind: "danger",
    });
    if (agreed !== null) await act(() => call("DELETE", path), "Cancelled", load);
  };
  return [
    ["failed", "cancelled"].includes(flow.state)
      ? button("Retry", () => act(() => post(`${path}/retry`), "It runs again", load), {
        kind: "primary",
        needs: "write",
      })
      : null,
    flow.state === "running" ? button("Cancel…", cancel, { kind: "danger", needs: "write" }) : null,
  ];
}
