/**
 * Start: how a due job becomes a running one, and how a waiting one shows that it is due.
 *
 * Intuition: a start is committed before the attempt is ordered, under a token that nobody else ever
 * had; whatever comes back under another token is from the past. A start may be committed a little
 * ahead of its time (armed); the attempt then waits in the executor for its instant.
 *
 * Invariants: J3. No attempt is ordered before `runAtMs`, none is recorded as started before it.
 * J4. A start that cannot be used changes nothing, so that its slot is free again.
 * @module
 */
import type { ReducerContext } from "../../runtime/actor/behaviour.ts";
import type { AttemptOrder } from "../executor/port.ts";
import { type JobStep, moved, refused, unchanged } from "./step.ts";
import type { ExecutorPlace } from "./messages.ts";
import type { JobState, RunningAttempt } from "./state.ts";
import { traceparentOf } from "../trace/job_trace.ts";

/** Tells whether a job in this state waits for its time or for a slot. */
export function isWaiting(state: JobState["state"]): boolean {
  return state === "pending" || state === "scheduled" || state === "retrying";
}

/** Tells whether a job waits for its first start: no attempt of it was ever ordered. */
export function isUntouched({ state, startedAtMs }: Pick<JobState, "state" | "startedAtMs">) {
  return (state === "scheduled" || state === "pending") && startedAtMs === null;
}

/** `start`: a slot is held for the job at `executor`, by default this very process. `armAheadMs`: how far ahead of its time it may be committed. */
export function start(
  job: JobState,
  context: ReducerContext,
  { armAheadMs, executor = context }: {
    readonly armAheadMs: number;
    readonly executor?: ExecutorPlace | undefined;
  },
): JobStep {
  if (!isWaiting(job.state)) return refused(job, `it is ${job.state}`);
  if (job.runAtMs > context.nowMs + armAheadMs) return refused(job, "it is not due yet");
  const running: RunningAttempt = {
    number: job.counted + 1,
    token: context.unique,
    node: executor.node,
    boot: executor.boot,
    startedAtMs: Math.max(context.nowMs, job.runAtMs),
    cancelling: false,
  };
  return moved(
    job,
    {
      state: "running",
      running,
      startedAtMs: running.startedAtMs,
      waiting: null,
      progress: null,
    },
    {
      nowMs: context.nowMs,
      effects: [{
        kind: "run",
        boot: executor.boot,
        order: orderOf(job, running, context),
        repeated: job.attempts.length > 0,
      }],
    },
  );
}

/** What the executor needs of the job to run this attempt; its steps are added by the dispatcher. */
function orderOf(
  job: JobState,
  running: RunningAttempt,
  context: ReducerContext,
): Omit<AttemptOrder, "steps"> {
  const { spec } = job;
  const parent = traceparentOf(spec);
  return {
    key: { jobId: context.id, attempt: running.number, token: running.token },
    name: spec.name,
    payload: spec.payload,
    timeoutMs: spec.timeoutMs,
    notBeforeMs: job.runAtMs,
    scheduledForMs: spec.nominalAtMs ?? spec.runAtMs,
    fence: context.nextVersion,
    checkpoint: job.checkpoint,
    exclusive: spec.delivery === "at-most-once",
    ...(spec.parents !== undefined && { parents: spec.parents }),
    ...(parent !== undefined && { trace: { parent, queue: spec.queue } }),
  };
}

/** `overdue`: the job's time has come and no slot was free; users see it as pending. */
export function overdue(job: JobState, context: ReducerContext): JobStep {
  const due = (job.state === "scheduled" || job.state === "retrying") &&
    job.runAtMs <= context.nowMs;
  return due ? moved(job, { state: "pending" }, { nowMs: context.nowMs }) : unchanged(job);
}

/** `handler-known`: a parked job is due again, now. */
export function handlerKnown(job: JobState, context: ReducerContext): JobStep {
  if (job.waiting === null) return unchanged(job);
  const runAtMs = Math.max(job.runAtMs, context.nowMs);
  return moved(job, { waiting: null, runAtMs }, { nowMs: context.nowMs });
}
