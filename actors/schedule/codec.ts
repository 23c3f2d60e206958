/**
 * Codec: a schedule between what the actor holds and what is stored. The spec is its body, the rest its head.
 *
 * Invariant: C3. `decodeSchedule` of what `draftOfSchedule` and `encodeSchedule` wrote is the state they were given.
 * @module
 */
import type { Stored } from "../../runtime/actor/behaviour.ts";
import { Fault } from "../../runtime/fault.ts";
import type { Draft, Indexing, Snapshot } from "../../runtime/snapshot.ts";
import { scheduleActorId } from "./ids.ts";
import type { ScheduleSpec } from "./spec.ts";
import type { ScheduleState, ScheduleStateName } from "./state.ts";

/** `Snapshot.kind` of a schedule. */
export const SCHEDULE_KIND = "schedule";
/** The line in which schedules that are due wait to be woken. */
export const SCHEDULE_LANE = "schedule/due";
/** How long a deleted schedule's ledger can still be read, ms. */
export const DELETED_KEPT_MS = 3 * 86_400_000;

/** What a schedule's head holds. */
type Head = Omit<ScheduleState, "spec">;

/** The label by which schedules of one state are found. */
export function stateLabel(state: ScheduleStateName): string {
  return `state=${state}`;
}

/** The label of the schedules whose jobs have this name. */
export function jobNameLabel(name: string): string {
  return `name=${name}`;
}

/** The label of every schedule that users see. */
export const LABEL_KEPT = "kept=yes";

/** Reads a schedule's snapshot; throws a `corrupt` fault. */
export function decodeSchedule(snapshot: Snapshot): ScheduleState {
  try {
    const spec = JSON.parse(snapshot.body) as ScheduleSpec;
    const head = JSON.parse(snapshot.head) as Head;
    return { spec, ...head };
  } catch {
    const message = `${snapshot.id} does not hold a schedule`;
    throw new Fault("schedule.decode", "corrupt", { message });
  }
}

/** Writes what changes of a schedule at every fire. */
export function encodeSchedule(schedule: ScheduleState): Stored {
  const { spec: _, ...head } = schedule;
  return { head: JSON.stringify(head satisfies Head), index: indexingOf(schedule) };
}

/** Writes a schedule's spec. */
export function encodeBody(spec: ScheduleSpec): string {
  return JSON.stringify(spec);
}

/** What is inserted for a schedule that begins at `nowMs`: it is woken at once, and finds its first occurrence. */
export function draftOfSchedule(
  spec: ScheduleSpec,
  { id, nowMs }: { readonly id: string; readonly nowMs: number },
): Omit<Draft, "shard"> {
  const schedule: ScheduleState = {
    spec,
    createdAtMs: nowMs,
    state: "active",
    pauseNote: null,
    deletedAtMs: null,
    decidedToMs: nowMs,
    wakeAtMs: nowMs,
    fired: 0,
    last: null,
    open: [],
    waiting: [],
  };
  return {
    id: scheduleActorId(id),
    kind: SCHEDULE_KIND,
    createdAtMs: nowMs,
    body: encodeBody(spec),
    ...encodeSchedule(schedule),
  };
}

function indexingOf({ state, spec, wakeAtMs, deletedAtMs }: ScheduleState): Indexing {
  const labels = [stateLabel(state)];
  if (state !== "deleted") labels.push(LABEL_KEPT, jobNameLabel(spec.job.name));
  return {
    wakeAtMs,
    lane: SCHEDULE_LANE,
    rank: 0,
    expireAtMs: deletedAtMs === null ? null : deletedAtMs + DELETED_KEPT_MS,
    labels,
    tally: state,
  };
}
