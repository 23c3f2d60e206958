/**
 * Events: everything that happens in a run and that a checker may want to know of.
 *
 * Intuition: the events are told by the edges of the world (the store beneath the faulty wire, the
 * executor, the clients), never by the code under test, so that it cannot talk itself out of them.
 * @module
 */
import type { AttemptKey, AttemptOrder, AttemptOutcome } from "../../actors/executor/port.ts";
import type { JobReply } from "../../actors/job/messages.ts";
import type { LineLimits } from "../../actors/dispatch/slots.ts";
import type { JobState } from "../../actors/job/state.ts";
import type { ActorId, ShardId } from "../../runtime/ids.ts";
import type { DueEntry, Snapshot } from "../../runtime/snapshot.ts";
import type { Append, Transition } from "../../runtime/store/port.ts";

/** One committed version of a job. */
export interface Commit {
  /** Virtual time, ms. */
  readonly atMs: number;
  /** The process start that wrote it. */
  readonly boot: string;
  readonly snapshot: Snapshot;
  readonly job: JobState;
}

/** One committed version of an actor of another kind than jobs. */
export interface ActorCommit {
  /** Virtual time, ms. */
  readonly atMs: number;
  readonly boot: string;
  readonly snapshot: Snapshot;
}

/** What a user can ask of a schedule. */
export type ScheduleCommand = "pause" | "resume" | "trigger" | "replace" | "delete";

/** What a user can ask of a job. */
export type Command = "cancel" | "retry" | "run-now";

/** What a client learnt of its submission. */
export type Submitted =
  | { readonly kind: "created" }
  /** The id is taken; `same`: by the same request. */
  | { readonly kind: "exists"; readonly same: boolean }
  /** Refused by `code`: the client was told that nothing was stored. */
  | { readonly kind: "refused"; readonly code: string }
  /** No answer, or one that leaves it open. */
  | { readonly kind: "unknown" };

/** What a client learnt of its command. */
export type Commanded =
  | { readonly kind: "replied"; readonly reply: JobReply; readonly snapshot: Snapshot }
  | { readonly kind: "missing" | "busy" | "deadline" | "crashed" | "unanswered" };

/** What happened. `boot` names the process start that it happened in. */
export type SimEvent =
  | { readonly kind: "booted"; readonly boot: string }
  | { readonly kind: "gone"; readonly boot: string; readonly how: "crashed" | "left" }
  | { readonly kind: "paused"; readonly boot: string; readonly forMs: number }
  | { readonly kind: "resumed"; readonly boot: string }
  | { readonly kind: "jumped"; readonly clock: string; readonly byMs: number }
  | { readonly kind: "cut"; readonly node: string; readonly forMs: number }
  | { readonly kind: "weather"; readonly weather: string }
  | { readonly kind: "healed" }
  /** A client sent a submission off. */
  | { readonly kind: "submitting"; readonly id: ActorId }
  | { readonly kind: "submitted"; readonly id: ActorId; readonly outcome: Submitted }
  | {
    readonly kind: "commanded";
    readonly id: ActorId;
    readonly command: Command;
    /** Virtual time, ms. */
    readonly askedAtMs: number;
    /** Nobody else asked the same of the job meanwhile. */
    readonly alone: boolean;
    readonly outcome: Commanded;
  }
  | { readonly kind: "limited"; readonly lane: string; readonly limits: LineLimits }
  /** The store took an insert. */
  | { readonly kind: "inserted"; readonly id: ActorId; readonly after: Commit }
  /** The store took a transition; `epoch`: the shard's epoch as the store had handed it out. */
  | {
    readonly kind: "moved";
    readonly id: ActorId;
    readonly transition: Transition;
    readonly epoch: number;
    readonly before: Commit | undefined;
    readonly after: Commit;
  }
  /** The store took a new actor that is no job. */
  | { readonly kind: "actor-inserted"; readonly id: ActorId; readonly after: ActorCommit }
  /** The store took such an actor's transition, with the jobs that it carried and the store did not have yet. */
  | {
    readonly kind: "actor-moved";
    readonly id: ActorId;
    readonly transition: Transition;
    readonly epoch: number;
    readonly before: ActorCommit;
    readonly after: ActorCommit;
    readonly made: readonly ActorId[];
  }
  | {
    readonly kind: "schedule-commanded";
    readonly id: ActorId;
    readonly command: ScheduleCommand;
    readonly outcome: string;
  }
  | {
    readonly kind: "appended";
    readonly id: ActorId;
    readonly boot: string;
    readonly append: Append;
    readonly epoch: number;
  }
  | {
    readonly kind: "acquired";
    readonly boot: string;
    readonly shard: ShardId;
    readonly epoch: number;
  }
  /** A session was opened or renewed: it ends then, by the store's clock. 0: it was left. */
  | { readonly kind: "session"; readonly boot: string; readonly untilMs: number }
  | { readonly kind: "released"; readonly boot: string; readonly shard: ShardId }
  /** The gate gave room to a due job, or learnt that its wake-up is over. */
  | { readonly kind: "reserved"; readonly boot: string; readonly entry: DueEntry }
  | { readonly kind: "wake-over"; readonly boot: string; readonly entry: DueEntry }
  /** A committed start takes effect: its attempt has the room that was reserved. */
  | {
    readonly kind: "starting";
    readonly boot: string;
    readonly id: ActorId;
    readonly token: string;
    readonly lane: string;
  }
  | { readonly kind: "ordered"; readonly boot: string; readonly order: AttemptOrder }
  /** The handler was called. */
  | { readonly kind: "begun"; readonly boot: string; readonly key: AttemptKey }
  /** The attempt ended in the executor; its job need not know yet. */
  | {
    readonly kind: "ended";
    readonly boot: string;
    readonly key: AttemptKey;
    readonly outcome: AttemptOutcome;
  }
  /** An attempt was promised that this is kept. */
  | {
    readonly kind: "kept";
    readonly key: AttemptKey;
    readonly what: { readonly step: string } | { readonly checkpoint: string };
  }
  /** A message to a job was settled; `times`: how often by now. */
  | {
    readonly kind: "settled";
    readonly boot: string;
    readonly id: ActorId;
    readonly message: string;
    readonly times: number;
  }
  /** A process called the store more often within one second than it should ever need to. */
  | { readonly kind: "hammered"; readonly boot: string; readonly calls: number }
  /** The code under test logged this. */
  | { readonly kind: "logged"; readonly boot: string; readonly text: string };

/** Takes events in. */
export type Observe = (event: SimEvent) => void;

/** The job that an event is about, or null. */
export function jobOf(event: SimEvent): string | null {
  if ("id" in event) return event.id;
  if ("entry" in event) return event.entry.id;
  if ("order" in event) return event.order.key.jobId;
  if ("key" in event) return event.key.jobId;
  return null;
}
