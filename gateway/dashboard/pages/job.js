/**
 * Job: one job, as it goes: its attempts, payload, result, error and log, and what can be done with it.
 * @module
 */
import { call, follow, get, part, post } from "../api.js";
import {
  ask,
  badge,
  button,
  card,
  code,
  copyable,
  el,
  empty,
  facts,
  failure,
  link,
  loading,
  show,
  toast,
} from "../dom.js";
import { fullMoment, span } from "../format.js";

const LOG_LIMIT = 500;
const AGAIN_MS = 300;

export function jobPage(page) {
  const [id] = page.params;
  const body = el("div", { class: "stack" }, loading(8));
  const log = logCard(id, page);
  const at = { job: null, timer: null };
  const load = async () => {
    try {
      at.job = await get(`/job/${part(id)}`, {}, page.signal);
      draw(page, { job: at.job, body, log, load });
      await log.more();
    } catch (error) {
      if (page.signal.aborted) return;
      show(page.view, page.head(id), failure(error, load));
    }
  };
  show(page.view, page.head(id), body);
  load();
  // Changes that come in a burst are one reading.
  const soon = (events) => {
    if (
      events.every(({ data }) =>
        data.version !== undefined && data.version <= (at.job?.version ?? 0)
      )
    ) return;
    clearTimeout(at.timer);
    at.timer = setTimeout(load, AGAIN_MS);
  };
  follow(`/job/${part(id)}/events`, { signal: page.signal, onEvents: soon });
}

function draw(page, { job, body, log, load }) {
  const head = page.head(job.name, actions(job, load));
  head.firstChild.after(badge(job.state));
  head.prepend(
    el(
      "nav",
      { class: "crumb", "aria-label": "Where this is" },
      link("/jobs", "Jobs"),
      " / ",
      copyable(job.id),
    ),
  );
  show(page.view, head, body);
  show(
    body,
    job.waiting === null ? null : el("p", { class: "note" }, `Waiting: ${job.waiting.detail}`),
    card("Details", {}, details(job)),
    card("Timeline", {}, timeline(job)),
    el(
      "div",
      { class: "grid2" },
      job.error === null ? null : card("Error", { wide: true }, errorOf(job.error)),
      card("Payload", {}, code(job.payload, "Payload")),
      card("Result", {}, job.result === null ? empty("No result") : code(job.result, "Result")),
      job.checkpoint === null
        ? null
        : card("Checkpoint", { wide: true }, code(job.checkpoint, "Checkpoint")),
    ),
    log.node,
  );
}

function details(job) {
  const by = (path, id) => id === null ? null : link(`${path}/${part(id)}`, id);
  const sla = Object.entries(job.sla).filter(([key, value]) => key !== "breached" && value !== null)
    .map(([key, value]) => [key.replace("By", " by"), fullMoment(value)]);
  return facts([
    ["Queue", link(`/jobs?queue=${part(job.queue)}`, job.queue)],
    ["Priority", String(job.priority)],
    ["Due", fullMoment(job.runAt)],
    ["Created", fullMoment(job.createdAt)],
    ["Started", job.startedAt && fullMoment(job.startedAt)],
    ["Finished", job.finishedAt && fullMoment(job.finishedAt)],
    ["Attempt", `${job.attempt} of ${job.maxAttempts}`],
    ["Progress", job.progress === null ? null : String(job.progress)],
    ["Node", job.node],
    ["Shard", String(job.shard)],
    ["Trace", job.traceId && copyable(job.traceId)],
    ["Schedule", by("/schedules", job.scheduleId)],
    ["Flow", by("/flows", job.flowId)],
    ["Time-out", job.timeout && span(job.timeout)],
    ["Delivery", job.delivery],
    ["Concurrency key", job.concurrencyKey],
    ["Retries", `${job.retry.backoff}, from ${span(job.retry.base)} to ${span(job.retry.max)}`],
    ["Kept", `${span(job.retention.completed)}; ${span(job.retention.failed)} when failed`],
    ...sla,
    ["Deadlines missed", job.sla.breached.join(", ")],
    [
      "Tags",
      job.tags.length === 0
        ? null
        : job.tags.map((tag) => link(`/jobs?tag=${part(tag)}`, tag, { class: "tag" })),
    ],
  ]);
}

