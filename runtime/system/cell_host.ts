/**
 * CellHost: what a {@link Cell} needs of its node, and nothing more.
 * @module
 */
import type { ReducerContext } from "../actor/behaviour.ts";
import type { Clock } from "../clock.ts";
import type { Fault } from "../fault.ts";
import type { ActorId, ShardId } from "../ids.ts";
import type { Draft, Snapshot } from "../snapshot.ts";
import type { Transition, WriteOutcome } from "../store/port.ts";
import type { DeadLetter } from "../supervision/dead_letters.ts";
import type { Directive } from "../supervision/policy.ts";

/** A cell as its host sees it. */
export interface HostedCell {
  readonly id: ActorId;
  readonly shard: ShardId;
  loaded(snapshot: Snapshot | undefined): void;
  loadFailed(): void;
  drop(): void;
  retire(): void;
}

/** The node's side of a cell. */
export interface CellHost<Effect> {
  readonly clock: Clock;
  /** The epoch under which this node owns `shard`, or undefined. */
  epochOf(shard: ShardId): number | undefined;
  context(id: ActorId, nextVersion: number): ReducerContext;
  /** Reads the cell's snapshot; answers with `loaded` or `loadFailed`. */
  load(cell: HostedCell): void;
  /** Commits; `done` is called once, later. */
  commit(transition: Transition, done: (outcome: WriteOutcome | Fault) => void): void;
  /** Re-acquires the shard, reads the actor, then calls `done`; repeats until the store answers (C3). */
  readBehindFence(
    id: ActorId,
    shard: ShardId,
    done: (snapshot: Snapshot | undefined) => void,
  ): void;
  /** The store refused a write under `epoch`. */
  fenced(shard: ShardId, epoch: number): void;
  /** A transition was committed. */
  moved(before: Snapshot, after: Snapshot): void;
  /** These actors came to be with it, or existed before. */
  inserted(drafts: readonly Draft[]): void;
  perform(effect: Effect, snapshot: Snapshot): void;
  deadLetter(
    id: ActorId,
    letter: { message: unknown; reason: DeadLetter["reason"]; error: unknown },
  ): void;
  /** The actor crashed, and supervision decided. */
  crashed(id: ActorId, crash: { directive: Directive; error: unknown }): void;
  /** The cell is gone from memory. */
  left(cell: HostedCell): void;
  /** Calls `act` after the pause that a store fault asks for. */
  retryLater(act: () => void): void;
}
