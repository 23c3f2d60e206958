/**
 * Overview: how much there is, how fast it goes, how late it starts, what fails.
 * @module
 */
import { get, part } from "../api.js";
import { chart } from "../chart.js";
import { card, el, empty, failure, link, loading, show, table } from "../dom.js";
import { count, moment, short, span } from "../format.js";
import { listen, SECONDS, series } from "../live.js";

const STATES = ["running", "pending", "scheduled", "retrying", "completed", "failed", "cancelled"];
const DRAW_MS = 1_000;
const COUNTS_MS = 2_000;
const LAG_MS = 5_000;
const LAG_JOBS = 20;

function perSecond(value) {
  return `${short(value)}/s`;
}

export function overviewPage(page) {
  const tiles = el("div", { class: "tiles" });
  const problem = el("div", {});
  const flow = chart("Throughput", [
    { name: "started", kind: "running" },
    { name: "completed", kind: "completed" },
  ], { format: perSecond });
  const bad = chart("Failures", [
    { name: "attempts that failed", kind: "retrying" },
    { name: "jobs failed", kind: "failed" },
  ], { format: perSecond });
  const lag = chart("Start lag", [{ name: "median", kind: "running" }, {
    name: "worst",
    kind: "retrying",
  }], { format: span });
  const failed = el("div", {}, loading(3));
  show(
    page.view,
    page.head("Overview"),
    el(
      "div",
      { class: "stack" },
      problem,
      tiles,
      el(
        "div",
        { class: "grid2" },
        card("Throughput", { wide: true }, flow.node),
        card("Start lag of the latest jobs", {}, lag.node),
        card("Failures", {}, bad.node),
        card("Latest failures", {
          wide: true,
          aside: link("/jobs?state=failed", "All failed jobs"),
        }, failed),
      ),
    ),
  );
  listen(() => {}, page.signal);
  page.every(DRAW_MS, () => drawRates(flow, bad));
  page.every(COUNTS_MS, () => guarded(page, problem, () => showCounts(page, tiles)));
  const lags = { median: [], worst: [] };
  page.every(LAG_MS, () => guarded(page, problem, () => drawLag(page, { lag, lags })));
  page.every(LAG_MS, () => guarded(page, problem, () => showFailed(page, failed)));
}

async function guarded(page, problem, work) {
  try {
    await work();
    show(problem);
  } catch (error) {
    if (!page.signal.aborted) show(problem, failure(error));
  }
}

function drawRates(flow, bad) {
  const rows = series();
  const of = (state) => rows.map((row) => row[state]);
  const lately = (row) => perSecond(row.slice(-5).reduce((sum, value) => sum + value, 0) / 5);
  const rate = (target, ...lines) => target.draw(lines, lines.map(lately));
  rate(flow, of("running"), of("completed"));
  rate(bad, of("retrying"), of("failed"));
}

async function showCounts(page, tiles) {
  const { states } = await get("/jobs/counts", {}, page.signal);
  const nodes = STATES.map((state) =>
    link(`/jobs?state=${state}`, [
      el("b", {}, count(states[state])),
      el("span", {}, el("i", { class: state }), state),
    ], { class: "tile" })
  );
  if (tiles.childElementCount === 0) return show(tiles, nodes);
  STATES.forEach((state, at) => {
    tiles.children[at].firstChild.textContent = count(states[state]);
  });
}

/** How long the first attempts of the latest jobs waited beyond their time. */
async function drawLag(page, { lag, lags }) {
  const { jobs } = await get("/jobs", { state: "completed", limit: LAG_JOBS }, page.signal);
  const waits = jobs.filter((job) => job.attempts.length <= 1 && job.startedAt !== null)
    .map((job) => Math.max(0, new Date(job.startedAt) - new Date(job.runAt))).sort((a, b) => a - b);
  lags.median.push(waits[Math.floor(waits.length / 2)] ?? 0);
  lags.worst.push(waits.at(-1) ?? 0);
  const kept = SECONDS * 1_000 / LAG_MS;
  for (const row of [lags.median, lags.worst]) if (row.length > kept) row.shift();
  const padded = (row) => [...Array(kept - row.length).fill(null), ...row];
  lag.draw(
    [padded(lags.median), padded(lags.worst)],
    waits.length === 0 ? ["–", "–"] : [span(lags.median.at(-1)), span(lags.worst.at(-1))],
  );
}

async function showFailed(page, node) {
  const { jobs } = await get("/jobs", { state: "failed", limit: 5 }, page.signal);
  if (jobs.length === 0) {
    return show(node, empty("Nothing has failed", "Jobs whose attempts are spent appear here."));
  }
  const columns = [{ label: "Job" }, { label: "Queue" }, { label: "Error", kind: "wrap" }, {
    label: "Attempts",
    kind: "num",
  }, { label: "Failed" }];
  show(
    node,
    table(
      "Latest failures",
      columns,
      jobs.map((job) => ({
        href: `/jobs/${part(job.id)}`,
        cells: [
          link(`/jobs/${part(job.id)}`, job.name),
          job.queue,
          job.error === null ? "" : `${job.error.name}: ${job.error.message}`.slice(0, 200),
          `${job.attempt}/${job.maxAttempts}`,
          moment(job.finishedAt),
        ],
      })),
    ),
  );
}
