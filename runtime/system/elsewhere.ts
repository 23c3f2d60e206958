/**
 * Elsewhere: the port to what other nodes own: their actors, and their word about who owns what.
 *
 * A node that is alone has none: everything is its own.
 * @module
 */
import type { Settled } from "../actor/envelope.ts";
import type { Lane } from "../actor/mailbox.ts";
import type { SessionsSeen } from "../cluster/owners.ts";
import type { ActorId, BootId, NodeName, ShardId } from "../ids.ts";
import type { DueEntry } from "../snapshot.ts";
import type { Fence } from "../store/port.ts";

/** An actor, and where it lives. */
export interface ActorPlace {
  readonly kind: string;
  readonly id: ActorId;
  readonly shard: ShardId;
}

/** A message for an actor, without its witness. */
export interface Letter {
  readonly lane: Lane;
  readonly message: unknown;
}

/** Lines for one of an actor's journals. */
export interface JournalEntry {
  readonly id: ActorId;
  readonly stream: string;
  readonly lines: readonly string[];
}

/** The other nodes, as a node's runtime needs them. */
export interface Elsewhere {
  /** True once this node has had its part in the cluster. */
  readonly joined: boolean;
  /** Delivers to an actor of another node; `settle` is called once, with `busy` when no owner is known or reached. */
  deliver(to: ActorPlace, letter: Letter, settle: (settled: Settled<unknown>) => void): void;
  /** Adds lines through the owner; false when it has no such actor. Rejects with a `Fault`. */
  append(entry: JournalEntry, shard: ShardId): Promise<boolean>;
  /** An actor was inserted that its owner must wake soon. Lost, it is found by the owner's next rescan. */
  scheduled(entry: DueEntry, shard: ShardId): void;
  /** What the store says of owners and sessions; about once a second. */
  observed(fences: readonly Fence[], sessions: SessionsSeen): void;
  /** These shards were given up: `heir` may take them, or, when nobody is known, whoever should have them. */
  released(shards: readonly ShardId[], heir: NodeName | null): void;
  /** False once the session of `boot` is known to have ended: nothing that it ran will be heard of again. */
  lives(boot: BootId): boolean;
}
