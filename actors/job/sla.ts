/**
 * Service levels: by when a job was to start and to finish, and whether it did.
 *
 * Intuition: both deadlines count from the moment the user asked it to run (`spec.runAtMs`), not
 * from a retry or an early run: they are promises about the request. A miss is noted at the first
 * transition after it and never taken back; between transitions a reader computes it from the clock.
 * A retry by hand long after the deadline is therefore late, as it is.
 * @module
 */
import type { JobSpec } from "./spec.ts";
import type { JobState } from "./state.ts";

/** The moments by which a job must have started and finished (ms, wall clock); null: none was asked. */
export interface SlaDeadlines {
  readonly startByMs: number | null;
  readonly finishByMs: number | null;
}

/** The deadlines that `spec` asks for. */
export function deadlinesOf(spec: JobSpec): SlaDeadlines {
  const { startWithinMs, finishWithinMs } = spec.sla;
  return {
    startByMs: startWithinMs === null ? null : spec.runAtMs + startWithinMs,
    finishByMs: finishWithinMs === null ? null : spec.runAtMs + finishWithinMs,
  };
}

/** `job` with every miss up to `nowMs` in `breached`; the same object when there is no new one. */
export function withBreaches(job: JobState, nowMs: number): JobState {
  const { startWithinMs, finishWithinMs } = job.spec.sla;
  if (startWithinMs === null && finishWithinMs === null) return job;
  const { startByMs, finishByMs } = deadlinesOf(job.spec);
  const late: ("start" | "finish")[] = [];
  // An ended attempt proves that the start was judged when it happened.
  if (startByMs !== null && job.attempts.length === 0 && !job.breached.includes("start")) {
    const startMs = job.running?.startedAtMs ?? job.finishedAtMs ?? nowMs;
    if (startMs > startByMs) late.push("start");
  }
  if (finishByMs !== null && !job.breached.includes("finish")) {
    if ((job.finishedAtMs ?? nowMs) > finishByMs) late.push("finish");
  }
  return late.length === 0 ? job : { ...job, breached: [...job.breached, ...late] };
}
