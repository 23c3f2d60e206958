/**
 * Service levels: by when a job was to start, to finish and to succeed, and whether it did.
 *
 * Intuition: all deadlines count from the moment the user asked it to run (`spec.runAtMs`), not
 * from a retry or an early run: they are promises about the request. A miss is noted at the first
 * transition after it and never taken back; a deadline actor sees to it that there is one
 * (actors/deadline), and a reader computes it from the clock anyway. A retry by hand long after the
 * deadline is therefore late, as it is.
 * @module
 */
import type { JobSpec } from "./spec.ts";
import type { JobState, ServiceLevel } from "./state.ts";

/** The moments by which a job must have started, finished and completed (ms, wall clock); null: none was asked. */
export interface SlaDeadlines {
  readonly startByMs: number | null;
  readonly finishByMs: number | null;
  readonly succeedByMs: number | null;
}

/** The deadlines that `spec` asks for. */
export function deadlinesOf({ sla, runAtMs }: Pick<JobSpec, "sla" | "runAtMs">): SlaDeadlines {
  const { startWithinMs, finishWithinMs, succeedWithinMs = null } = sla;
  return {
    startByMs: startWithinMs === null ? null : runAtMs + startWithinMs,
    finishByMs: finishWithinMs === null ? null : runAtMs + finishWithinMs,
    succeedByMs: succeedWithinMs === null ? null : runAtMs + succeedWithinMs,
  };
}

/** Tells whether `spec` asks for any service level. */
export function hasSla({ sla }: Pick<JobSpec, "sla">): boolean {
  return sla.startWithinMs !== null || sla.finishWithinMs !== null ||
    sla.succeedWithinMs !== undefined;
}

/** `job` with every miss up to `nowMs` in `breached`; the same object when there is no new one. */
export function withBreaches(job: JobState, nowMs: number): JobState {
  if (!hasSla(job.spec)) return job;
  const { startByMs, finishByMs, succeedByMs } = deadlinesOf(job.spec);
  const late: ServiceLevel[] = [];
  const judge = (level: ServiceLevel, reachedMs: number, byMs: number | null): void => {
    if (byMs !== null && reachedMs > byMs && !job.breached.includes(level)) late.push(level);
  };
  // An ended attempt proves that the start was judged when it happened.
  if (job.attempts.length === 0) {
    judge("start", job.running?.startedAtMs ?? job.finishedAtMs ?? nowMs, startByMs);
  }
  judge("finish", job.finishedAtMs ?? nowMs, finishByMs);
  judge("success", job.state === "completed" ? job.finishedAtMs ?? nowMs : nowMs, succeedByMs);
  return late.length === 0 ? job : { ...job, breached: [...job.breached, ...late] };
}
