/**
 * Messages: what a job can be told, what it answers, and what it asks of the world.
 * @module
 */
import type { ActorId, BootId, NodeName } from "../../runtime/ids.ts";
import type { AttemptKey, AttemptOrder, AttemptOutcome } from "../executor/port.ts";
import type { JobSpec } from "./spec.ts";
import type { JobState } from "./state.ts";

/** A process start that runs attempts. */
export interface ExecutorPlace {
  readonly node: NodeName;
  readonly boot: BootId;
}

/** What a job actor receives. */
export type JobMessage =
  /** Its wake-up time has come and a slot is held for it, here or at `executor`; it may lie a little ahead. */
  | { readonly kind: "start"; readonly executor?: ExecutorPlace }
  /** It is due, but has had to wait for a slot: show it as pending. */
  | { readonly kind: "overdue" }
  /** The attempt `token` ended. */
  | { readonly kind: "ended"; readonly token: string; readonly outcome: AttemptOutcome }
  /** The attempt `token` reports how far it is, 0 to 100. */
  | { readonly kind: "progress"; readonly token: string; readonly percent: number }
  /** The attempt `token` asks to keep `value` (JSON text) for later attempts. */
  | { readonly kind: "checkpoint"; readonly token: string; readonly value: string }
  /** A new owner found it running, or a process start has ended: its attempt is lost if it ran there. */
  | { readonly kind: "adopted" }
  /** This moment, by which it was to be so far, has passed, ms. */
  | { readonly kind: "deadline"; readonly atMs: number }
  /** A handler of its name has appeared. */
  | { readonly kind: "handler-known" }
  /** A user wants it cancelled. */
  | { readonly kind: "cancel" }
  /** A user, or its flow, wants a failed or cancelled job to run again; `parents`: as its flow knows them now. */
  | { readonly kind: "retry"; readonly parents?: string; readonly payload?: string }
  /** A user wants a scheduled or retrying job to run now. */
  | { readonly kind: "run-now" }
  /** A later submission of the same key takes the place of the one that made it. */
  | { readonly kind: "supersede"; readonly spec: JobSpec };

/** What a job answers to a question (`cancel`, `retry`, `run-now`, `progress`, `checkpoint`, `start`). */
export type JobReply =
  /** Done, and committed. */
  | { readonly kind: "done" }
  /** Begun: a running attempt is being stopped. */
  | { readonly kind: "stopping" }
  /** The job's state does not allow it. */
  | { readonly kind: "refused"; readonly state: JobStateName; readonly why: string };

/** The states of a job, as users see them. */
export type JobStateName =
  | "scheduled"
  | "pending"
  | "running"
  | "retrying"
  | "completed"
  | "failed"
  | "cancelled";

/** Every state, for schemas and loops. */
export const JOB_STATES: readonly JobStateName[] = [
  "scheduled",
  "pending",
  "running",
  "retrying",
  "completed",
  "failed",
  "cancelled",
];

/** What a job asks of the world once its state is committed. */
export type JobEffect =
  /** Run an attempt in that process start; `repeated`: earlier ones may have left steps behind. */
  | {
    readonly kind: "run";
    readonly boot: BootId;
    readonly order: Omit<AttemptOrder, "steps">;
    readonly repeated: boolean;
  }
  /** Stop an attempt in the process start that runs it: signal first, terminate after the grace period. */
  | {
    readonly kind: "abort";
    readonly boot: BootId;
    readonly key: AttemptKey;
    readonly reason: "cancelled";
  }
  /** That process start is said to run the attempt: if it never began there, its end must be told. */
  | { readonly kind: "confirm"; readonly boot: BootId; readonly key: AttemptKey }
  /** It is over: tell the actor that waits for it. */
  | { readonly kind: "over"; readonly observer: ActorId }
  /** Tell whoever listens what the job has become, and what it was before. */
  | { readonly kind: "changed"; readonly job: JobState; readonly before: JobState };
