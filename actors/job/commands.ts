/**
 * Commands: what users may do to a job, state by state.
 *
 *     state                          cancel      retry     run-now
 *     scheduled, retrying            cancelled   refused   pending, now
 *     pending                        cancelled   refused   done, unchanged
 *     running                        stopping    refused   refused
 *     failed, cancelled              refused     pending   refused
 *     completed                      refused     refused   refused
 *
 * Invariants: J5. A job cancelled before its start never starts (promise P6): the start commit sees
 * the state. J6. A running job that is being cancelled stays `running` until its attempt has ended.
 * @module
 */
import type { ReducerContext } from "../../runtime/actor/behaviour.ts";
import { isWaiting } from "./start.ts";
import { encodeBody } from "./stored/body.ts";
import { type JobStep, moved, refused, unchanged } from "./step.ts";
import type { JobState } from "./state.ts";

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

/** `retry`: a fresh budget of attempts, from now; the history and the checkpoint stay, its parents may be others. */
export function retry(
  job: JobState,
  context: ReducerContext,
  { parents }: { readonly parents?: string } = {},
): JobStep {
  if (job.state !== "failed" && job.state !== "cancelled") {
    return refused(job, `only a failed or cancelled job can be retried, it is ${job.state}`);
  }
  const told = parents === undefined ? job : { ...job, spec: { ...job.spec, parents } };
  const step = moved(told, {
    state: "pending",
    runAtMs: context.nowMs,
    maxAttempts: job.counted + job.spec.retry.attempts,
    lost: 0,
    finishedAtMs: null,
    error: null,
    progress: null,
  }, { nowMs: context.nowMs });
  if (parents === undefined) return step;
  return { ...step, carries: { body: encodeBody(told.spec, job.createdAtMs) } };
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
