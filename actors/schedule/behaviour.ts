/**
 * Schedule: one recurring schedule as an actor, from its creation to its deletion.
 *
 *     active ──pause──▶ paused ──resume──▶ active ──no more occurrences──▶ ended
 *     any ──delete──▶ deleted ──replace──▶ active      ended ──replace──▶ active
 *
 * Intuition: it is woken when its next occurrence is to be decided; the decision, the job it leads to
 * and the ledger's line are one commit (turn.ts, H1–H4). Before that it may have to ask whether its
 * earlier jobs are over: then it commits nothing, asks, and decides when it is told.
 *
 * Invariants: H5. Whatever a user changes, occurrences that were due before are decided by the old rules.
 * Not here: when it fires (recurrence/), the way to its jobs (schedule_driver.ts).
 * @module
 */
import type { Behaviour } from "../../runtime/actor/behaviour.ts";
import { unreachable } from "../../runtime/fault.ts";
import type { BeginTrace } from "../trace/job_trace.ts";
import { decodeSchedule, encodeSchedule, SCHEDULE_KIND } from "./codec.ts";
import type {
  ScheduleCommand,
  ScheduleEffect,
  ScheduleMessage,
  ScheduleReply,
} from "./messages.ts";
import type { ScheduleState } from "./state.ts";
import {
  type ReportMissed,
  type Scene,
  type ScheduleStep,
  type TimetableOf,
  Turn,
} from "./turn.ts";

/** The behaviour of schedules. */
export type ScheduleBehaviour = Behaviour<
  ScheduleState,
  ScheduleMessage,
  ScheduleReply,
  ScheduleEffect
>;

/** Who hears of what schedules do. */
export interface ScheduleWitnesses {
  /** Absent: nobody wants to know of missed fires. */
  readonly reportMissed?: ReportMissed | undefined;
  /** Absent: fires are not traced. */
  readonly beginTrace?: BeginTrace | undefined;
}

/** The schedule as a kind of actor. */
export function scheduleBehaviour(
  timetableOf: TimetableOf,
  { reportMissed = () => [], beginTrace }: ScheduleWitnesses = {},
): ScheduleBehaviour {
  return {
    kind: SCHEDULE_KIND,
    decode: decodeSchedule,
    encode: encodeSchedule,
    receive: (state, message, context) =>
      receive(state, message, { context, timetableOf, reportMissed, beginTrace }),
    resident: () => false,
    wakes: { wake: () => ({ kind: "wake" }), overdue: null },
    adopts: null,
  };
}

function receive(state: ScheduleState, message: ScheduleMessage, scene: Scene): ScheduleStep {
  const turn = new Turn(state, scene);
  switch (message.kind) {
    case "wake":
      return decided(turn, { looked: false });
    case "job-over":
      turn.over([message.jobId]);
      return decided(turn, { looked: false });
    case "looked":
      turn.over(message.over);
      return decided(turn, { looked: true });
    case "resume":
    case "trigger":
      return commanded(turn, message, scene.context.nowMs);
    case "replace":
    case "delete":
    case "pause":
    case "backfill":
      if (message.over === undefined && turn.mustLook) {
        return { state, reply: { kind: "look-first", jobIds: state.open }, effects: [] };
      }
      turn.over(message.over ?? []);
      return commanded(turn, message, scene.context.nowMs);
    default:
      return unreachable(message);
  }
}

/** Decides what is due, once it is known which earlier jobs are over. */
function decided(turn: Turn, { looked }: { readonly looked: boolean }): ScheduleStep {
  if (!looked && turn.mustLook) turn.look();
  else turn.decide();
  return turn.step();
}

/** What is due by the present rules is decided by them: of a schedule that is paused, as passed over (H5). */
function settleWhatIsDue(turn: Turn): void {
  if (turn.state.state === "paused") turn.passOver();
  else turn.decide();
}

function replaced(turn: Turn, spec: ScheduleState["spec"], nowMs: number): ScheduleStep {
  settleWhatIsDue(turn);
  turn.decideAhead();
  const { state } = turn.state;
  turn.respecify(spec);
  if (state === "deleted") {
    // A new life, but for the runs that may go on: they stay open (H3).
    turn.set({ state: "active", createdAtMs: nowMs, deletedAtMs: null, fired: 0, last: null });
  } else if (state === "ended") turn.set({ state: "active" });
  return turn.step();
}

function commanded(turn: Turn, command: ScheduleCommand, nowMs: number): ScheduleStep {
  const isDeleted = turn.state.state === "deleted";
  if (command.kind === "replace") return replaced(turn, command.spec, nowMs);
  if (command.kind === "delete") return isDeleted ? turn.step() : deleted(turn, nowMs);
  if (isDeleted) return refused(turn, "it was deleted");
  switch (command.kind) {
    case "pause":
      if (turn.state.state === "ended") return refused(turn, "it has ended: nothing would fire");
      turn.decide(); // (H5)
      turn.passOver();
      turn.set({ state: "paused", pauseNote: command.note ?? turn.state.pauseNote });
      return turn.step();
    case "resume":
      if (turn.state.state !== "paused") return turn.step();
      turn.passOver();
      turn.set({ state: "active", pauseNote: null });
      return turn.step();
    case "trigger":
      return turn.step({ kind: "fired", jobIds: [turn.trigger()] });
    case "backfill":
      settleWhatIsDue(turn); // (H5)
      return turn.step({ kind: "fired", ...turn.backfill(command.nominalAtMs) });
    default:
      return unreachable(command);
  }
}

function deleted(turn: Turn, nowMs: number): ScheduleStep {
  settleWhatIsDue(turn);
  turn.dropWaiting("skipped-overlap");
  turn.set({ state: "deleted", deletedAtMs: nowMs, pauseNote: null });
  return turn.step();
}

function refused(turn: Turn, why: string): ScheduleStep {
  return { state: turn.state, reply: { kind: "refused", why }, effects: [] };
}
