/**
 * Job: one job, as it goes: its attempts, payload, result, error, steps and log, and what can be done with it.
 * @module
 */
import { call, get, part, post } from "../api.js";
import {
  act,
  ask,
  badge,
  button,
  card,
  code,
  copyable,
  crumb,
  el,
  empty,
  facts,
  failure,
  link,
  loading,
  show,
} from "../parts/dom.js";
import { clock, fullMoment, span } from "../parts/format.js";
import { followOne } from "../live.js";
import { logCard, stepsCard } from "../parts/journals.js";
import { traceAddress } from "../settings.js";

const AGAIN_MS = 300;

/** @param {import("../app.js").Page} page */
export function jobPage(page) {
  const [id] = page.params;
  const body = el("div", { class: "stack" }, loading(8));
  const journals = [stepsCard(id, page.signal), logCard(id, page.signal)];
  /** @type {{job: any, timer: number | undefined}} */
  const at = { job: null, timer: undefined };
  const load = async () => {
    try {
      at.job = await get(`/job/${part(id)}`, {}, page.signal);
      draw(page, { job: at.job, body, journals, load });
      await Promise.all(journals.map((one) => one.more()));
    } catch (error) {
      if (page.signal.aborted) return;
      show(page.view, page.head(id), failure(error, load));
    }
  };
  show(page.view, page.head(id), body);
  load();
  // Changes that come in a burst are one reading.
  const soon = (events) => {
    const known = at.job?.version ?? 0;
    if (events.every(({ data }) => data.version !== undefined && data.version <= known)) return;
    clearTimeout(at.timer);
    at.timer = setTimeout(load, AGAIN_MS);
  };
  followOne(`/job/${part(id)}/events`, { signal: page.signal, onEvents: soon });
}

function draw(page, { job, body, journals, load }) {
  const head = page.head(job.name, actions(job, load));
  head.firstChild.after(badge(job.state));
  head.prepend(crumb("/jobs", "Jobs", copyable(job.id)));
  show(page.view, head, body);
  const { waiting, error, checkpoint } = job;
  show(
    body,
    waiting === null ? null : el("p", { class: "note" }, `Waiting: ${waiting.detail}`),
    card("Details", {}, details(job)),
    card("Timeline", {}, timeline(job)),
    error === null ? null : card("Error", {}, errorOf(error)),
    el(
      "div",
      { class: "columns" },
      card("Payload", {}, code(job.payload, "Payload")),
      card("Result", {}, job.result === null ? empty("No result") : code(job.result, "Result")),
    ),
    checkpoint === null ? null : card("Checkpoint", {}, code(checkpoint, "Checkpoint")),
    journals.map(({ node }) => node),
  );
}

function details(job) {
  const by = (path, id) => id === null ? null : link(`${path}/${part(id)}`, id);
  const when = (iso) => iso && fullMoment(iso);
  const { startBy, finishBy, succeedBy, breached } = job.sla;
  const { backoff, base, max } = job.retry;
  const tags = job.tags.map((tag) => link(`/jobs?tag=${part(tag)}`, tag, { class: "tag" }));
  return facts([
    ["Due", when(job.runAt)],
    ["Created", when(job.createdAt)],
    ["Started", when(job.startedAt)],
    ["Finished", when(job.finishedAt)],
    ["Start by", when(startBy)],
    ["Finish by", when(finishBy)],
    ["Succeed by", when(succeedBy)],
    ["Deadlines missed", breached.join(", ")],
    ["Progress", job.progress === null ? null : progress(job.progress)],
    ["Queue", link(`/jobs?queue=${part(job.queue)}`, job.queue)],
    ["Priority", String(job.priority)],
    ["Attempt", `${job.attempt} of ${job.maxAttempts}`],
    ["Retries", `${backoff}, ${span(base)} to ${span(max)}`],
    ["Time-out", job.timeout && span(job.timeout)],
    ["Delivery", job.delivery],
    ["Concurrency key", job.concurrencyKey],
    ["Schedule", by("/schedules", job.scheduleId)],
    ["Flow", by("/flows", job.flowId)],
    ["Node", job.node],
    ["Shard", String(job.shard)],
    ["Kept", `${span(job.retention.completed)}, failed ${span(job.retention.failed)}`],
    ["Trace", job.traceId && trace(job.traceId)],
    ["Tags", tags.length === 0 ? null : tags],
  ]);
}

