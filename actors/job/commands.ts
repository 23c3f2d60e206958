/**
 * Commands: what users may do to a job, state by state.
 *
 *     state                          cancel      retry     run-now           supersede
 *     scheduled                      cancelled   refused   pending, now      as if new
 *     retrying                       cancelled   refused   pending, now      refused
 *     pending                        cancelled   refused   done, unchanged   as if new, before the first start
 *     running                        stopping    refused   refused           refused
 *     failed, cancelled              refused     pending   refused           refused
 *     completed                      refused     refused   refused           refused
 *
 * Invariants: J5. A job cancelled before its start never starts (promise P6): the start commit sees
 * the state, and so does a superseding: what runs is the spec of one or of the other. J6. A running job
 * that is being cancelled stays `running` until its attempt has ended.
 * @module
 */
import type { ReducerContext } from "../../runtime/actor/behaviour.ts";
import { draftOfDeadline } from "../deadline/behaviour.ts";
import { LOG_LINE_CHARS_MAX } from "../executor/port.ts";
import { encodeSpec, newJob } from "./codec.ts";
import type { JobSpec } from "./spec.ts";
import { isUntouched, isWaiting } from "./start.ts";
import { type JobStep, moved, refused, unchanged, withInserts } from "./step.ts";
import { type JobState, LOG_STREAM } from "./state.ts";

/** `cancel`: see the table. A second one repeats the abort, in case the first was lost. */
export function cancel(job: JobState, context: ReducerContext): JobStep {
  const { nowMs } = context;
  if (isWaiting(job.state)) {
    return moved(job, { state: "cancelled", finishedAtMs: nowMs, waiting: null }, { nowMs });
  }
  if (job.running === null) return refused(job, `it is already ${job.state}`);
  const reply = { kind: "stopping" } as const;
  const effects = [{
    kind: "abort",
    boot: job.running.boot,
    key: { jobId: context.id, attempt: job.running.number, token: job.running.token },
    reason: "cancelled",
  }] as const;
  if (job.running.cancelling) return { state: job, reply, effects };
  return moved(job, { running: { ...job.running, cancelling: true } }, { nowMs, reply, effects });
}

/**
 * `retry`: a fresh budget of attempts, from now; the history, the steps and the checkpoint stay, its parents and
 * its payload may be others. The log tells what the payload was.
 */
export function retry(
  job: JobState,
  context: ReducerContext,
  { parents, payload = job.spec.payload }: {
    readonly parents?: string;
    readonly payload?: string;
  } = {},
): JobStep {
  if (job.state !== "failed" && job.state !== "cancelled") {
    return refused(job, `only a failed or cancelled job can be retried, it is ${job.state}`);
  }
  const isEdited = payload !== job.spec.payload;
  const spec = { ...job.spec, payload, ...(parents !== undefined && { parents }) };
  const told = parents === undefined && !isEdited ? job : { ...job, spec };
  const step = moved(told, {
    state: "pending",
    runAtMs: context.nowMs,
    maxAttempts: job.counted + job.spec.retry.attempts,
    lost: 0,
    finishedAtMs: null,
    error: null,
    progress: null,
  }, { nowMs: context.nowMs });
  if (told === job) return step;
  const lines = { stream: LOG_STREAM, texts: [editLine(job, context.nowMs)] };
  return { ...step, carries: { body: encodeSpec(told), ...(isEdited && { lines }) } };
}

function editLine({ spec }: JobState, nowMs: number): string {
  const line = `${
    new Date(nowMs).toISOString()
  } payload edited for a retry; it was ${spec.payload}`;
  return line.slice(0, LOG_LINE_CHARS_MAX);
}

/** `run-now`: see the table. */
export function runNow(job: JobState, context: ReducerContext): JobStep {
  if (job.state === "pending") return unchanged(job);
  if (!isWaiting(job.state)) {
    return refused(job, `only a scheduled or retrying job can be run now, it is ${job.state}`);
  }
  const runAtMs = Math.min(job.runAtMs, context.nowMs);
  return moved(job, { state: "pending", runAtMs }, { nowMs: context.nowMs });
}

/** `supersede`: the job becomes another one of the same id and creation; no attempt of it was ever ordered. */
export function supersede(job: JobState, spec: JobSpec, context: ReducerContext): JobStep {
  if (!isUntouched(job)) {
    return refused(job, `only a job that has not started can be replaced, it is ${job.state}`);
  }
  const { nowMs } = context;
  const { createdAtMs, newsVersion } = job;
  // What was told of the one before is told before what will be of the other.
  const told = newsVersion !== undefined && { newsVersion };
  const other = { ...newJob(spec, nowMs), createdAtMs, ...told };
  const step = { ...moved(other, {}, { nowMs }), carries: { body: encodeSpec(other) } };
  // The one of the spec before tells the job of moments that mean nothing any more.
  const { id, nextVersion: version } = context;
  const deadline = draftOfDeadline(spec, { id, nowMs, version });
  return deadline === undefined ? step : withInserts(step, [deadline]);
}
