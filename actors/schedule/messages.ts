/**
 * Messages: what a schedule can be told, what it answers, and what it asks of the world.
 * @module
 */
import type { ScheduleSpec } from "./spec.ts";

/** What a schedule actor receives. */
export type ScheduleMessage =
  /** Its time has come; it may lie a little ahead. */
  | { readonly kind: "wake" }
  /** Of its open jobs these are over, or gone: what `look` asked for. */
  | { readonly kind: "looked"; readonly over: readonly string[] }
  /** One of its jobs is over. */
  | { readonly kind: "job-over"; readonly jobId: string }
  | ScheduleCommand;

/** What a user asks of it. */
export type ScheduleCommand =
  & {
    /** Those that are over of the jobs that a `look-first` named; absent: nobody has looked. */
    readonly over?: readonly string[];
  }
  & (
    /** Another spec; also brings back one that was deleted. */
    | { readonly kind: "replace"; readonly spec: ScheduleSpec }
    | { readonly kind: "pause"; readonly note: string | null }
    | { readonly kind: "resume" }
    | { readonly kind: "delete" }
    /** Fires now, whatever its rule and its overlap policy say. */
    | { readonly kind: "trigger" }
    /** Makes the jobs of these nominal times, which have none: at most `CARRIED_INSERTS_MAX`; those that are no decided fires are left out. */
    | { readonly kind: "backfill"; readonly nominalAtMs: readonly number[] }
  );

/** What a schedule answers. */
export type ScheduleReply =
  | { readonly kind: "done" }
  /** These jobs were made; `full`: others of a backfill found no room in the commit. */
  | { readonly kind: "fired"; readonly jobIds: readonly string[]; readonly full?: boolean }
  | { readonly kind: "refused"; readonly why: string }
  /** Nothing happened yet: ask again, with which of these jobs are over. */
  | { readonly kind: "look-first"; readonly jobIds: readonly string[] };

/** What a schedule asks of the world once its state is committed. */
export type ScheduleEffect =
  /** Find out which of these jobs are over, and tell it by `looked`. */
  | { readonly kind: "look"; readonly jobIds: readonly string[] }
  /** Cancel these jobs. */
  | { readonly kind: "cancel"; readonly jobIds: readonly string[] };