function progress(percent) {
  const bar = el("i", {});
  bar.style.width = `${percent}%`;
  return el("div", { class: "use" }, `${percent} %`, el("div", { class: "meter" }, bar));
}

/** The id of the trace, and where it is looked at once that is known. */
function trace(traceId) {
  const place = el("span", {}, copyable(traceId));
  traceAddress(traceId).then((href) => {
    if (href === null) return;
    place.prepend(el("a", { href, target: "_blank", rel: "noreferrer" }, "Open the trace ↗"), " ");
  });
  return place;
}

function actions(job, load) {
  const path = `/job/${part(job.id)}`;
  const cancel = async () => {
    const running = job.state === "running";
    const agreed = await ask("Cancel this job?", {
      text: `${job.name} ${job.id} ${
        running ? "is running: its attempt is stopped." : "will not run."
      } It can be retried later.`,
      confirm: "Cancel the job",
      kind: "danger",
    });
    if (agreed !== null) await act(() => call("DELETE", path), "Cancelled", load);
  };
  const on = (states, label, work) =>
    states.includes(job.state) ? button(label, work, { kind: "primary", needs: "write" }) : null;
  const over = ["completed", "failed", "cancelled"].includes(job.state);
  return [
    on(
      ["scheduled", "retrying"],
      "Run now",
      () => act(() => post(`${path}/run`), "It runs now", load),
    ),
    on(
      ["failed", "cancelled"],
      "Retry",
      () => act(() => post(`${path}/retry`), "It runs again", load),
    ),
    over ? null : button("Cancel…", cancel, { kind: "danger", needs: "write" }),
  ];
}

/** Every attempt as a bar on the job's time, from its first start on. */
function timeline(job) {
  const rows = job.attempts.map((one) => ({
    ...one,
    from: new Date(one.startedAt).getTime(),
    to: new Date(one.finishedAt).getTime(),
  }));
  if (job.state === "running" && job.startedAt !== null) {
    const from = new Date(job.startedAt).getTime();
    const { attempt: number, node } = job;
    rows.push({ number, node, outcome: "running", error: null, from, to: Date.now() });
  }
  if (rows.length === 0) return empty("No attempt yet", `Due ${clock(job.runAt)}`);
  const start = rows[0].from;
  const length = Math.max(1, rows.at(-1).to - start);
  return el("ol", { class: "lines" }, rows.map((one) => attempt(one, { start, length })));
}

function attempt({ number, outcome, node, from, to, error }, { start, length }) {
  const bar = el("i", { class: outcome });
  // The least width is 4 px: the last bar must not lie outside.
  bar.style.left = `min(${(from - start) / length * 100}%, 100% - 4px)`;
  bar.style.width = `${(to - from) / length * 100}%`;
  const iso = new Date(from).toISOString();
  return el(
    "li",
    { class: "attempt" },
    el("span", {}, `Attempt ${number}`),
    badge(outcome),
    el("div", { class: "track", "aria-hidden": "true" }, bar),
    el("span", { class: "num" }, span(to - from)),
    el("span", { class: "where", title: iso }, `${clock(iso).slice(11)} on ${node ?? "–"}`),
    error === null
      ? null
      : el("p", { class: "err" }, `${error.name}: ${error.message}`.slice(0, 1_000)),
  );
}

function errorOf({ name, message, stack }) {
  if (stack) return code(stack, "Stack");
  return el("p", {}, el("b", {}, name), ` ${message}`);
}
