/**
 * Overview: how much there is, how fast it goes, how late it starts, what fails.
 * @module
 */
import { get, part } from "../api.js";
import { chart } from "../parts/chart.js";
import { badge, card, el, empty, failure, link, loading, show, table } from "../parts/dom.js";
import { count, many, moment, short, span } from "../parts/format.js";
import { listen, series } from "../live.js";

const STATES = ["running", "pending", "scheduled", "retrying", "completed", "failed", "cancelled"];
const DRAW_MS = 1_000;
const COUNTS_MS = 2_000;
const FAILED_MS = 5_000;
/** Seconds that the numbers beside the names are the mean of. */
const LATELY_S = 5;
const FAILURE_COLUMNS = [
  { label: "Job", kind: "lead" },
  { label: "Queue" },
  { label: "Error", kind: "wrap bare" },
  { label: "Attempts", kind: "num" },
  { label: "Failed" },
];

function perSecond(value) {
  return `${short(value)}/s`;
}

/** @param {import("../app.js").Page} page */
export function overviewPage(page) {
  const tiles = el("div", { class: "tiles" });
  const problem = el("div", {});
  const firing = el("div", {});
  const charts = {
    flow: chart("Throughput", [
      { name: "submitted", kind: "submitted" },
      { name: "completed", kind: "completed" },
    ], { format: perSecond }),
    lag: chart("Start lag", [
      { name: "median", kind: "running" },
      { name: "99 of 100 within", kind: "retrying" },
    ], { format: span, floor: 10 }),
    bad: chart("Failures", [
      { name: "attempts failed, to be retried", kind: "retrying" },
      { name: "jobs failed", kind: "failed" },
    ], { format: perSecond }),
  };
  const failed = el("div", {}, loading(3));
  const all = link("/jobs?state=failed", "All failed jobs");
  const cards = el(
    "div",
    { class: "columns even" },
    card("Throughput", { wide: true }, charts.flow.node),
    card("Start lag", {}, charts.lag.node),
    card("Failures", {}, charts.bad.node),
    card("Latest failures", { wide: true, aside: all }, failed),
  );
  const head = page.head("Overview");
  show(page.view, head, el("div", { class: "stack" }, problem, firing, tiles, cards));
  listen(() => {}, page.signal);
  page.every(DRAW_MS, () => drawCharts(charts));
  page.every(COUNTS_MS, () => guarded(page, problem, () => showCounts(page, tiles)));
  page.every(FAILED_MS, () => guarded(page, problem, () => showFailed(page, failed)));
  page.every(FAILED_MS, () => showFiring(page, firing));
}

async function guarded(page, problem, work) {
  try {
    await work();
    show(problem);
  } catch (error) {
    if (!page.signal.aborted) show(problem, failure(error));
  }
}

function drawCharts({ flow, lag, bad }) {
  const seconds = series();
  const rates = (name) => seconds.map((second) => second === null ? null : second[name]);
  const lately = (row) => {
    const known = row.slice(-LATELY_S).filter((value) => value !== null);
    const sum = known.reduce((total, value) => total + value, 0);
    return known.length === 0 ? "–" : perSecond(sum / known.length);
  };
  const draw = (target, names) => {
    const rows = names.map(rates);
    target.draw(rows, rows.map(lately));
  };
  draw(flow, ["submitted", "completed"]);
  draw(bad, ["retrying", "failed"]);
  const late = ["median", "p99"].map((name) =>
    seconds.map((second) => second?.late?.[name] ?? null)
  );
  lag.draw(
    late,
    late.map((row) => {
      const latest = row.findLast((value) => value !== null);
      return latest === undefined ? "–" : span(latest);
    }),
  );
}

async function showCounts(page, tiles) {
  const { states } = await get("/jobs/counts", {}, page.signal);
  if (tiles.childElementCount > 0) {
    STATES.forEach((state, at) => {
      tiles.children[at].firstChild.textContent = count(states[state]);
    });
    return;
  }
  const tile = (state) => {
    const name = el("span", {}, el("i", { class: state }), state);
    return link(`/jobs?state=${state}`, [el("b", {}, count(states[state])), name], {
      class: "tile",
    });
  };
  show(tiles, STATES.map(tile));
}

/** What is wrong now, where the key may know. */
async function showFiring(page, node) {
  const { alerts } = await get("/alerts", { status: "firing", limit: 3 }, page.signal)
    .catch(() => ({ alerts: [] }));
  if (page.signal.aborted || alerts.length === 0) return show(node);
  const lines = alerts.map((one) =>
    el(
      "div",
      { class: "row" },
      badge(one.severity),
      `${one.kind} · ${many(one.count, "event")} · ${one.rule}`,
      el("span", { class: "muted" }, moment(one.openedAt)),
    )
  );
  const all = link("/alerts?status=firing", "All alerts");
  show(node, el("div", { class: "note bad row" }, el("div", {}, lines), all));
}

async function showFailed(page, node) {
  const { jobs } = await get("/jobs", { state: "failed", limit: 5 }, page.signal);
  if (jobs.length === 0) {
    return show(node, empty("Nothing has failed", "Jobs whose attempts are spent appear here."));
  }
  const rows = jobs.map((job) => {
    const href = `/jobs/${part(job.id)}`;
    const error = job.error === null ? "" : `${job.error.name}: ${job.error.message}`.slice(0, 200);
    const attempts = `${job.attempt} of ${job.maxAttempts}`;
    return {
      href,
      cells: [link(href, job.name), job.queue, error, attempts, moment(job.finishedAt)],
    };
  });
  show(node, table("Latest failures", FAILURE_COLUMNS, rows));
}
