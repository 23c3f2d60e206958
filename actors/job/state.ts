/**
 * JobState: everything about one job, as its actor holds it.
 * @module
 */
import type { BootId } from "../../runtime/ids.ts";
import type { ErrorReport } from "../executor/port.ts";
import type { JobStateName } from "./messages.ts";
import type { JobSpec } from "./spec.ts";

/** How an attempt ended, in its history. */
export type AttemptEnd = "ok" | "error" | "timeout" | "lost" | "cancelled" | "interrupted";

/** One attempt of the history. */
export interface AttemptRecord {
  /** A lost or interrupted attempt is repeated under the same number. */
  readonly number: number;
  readonly node: string;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly outcome: AttemptEnd;
  readonly error: ErrorReport | null;
}

/** The attempt under way. */
export interface RunningAttempt {
  readonly number: number;
  readonly token: string;
  readonly node: string;
  readonly boot: BootId;
  readonly startedAtMs: number;
  /** A user asked for its end. */
  readonly cancelling: boolean;
}

/** A job: its immutable spec and all that changes. */
export interface JobState {
  readonly spec: JobSpec;
  readonly createdAtMs: number;
  readonly state: JobStateName;
  /** When it is or was next due, ms. */
  readonly runAtMs: number;
  /** Attempts that count: started and neither lost nor interrupted. */
  readonly counted: number;
  /** Lost attempts, counted apart, bounded by `LOST_ATTEMPTS_MAX`. */
  readonly lost: number;
  /** Attempts allowed in all; a manual retry raises it. */
  readonly maxAttempts: number;
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  readonly running: RunningAttempt | null;
  /** Why a due job does not run; null when nothing is missing. */
  readonly waiting: "handler" | null;
  readonly progress: number | null;
  /** JSON text; `null` when there is none. */
  readonly checkpoint: string;
  /** JSON text; `null` when there is none. */
  readonly result: string;
  readonly error: ErrorReport | null;
  /** The latest `ATTEMPTS_KEPT_MAX` ended attempts. */
  readonly attempts: readonly AttemptRecord[];
  /** Which service levels were missed. */
  readonly breached: readonly ServiceLevel[];
  /** The version whose change subscribers were told of last; absent: none. */
  readonly newsVersion?: number;
}

/** What a job can miss: its start, its end, its success. */
export type ServiceLevel = "start" | "finish" | "success";

/** The journal that holds what a job's attempts have logged, and what users changed of it. */
export const LOG_STREAM = "log";
/** Ended attempts kept in a job's history; older ones go, the count stays. */
export const ATTEMPTS_KEPT_MAX = 20;
/** Lost attempts of one job before it fails as poison. */
export const LOST_ATTEMPTS_MAX = 3;
