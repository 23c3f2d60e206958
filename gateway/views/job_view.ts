/**
 * JobView: a job as users see it.
 *
 * Intuition: payload, result and checkpoint are JSON text in the store and are spliced into the
 * answer as they are: they are never parsed on the way out, however large.
 *
 * Invariants: V1. Every documented field is always present. V2. The text is valid JSON if the stored
 * texts are. V3. A scheduled job whose time has come shows as pending.
 * @module
 */
import type { JobStateName } from "../../actors/job/messages.ts";
import { deadlinesOf } from "../../actors/job/sla.ts";
import type { RetryPolicy } from "../../actors/job/spec.ts";
import type { AttemptRecord, JobState } from "../../actors/job/state.ts";
import { lagMsOf } from "../feed.ts";
import type { JobEvent, JobRecord } from "../service.ts";
import { iso, isoOrNull } from "./moment.ts";

/** The JSON text of `record` as seen at `nowMs` (V1, V2). */
export function jobText(record: JobRecord, nowMs: number): string {
  const { job } = record;
  const { spec } = job;
  const front = {
    id: record.id,
    name: spec.name,
    queue: spec.queue,
    state: shownState(job, nowMs),
    priority: spec.priority,
  };
  return `${JSON.stringify(front).slice(0, -1)},"payload":${spec.payload},"result":${job.result}` +
    `,"checkpoint":${job.checkpoint},${JSON.stringify(remainder(record)).slice(1)}`;
}

/** Everything but the texts that are spliced; the fingerprint and attempt tokens stay inside. */
function remainder(record: JobRecord) {
  const { job } = record;
  const { spec } = job;
  const attempts = job.attempts.map(attemptView);
  return {
    error: job.error,
    progress: job.progress,
    createdAt: iso(job.createdAtMs),
    runAt: iso(job.runAtMs),
    startedAt: isoOrNull(job.startedAtMs),
    finishedAt: isoOrNull(job.finishedAtMs),
    attempt: job.running?.number ?? job.counted,
    maxAttempts: job.maxAttempts,
    attempts,
    sla: slaView(job),
    tags: spec.tags,
    scheduleId: spec.scheduleId ?? null,
    flowId: spec.flowId ?? null,
    shard: record.shard,
    node: job.running?.node ?? attempts.at(-1)?.node ?? null,
    traceId: spec.traceId,
    waiting: record.waiting,
    delivery: spec.delivery,
    retry: retryView(spec.retry),
    timeout: spec.timeoutMs,
    retention: { completed: spec.retention.completedMs, failed: spec.retention.failedMs },
    concurrencyKey: spec.concurrencyKey,
    version: record.version,
  };
}

/** The state that users see (V3). */
export function shownState(job: JobState, nowMs: number): JobStateName {
  return job.state === "scheduled" && job.runAtMs <= nowMs ? "pending" : job.state;
}

function attemptView(attempt: AttemptRecord) {
  return {
    number: attempt.number,
    node: attempt.node,
    startedAt: iso(attempt.startedAtMs),
    finishedAt: iso(attempt.finishedAtMs),
    outcome: attempt.outcome,
    error: attempt.error,
  };
}

function slaView({ spec, breached }: JobState) {
  const { startByMs, finishByMs, succeedByMs } = deadlinesOf(spec);
  return {
    startBy: isoOrNull(startByMs),
    finishBy: isoOrNull(finishByMs),
    succeedBy: isoOrNull(succeedByMs),
    breached,
  };
}

/** In the words of the request, durations as ms. */
export function retryView(retry: RetryPolicy) {
  const { attempts, backoff, baseMs, factor, maxMs, jitter, on, notOn } = retry;
  return { attempts, backoff, base: baseMs, factor, max: maxMs, jitter, on, notOn };
}

/** One change of a job, as event streams tell it. */
export function eventView(event: JobEvent) {
  return {
    jobId: event.jobId,
    version: event.version,
    state: event.state,
    name: event.name,
    queue: event.queue,
    attempt: event.attempt,
    progress: event.progress,
    lag: event.lagMs,
    at: iso(event.atMs),
  };
}

/** The current state of a job in the form of its events. */
export function recordEventView(record: JobRecord, nowMs: number) {
  const { job } = record;
  return {
    jobId: record.id,
    version: record.version,
    state: shownState(job, nowMs),
    name: job.spec.name,
    queue: job.spec.queue,
    attempt: job.running?.number ?? job.counted,
    progress: job.progress,
    lag: lagMsOf(job),
    at: iso(nowMs),
  };
}
