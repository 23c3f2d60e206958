/**
 * ScheduleView: a schedule as users see it, the times at which it fires, and its ledger.
 *
 * Intuition: what a schedule was asked for is shown in the words of the request, so that it can be
 * changed and sent again; what became of it stands beside. The job's payload is JSON text in the store
 * and is spliced in as it is (as in job_view.ts).
 *
 * Invariants: V4. The part that can be asked for (`cron` to `job`) is a valid request, and makes the same
 * spec again: what has no value is left out. Everything else is always present.
 * @module
 */
import type { Occurrence } from "../../actors/schedule/recurrence/occurrence.ts";
import type { JobTemplate, ScheduleRule, ScheduleSpec } from "../../actors/schedule/spec.ts";
import type { ScheduleState } from "../../actors/schedule/state.ts";
import type { LedgerLine, ScheduleRecord } from "../schedules/service.ts";
import { retryView } from "./job_view.ts";
import { iso, isoOrNull } from "./moment.ts";

/** The JSON text of `record`. */
export function scheduleText({ id, version, schedule, nextAtMs }: ScheduleRecord): string {
  const { spec } = schedule;
  const front = JSON.stringify({ id, ...timingView(spec) });
  const remainder = JSON.stringify({
    ...stateView(schedule),
    nextAt: isoOrNull(nextAtMs),
    version,
  });
  return `${front.slice(0, -1)},"job":${templateText(spec.job)},${remainder.slice(1)}`;
}

/** When it fires, in the words of the request; durations are ms (V4). */
function timingView(spec: ScheduleSpec) {
  const { policy, windowMs, max } = spec.misfire;
  return {
    ...ruleView(spec.rule),
    timezone: spec.timezone,
    ...given({ startAt: isoOrNull(spec.startAtMs), endAt: isoOrNull(spec.endAtMs) }),
    ...given({ count: spec.count }),
    jitter: spec.jitterMs,
    overlap: spec.overlap,
    misfire: { policy, ...given({ window: windowMs }), max },
    dst: spec.dst,
    exclude: spec.exclude,
  };
}

function ruleView(rule: ScheduleRule) {
  return rule.kind === "every" ? { every: rule.everyMs } : { [rule.kind]: rule.text };
}

/** The job's JSON text, in the words of the request (V4). */
function templateText(job: JobTemplate): string {
  const { startWithinMs, finishWithinMs, succeedWithinMs = null } = job.sla;
  const remainder = JSON.stringify({
    queue: job.queue,
    priority: job.priority,
    retry: retryView(job.retry),
    ...given({ timeout: job.timeoutMs }),
    sla: given({
      startWithin: startWithinMs,
      finishWithin: finishWithinMs,
      succeedWithin: succeedWithinMs,
    }),
    delivery: job.delivery,
    tags: job.tags,
    retention: { completed: job.retention.completedMs, failed: job.retention.failedMs },
    ...given({ concurrencyKey: job.concurrencyKey }),
  });
  return `{"name":${JSON.stringify(job.name)},"payload":${job.payload},${remainder.slice(1)}`;
}

/** The fields that have a value. */
function given(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

/** What became of it. */
function stateView({ state, pauseNote, createdAtMs, fired, last, waiting }: ScheduleState) {
  return {
    state,
    pauseNote,
    createdAt: iso(createdAtMs),
    fired,
    last: last && { nominalAt: iso(last.nominalAtMs), jobId: last.jobId },
    waiting: waiting.length,
  };
}

/** One coming time. `local` is the wall clock's, seconds and where there are any milliseconds. */
export function occurrenceView({ atMs, localMs, note, fires }: Occurrence) {
  const local = new Date(localMs).toISOString().replace(/(\.000)?Z$/, "");
  return { at: iso(atMs), local, fires, ...(note !== null && { note }) };
}

/** One line of the ledger. */
export function entryView({ n, entry }: LedgerLine) {
  return {
    n,
    nominalAt: iso(entry.nominalAtMs),
    dueAt: iso(entry.dueAtMs),
    decision: entry.decision,
    jobId: entry.jobId,
    node: entry.node,
    at: iso(entry.atMs),
  };
}
