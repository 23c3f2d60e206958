/**
 * ScheduleState: everything about one schedule, as its actor holds it.
 * @module
 */
import type { ScheduleSpec } from "./spec.ts";

/** A fire that is decided, and whose job is still to be made. */
export interface WaitingFire {
  readonly nominalAtMs: number;
  readonly dueAtMs: number;
}

/** `active`: it fires; `paused`: a user stopped it; `ended`: nothing comes any more; `deleted`: it is gone for users. */
export type ScheduleStateName = "active" | "paused" | "ended" | "deleted";

/** Every state, for schemas. */
export const SCHEDULE_STATES: readonly ScheduleStateName[] = [
  "active",
  "paused",
  "ended",
  "deleted",
];

/** A schedule: its spec and all that changes. */
export interface ScheduleState {
  readonly spec: ScheduleSpec;
  /** When it was created, or created again after it was deleted, ms. */
  readonly createdAtMs: number;
  readonly state: ScheduleStateName;
  /** Why it is paused, for people. */
  readonly pauseNote: string | null;
  readonly deletedAtMs: number | null;
  /** Every occurrence up to here is decided, ms. */
  readonly decidedToMs: number;
  /** When it must look at itself again, ms; null: only when it is spoken to. */
  readonly wakeAtMs: number | null;
  /** Fires so far, those of triggers and backfills left out. */
  readonly fired: number;
  /** The latest job that it made. */
  readonly last: { readonly nominalAtMs: number; readonly jobId: string } | null;
  /** Jobs of it that were not over when last looked at, oldest first; empty when overlaps are allowed. */
  readonly open: readonly string[];
  /** Oldest first. */
  readonly waiting: readonly WaitingFire[];
}

/** Open jobs that one schedule looks after; beyond it the oldest are taken for over. */
export const OPEN_MAX = 100;
/** Fires that may wait; those that come when as many do are skipped. */
export const WAITING_MAX = 1_000;
