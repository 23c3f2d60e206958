/**
 * JobEvents: what a job's transition means to those who watch over jobs.
 *
 * Invariants: AE1. A job fails for good, misses a service level and makes up for either at most once in
 * each of its lives, and each is one event with an id of its own, however often its transition is looked at.
 * AE2. Jobs in queues of the program's own raise nothing: an alert about an alert would never end.
 * @module
 */
import type { ReducerContext } from "../../runtime/actor/behaviour.ts";
import type { JobState, ServiceLevel } from "../job/state.ts";
import { traceparentOf } from "../trace/job_trace.ts";
import { type AlertEvent, type AlertKind, type AlertStatus, oneLine } from "./event.ts";

/** What the queues and handlers of the program itself are called: `orrery.…`. */
export const OWN_PREFIX = "orrery.";

/** A job's transition, and where it happened. */
export interface JobTransition {
  readonly before: JobState;
  readonly after: JobState;
  readonly context: Pick<ReducerContext, "id" | "nowMs" | "nextVersion">;
}

/** The events of one transition; what began first. Most transitions have none, and cost next to nothing. */
export function eventsOf({ before, after, context }: JobTransition): readonly AlertEvent[] {
  const { spec } = after;
  if (before === after || spec.queue.startsWith(OWN_PREFIX)) return []; // (AE2)
  const events: AlertEvent[] = [];
  const trace = traceparentOf(spec);
  const add = (kind: AlertKind, status: AlertStatus, message: string): void => {
    const { id, nowMs, nextVersion } = context;
    const schedule = spec.scheduleId;
    const node = after.running?.node ?? after.attempts.at(-1)?.node;
    events.push({
      id: `${id}/${nextVersion}/${kind}/${status}`,
      kind,
      status,
      subject: id,
      labels: {
        queue: spec.queue,
        name: spec.name,
        ...(node !== undefined && { node }),
        ...(schedule !== undefined && { schedule }),
      },
      ...(spec.tags.length > 0 && { tags: spec.tags }),
      message: oneLine(message),
      atMs: nowMs,
      ...(trace !== undefined && { trace }),
    });
  };
  if (after.state === "failed" && before.state !== "failed") {
    add("job.failed", "firing", failureText(after));
  }
  for (const level of after.breached) {
    const kind = kindOf(level, after);
    if (!before.breached.includes(level)) add(kind, "firing", missText(level, after));
    if (isMet(level, after) && (!isMet(level, before) || !before.breached.includes(level))) {
      add(kind, "resolved", `${spec.name} is late, but there`);
    }
  }
  if (after.state === "completed" && before.state !== "completed" && wasRetried(after)) {
    add("job.failed", "resolved", `${spec.name} has completed after all`);
  }
  return events;
}

/** A job of a schedule that does not succeed in time is the schedule's affair. */
function kindOf(level: ServiceLevel, { spec }: JobState): AlertKind {
  if (level === "start") return "sla.start";
  return level === "success" && spec.scheduleId !== undefined ? "schedule.missed" : "sla.finish";
}

/** Tells whether what was late is there now. */
function isMet(level: ServiceLevel, job: JobState): boolean {
  switch (level) {
    case "start":
      return job.running !== null || job.attempts.length > 0 || job.finishedAtMs !== null;
    case "finish":
      return job.finishedAtMs !== null;
    case "success":
      return job.state === "completed";
  }
}

/** A retry by hand adds to the attempts that the job may have. */
function wasRetried({ maxAttempts, spec }: JobState): boolean {
  return maxAttempts > spec.retry.attempts;
}

function failureText({ spec, counted, error }: JobState): string {
  const why = error === null ? "" : `: ${error.name}: ${error.message}`;
  return `${spec.name} failed after ${counted} ${counted === 1 ? "attempt" : "attempts"}${why}`;
}

function missText(level: ServiceLevel, { spec, state }: JobState): string {
  const { startWithinMs, finishWithinMs, succeedWithinMs } = spec.sla;
  const what = { start: "start", finish: "end", success: "succeed" }[level];
  const withinMs =
    { start: startWithinMs, finish: finishWithinMs, success: succeedWithinMs }[level];
  return `${spec.name} did not ${what} within ${withinMs} ms; it is ${state}`;
}
