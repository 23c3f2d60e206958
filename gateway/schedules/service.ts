/**
 * ScheduleService: what the gateway's routes ask of the node about recurring schedules, in the terms of the API.
 *
 * Not here: HTTP (routes/schedule.ts), how it is done over the actor system (schedule_service.ts).
 * @module
 */
import type { LedgerEntry } from "../../actors/schedule/ledger.ts";
import type { Occurrence } from "../../actors/schedule/recurrence/occurrence.ts";
import type { ScheduleSpec } from "../../actors/schedule/spec.ts";
import type { ScheduleState, ScheduleStateName } from "../../actors/schedule/state.ts";

/** A schedule, as committed. */
export interface ScheduleRecord {
  readonly id: string;
  readonly version: number;
  readonly schedule: ScheduleState;
  /** The nominal time of its next fire, ms; null: none comes, or none while it is paused. */
  readonly nextAtMs: number | null;
}

/** What became of a request to one schedule. */
export type ScheduleOutcome =
  | { readonly kind: "done"; readonly record: ScheduleRecord }
  | { readonly kind: "missing" }
  | { readonly kind: "refused"; readonly why: string }
  /** Full or draining: nothing happened. */
  | { readonly kind: "busy" }
  /** No answer in time: it may still happen. */
  | { readonly kind: "unknown" };

/** What became of a trigger or a backfill. */
export type FiredOutcome =
  | Exclude<ScheduleOutcome, { kind: "done" }>
  /** `nextMs`: from where a backfill that was too long for one request goes on; null: it is done. */
  | {
    readonly kind: "fired";
    readonly jobIds: readonly string[];
    readonly nextMs: number | null;
  };

/** A page of a list. */
export interface SchedulePage {
  readonly records: readonly ScheduleRecord[];
  readonly cursor: string | null;
}

/** A line of a ledger; `n` grows by one per line, from 1. */
export interface LedgerLine {
  readonly n: number;
  readonly entry: LedgerEntry;
}

/** What a spec that nobody has stored would do. */
export type Preview =
  | { readonly kind: "occurrences"; readonly occurrences: readonly Occurrence[] }
  /** Its rule or zone is not understood, or a calendar unknown: which field, and why, for people. */
  | { readonly kind: "unreadable"; readonly path: string; readonly message: string };

/** The node's schedules. Methods that reach the store reject with `Fault`. */
export interface ScheduleService {
  /** Creates a schedule; `id` null: under a new id. `taken`: there is one of that id. */
  create(
    spec: ScheduleSpec,
    id: string | null,
  ): Promise<
    | { kind: "created"; record: ScheduleRecord }
    | { kind: "taken"; id: string }
    | Exclude<ScheduleOutcome, { kind: "done" | "missing" }>
  >;
  /** Creates it, or gives it another spec: no fire is lost or repeated by it. */
  replace(
    id: string,
    spec: ScheduleSpec,
  ): Promise<ScheduleOutcome & { readonly created?: boolean }>;
  /** Undefined: there is none, or it was deleted. */
  get(id: string): Promise<ScheduleRecord | undefined>;
  list(
    query: {
      readonly state?: ScheduleStateName;
      readonly name?: string;
      readonly limit: number;
      readonly cursor?: string;
    },
  ): Promise<SchedulePage>;
  pause(id: string, note: string | null): Promise<ScheduleOutcome>;
  resume(id: string): Promise<ScheduleOutcome>;
  remove(id: string): Promise<ScheduleOutcome>;
  trigger(id: string): Promise<FiredOutcome>;
  backfill(
    id: string,
    range: { readonly fromMs: number; readonly toMs: number },
  ): Promise<FiredOutcome>;
  /** The next occurrences after `afterMs`, those that don't fire included; at most `limit`, none beyond its `count`. */
  next(
    id: string,
    options: { readonly afterMs: number; readonly limit: number },
  ): Promise<readonly Occurrence[] | undefined>;
  /** The same of a spec that nobody has stored: for previews. */
  preview(
    spec: Omit<ScheduleSpec, "job">,
    options: { readonly afterMs: number; readonly limit: number },
  ): Preview;
  /** The ledger after line `after`, oldest first; undefined when there is no such schedule. */
  occurrences(
    id: string,
    query: { readonly after: number; readonly limit: number },
  ): Promise<readonly LedgerLine[] | undefined>;
}
