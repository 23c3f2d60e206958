/**
 * Reports: what a running attempt says about itself, and the clock about the job. A report under a stale token is refused and
 * changes nothing: the attempt it comes from is no longer the job's.
 * @module
 */
import type { ReducerContext } from "../../runtime/actor/behaviour.ts";
import { CHECKPOINT_CHARS_MAX } from "../executor/port.ts";
import type { JobMessage } from "./messages.ts";
import { withBreaches } from "./sla.ts";
import { type JobStep, moved, refused, unchanged } from "./step.ts";
import type { JobState } from "./state.ts";

type Report<Kind extends JobMessage["kind"]> = Extract<JobMessage, { kind: Kind }>;

const STALE = "the attempt is no longer the current one";

/** `progress`: cut to 0 to 100; the same again is not written again. */
export function progress(
  job: JobState,
  report: Report<"progress">,
  context: ReducerContext,
): JobStep {
  if (job.running?.token !== report.token) return refused(job, STALE);
  if (!Number.isFinite(report.percent)) return refused(job, "progress must be a number");
  const percent = Math.min(100, Math.max(0, report.percent));
  if (percent === job.progress) return unchanged(job);
  return moved(job, { progress: percent }, { nowMs: context.nowMs });
}

/** `checkpoint`: kept for later attempts, `CHECKPOINT_CHARS_MAX` at most. */
export function checkpoint(
  job: JobState,
  report: Report<"checkpoint">,
  context: ReducerContext,
): JobStep {
  if (job.running?.token !== report.token) return refused(job, STALE);
  if (report.value.length > CHECKPOINT_CHARS_MAX) {
    return refused(job, `a checkpoint has at most ${CHECKPOINT_CHARS_MAX} characters`);
  }
  if (report.value === job.checkpoint) return unchanged(job);
  return moved(job, { checkpoint: report.value }, { nowMs: context.nowMs });
}

/** `deadline`: what the job has missed is noted at once, whatever it is doing. */
export function deadline(
  job: JobState,
  { atMs }: Report<"deadline">,
  context: ReducerContext,
): JobStep {
  // The clock that found it passed may have been set back since.
  const nowMs = Math.max(context.nowMs, atMs + 1);
  return withBreaches(job, nowMs) === job ? unchanged(job) : moved(job, {}, { nowMs });
}
