/**
 * ScheduleState: everything about one schedule, as its actor holds it.
 * @module
 */
import type { ScheduleSpec } from "./spec.ts";

/** A nominal time that waits for the run before it to end. */
export interface WaitingFire {
  readonly nominalAtMs: number;
  readonly dueAtMs: number;
}

/** `active`: it fires; `paused`: a user stopped it; `ended`: nothing comes any more; `deleted`: it is gone for users. */
export type ScheduleStateName = "active" | "paused" | "ended" | "deleted";

/** A schedule: its spec and all that changes. */
export interface ScheduleState {
  readonly spec: ScheduleSpec;
  readonly createdAtMs: number;
  readonly state: ScheduleStateName;
  /** Why it is paused, for people. */
  readonly pauseNote: string | null;
  /** Every occurrence up to here is decided, ms. */
  readonly decidedToMs: number;
  /** The next occurrence that is to be decided, ms; null: there is none. */
  readonly nextAtMs: number | null;
  /** Fires so far, those of triggers and backfills left out. */
  readonly fired: number;
  /** The latest fire, and its job. */
  readonly last: { readonly nominalAtMs: number; readonly jobId: string } | null;
  /** Jobs of it that were not over when last looked at; of schedules that care alone. */
  readonly open: readonly string[];
  /** Fires that wait for the run before them, oldest first. */
  readonly waiting: readonly WaitingFire[];
}
