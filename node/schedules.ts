/**
 * Schedules on a node: the kind of actor, its hands and its rules, joined to the system.
 * @module
 */
import { JOB_KIND } from "../actors/job/codec.ts";
import { scheduleBehaviour } from "../actors/schedule/behaviour.ts";
import { SCHEDULE_KIND } from "../actors/schedule/codec.ts";
import type { Recurrences } from "../actors/schedule/recurrence/recurrences.ts";
import { ScheduleDriver } from "../actors/schedule/schedule_driver.ts";
import { Timetable } from "../actors/schedule/timetable.ts";
import type { Clock } from "../runtime/clock.ts";
import type { NodeSystem } from "../runtime/system/system.ts";

/** Schedules that decide at once: those beyond it wait for a moment. */
export const SCHEDULES_AWAKE_MAX = 512;

/** Makes `system` a host of schedules. Before its start. */
export function registerSchedules(
  system: NodeSystem,
  { clock, recurrences }: { readonly clock: Clock; readonly recurrences: Recurrences },
): void {
  const driver = new ScheduleDriver({
    clock,
    read: (ids) => system.readAll(ids),
    tell: (id, message) => system.signal({ kind: SCHEDULE_KIND, id }, message),
    tellJob: (id, message) => system.signal({ kind: JOB_KIND, id }, message),
  });
  const behaviour = scheduleBehaviour((spec, { id, anchorMs }) =>
    new Timetable(recurrences.of(spec, anchorMs), { id, jitterMs: spec.jitterMs })
  );
  system.register(behaviour, (effect, snapshot) => driver.perform(effect, snapshot));
}
