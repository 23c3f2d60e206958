/**
 * ActorSystem: what the rest of the program sees of the runtime on this node.
 *
 * Not here: how it is done (`system.ts`), and anything about jobs.
 * @module
 */
import type { ActorRef } from "../actor/behaviour.ts";
import type { ActorId, ShardId } from "../ids.ts";
import type { Draft, Snapshot } from "../snapshot.ts";
import type { FindQuery, FoundPage, JournalLine } from "../store/port.ts";

/** What became of a creation. */
export type CreateOutcome =
  | { readonly kind: "created"; readonly snapshot: Snapshot }
  | { readonly kind: "exists" };

/** Whether this node can do its work now, and if not, why. */
export interface Readiness {
  readonly ready: boolean;
  /** E.g. `store: unavailable`, `draining`; empty when ready. */
  readonly reasons: readonly string[];
}

/** One node's view of the shards and their owners. */
export interface ShardView {
  readonly shard: ShardId;
  readonly owner: string | null;
  readonly epoch: number;
}

/** The runtime's surface. Methods that reach the store reject with `Fault` (see its codes). */
export interface ActorSystem {
  /** Inserts an actor and, once that is durable, lets it be woken at its time. */
  create(draft: Omit<Draft, "shard">): Promise<CreateOutcome>;
  /** A handle on an actor of `kind`; nothing is loaded yet. */
  ref<Message, Reply>(kind: string, id: ActorId): ActorRef<Message, Reply>;
  /** The committed snapshot of `id`. */
  read(id: ActorId): Promise<Snapshot | undefined>;
  /** The same of up to `LOAD_IDS_MAX` actors, in the order of their ids. */
  readAll(ids: readonly ActorId[]): Promise<readonly (Snapshot | undefined)[]>;
  /** A page of a search over committed snapshots. */
  find(query: FindQuery): Promise<FoundPage>;
  /** How many actors of `kind` are in each tally. */
  tallies(kind: string): Promise<ReadonlyMap<string, number>>;
  /** Lines of one of an actor's journals. */
  journal(
    query: { id: ActorId; stream: string; after: number; limit: number },
  ): Promise<readonly JournalLine[]>;
  /** Adds durable lines to one of an actor's journals; false when the actor or our ownership is gone. */
  append(entry: { id: ActorId; stream: string; lines: readonly string[] }): Promise<boolean>;
  /** The shard of `id`. */
  shardOf(id: ActorId): ShardId;
  readiness(): Readiness;
  shards(): Promise<readonly ShardView[]>;
}
