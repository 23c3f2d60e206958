/**
 * Calendar: a kind of actor that holds a calendar's dates. It never wakes and asks nothing of the world.
 *
 * Not here: what an excluded date does to a schedule (schedule/recurrence/), calendars from files (file.ts).
 * @module
 */
import type { Behaviour, Step } from "../../runtime/actor/behaviour.ts";
import { Fault } from "../../runtime/fault.ts";
import { type ActorId, actorId } from "../../runtime/ids.ts";
import type { Draft, Indexing, Snapshot } from "../../runtime/snapshot.ts";
import {
  type CalendarMessage,
  type CalendarReply,
  type CalendarState,
  inOrder,
  isDate,
} from "./state.ts";

/** `Snapshot.kind` of a calendar. */
export const CALENDAR_KIND = "calendar";
/** What every calendar's id ends in; jobs' own ids must not. */
export const CALENDAR_ID_SUFFIX = "@calendar";
/** The label of every calendar, deleted ones included: a node finds them among millions of jobs by it. */
export const LABEL_CALENDAR = "kept=calendar";
/** How long a deleted calendar is kept, ms: longer than any node goes without reading it again. */
export const CALENDAR_KEPT_MS = 86_400_000;

/** The actor of the calendar `name`; throws `InvariantError` when it cannot be one. */
export function calendarActorId(name: string): ActorId {
  return actorId(`${name}${CALENDAR_ID_SUFFIX}`);
}

/** A calendar as a kind of actor. */
export const calendarBehaviour: Behaviour<CalendarState, CalendarMessage, CalendarReply, never> = {
  kind: CALENDAR_KIND,
  decode: decodeCalendar,
  encode: (state) => ({ head: encodeHead(state), index: indexingOf(state) }),
  receive: (state, message, { nowMs }) =>
    changed(
      state,
      message.kind === "set"
        ? { ...state, dates: inOrder(message.dates), deletedAtMs: null }
        : { ...state, dates: [], deletedAtMs: state.deletedAtMs ?? nowMs },
    ),
  resident: () => false,
  wakes: null,
  adopts: null,
};

/** What is inserted when a calendar is put for the first time, at `nowMs`. */
export function draftOfCalendar(
  { name, dates }: Pick<CalendarState, "name" | "dates">,
  nowMs: number,
): Omit<Draft, "shard"> {
  const state: CalendarState = { name, dates: inOrder(dates), deletedAtMs: null };
  return {
    id: calendarActorId(name),
    kind: CALENDAR_KIND,
    createdAtMs: nowMs,
    head: encodeHead(state),
    body: encodeBody(state),
    index: indexingOf(state),
  };
}

/** Reads a calendar's snapshot; throws a `corrupt` fault. */
export function decodeCalendar({ id, head, body }: Snapshot): CalendarState {
  try {
    const { name, dates } = JSON.parse(body);
    const { deletedAtMs } = JSON.parse(head);
    const sound = typeof name === "string" && Array.isArray(dates) && dates.every(isDate) &&
      (deletedAtMs === null || typeof deletedAtMs === "number");
    if (sound) return { name, dates, deletedAtMs };
  } catch {
    // Told below, as whatever else it may be.
  }
  throw new Fault("calendar.decode", "corrupt", { message: `${id} does not hold a calendar` });
}

function changed(
  before: CalendarState,
  after: CalendarState,
): Step<CalendarState, CalendarReply, never> {
  const body = encodeBody(after);
  const same = before.deletedAtMs === after.deletedAtMs && encodeBody(before) === body;
  const reply = { kind: "done" } as const;
  if (same) return { state: before, reply, effects: [] };
  return { state: after, reply, effects: [], carries: { body } };
}

function encodeHead({ deletedAtMs }: CalendarState): string {
  return JSON.stringify({ deletedAtMs });
}

function encodeBody({ name, dates }: CalendarState): string {
  return JSON.stringify({ name, dates });
}

function indexingOf({ deletedAtMs }: CalendarState): Indexing {
  return {
    wakeAtMs: null,
    lane: CALENDAR_KIND,
    rank: 0,
    expireAtMs: deletedAtMs === null ? null : deletedAtMs + CALENDAR_KEPT_MS,
    labels: [LABEL_CALENDAR],
    tally: CALENDAR_KIND,
  };
}