function actions(job, load) {
  const over = ["completed", "failed", "cancelled"].includes(job.state);
  const path = `/job/${part(job.id)}`;
  const act = async (work, said) => {
    try {
      await work();
      toast(said);
    } catch (error) {
      toast(error.message, "bad");
    }
    await load();
  };
  const cancel = async () => {
    const agreed = await ask("Cancel this job?", {
      text: `${job.name} ${job.id} ${
        job.state === "running" ? "is running: its attempt is stopped." : "will not run."
      } It can be retried later.`,
      confirm: "Cancel the job",
      kind: "danger",
    });
    if (agreed !== null) await act(() => call("DELETE", path), "Cancelled");
  };
  return [
    ["scheduled", "retrying"].includes(job.state)
      ? button("Run now", () => act(() => post(`${path}/run`), "It runs now"), { kind: "primary" })
      : null,
    ["failed", "cancelled"].includes(job.state)
      ? button("Retry", () => act(() => post(`${path}/retry`), "It runs again"), {
        kind: "primary",
      })
      : null,
    over ? null : button("Cancel…", cancel, { kind: "danger" }),
  ];
}

/** Every attempt as a bar on the job's time. */
function timeline(job) {
  const rows = job.attempts.map((one) => ({
    ...one,
    from: new Date(one.startedAt).getTime(),
    to: new Date(one.finishedAt).getTime(),
  }));
  if (
    job.state === "running" && job.startedAt !== null &&
    !rows.some(({ number }) => number === job.attempt)
  ) {
    const from = rows.length === 0 ? new Date(job.startedAt).getTime() : rows.at(-1).to;
    rows.push({
      number: job.attempt,
      node: job.node,
      outcome: "running",
      error: null,
      from,
      to: Date.now(),
    });
  }
  if (rows.length === 0) return empty("No attempt yet", "Due ", fullMoment(job.runAt));
  const start = rows[0].from;
  const length = Math.max(1, rows.at(-1).to - start);
  return el(
    "ol",
    { class: "lines" },
    rows.map((one) => {
      const bar = el("i", { class: one.outcome });
      bar.style.left = `${(one.from - start) / length * 100}%`;
      bar.style.width = `${(one.to - one.from) / length * 100}%`;
      return el(
        "li",
        { class: "attempt" },
        el("span", {}, `Attempt ${one.number}`),
        badge(one.outcome),
        el("div", { class: "track", "aria-hidden": "true" }, bar),
        el("span", { class: "num", title: one.node ?? "" }, span(one.to - one.from)),
        one.error === null
          ? null
          : el("p", { class: "err" }, `${one.error.name}: ${one.error.message}`.slice(0, 1_000)),
      );
    }),
  );
}

function errorOf(error) {
  return el(
    "div",
    {},
    el("p", {}, el("b", {}, error.name), ` ${error.message}`),
    error.stack ? code(error.stack, "Stack") : null,
  );
}

/** The log, read on from where it was. */
function logCard(id, page) {
  const lines = el("div", { class: "log mono", tabindex: "0", role: "log", "aria-label": "Log" });
  const place = el("div", {}, empty("No log lines", "What the handler logs appears here."));
  const at = { after: 0, busy: false };
  const more = async () => {
    if (at.busy) return;
    at.busy = true;
    try {
      for (let full = true; full && !page.signal.aborted;) {
        const answer = await get(
          `/job/${part(id)}/logs`,
          { after: at.after, limit: LOG_LIMIT },
          page.signal,
        );
        full = answer.lines.length === LOG_LIMIT;
        at.after = answer.next;
        if (answer.lines.length > 0) show(place, lines);
        lines.append(
          ...answer.lines.map(({ n, text }) => el("div", {}, el("span", {}, n), el("p", {}, text))),
        );
      }
    } finally {
      at.busy = false;
    }
  };
  return { node: card("Log", {}, place), more };
}
