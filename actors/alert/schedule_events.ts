/**
 * ScheduleEvents: what fires that nobody could make in time mean to those who watch over schedules.
 * @module
 */
import type { ReducerContext } from "../../runtime/actor/behaviour.ts";
import type { MissedFires } from "../schedule/turn.ts";
import { type AlertEvent, oneLine } from "./event.ts";

/** The event that fires of a schedule were missed. */
export function missedEvent(
  { scheduleId, job, missed, madeUp, latestMs }: MissedFires,
  { id, nextVersion, nowMs }: Pick<ReducerContext, "id" | "nextVersion" | "nowMs">,
): AlertEvent {
  const which = `the latest at ${new Date(latestMs).toISOString()}`;
  const message = `${missed} ${missed === 1 ? "fire was" : "fires were"} missed, ${which}; ` +
    `${madeUp} made up for`;
  return {
    id: `${id}/${nextVersion}/missed`,
    kind: "schedule.missed",
    status: "firing",
    subject: scheduleId,
    labels: { schedule: scheduleId, queue: job.queue, name: job.name },
    ...(job.tags.length > 0 && { tags: job.tags }),
    message: oneLine(message),
    atMs: nowMs,
  };
}
