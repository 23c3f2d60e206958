/**
 * Snapshot: what the store keeps of one actor, and how it is found again.
 *
 * Intuition: the small `head` is rewritten at every transition, the large `body` is written once.
 * The {@link Indexing} says when the actor must be woken, in which order, until when it is kept
 * and by which labels it is found. The runtime and the stores never look inside head or body.
 * @module
 */
import type { ActorId, ShardId } from "./ids.ts";

/** How an actor is found: rewritten as a whole with every transition. */
export interface Indexing {
  /** When the actor must be activated (whole ms, wall clock); null: only when it is spoken to. */
  readonly wakeAtMs: number | null;
  /**
   * Where a due actor waits for capacity: its kind and a line's name, e.g. `job/default`, and where a line
   * has a lane for each of many keys the key, e.g. `job/default/tenant-9`. Between keys there are turns.
   */
  readonly lane: string;
  /** Order within the lane among the due: 9 first, 0 last; equal ranks by `wakeAtMs`. */
  readonly rank: number;
  /** When the store may delete the actor (whole ms, wall clock); null: never. */
  readonly expireAtMs: number | null;
  /** What it is found by, e.g. `state=failed`: at most 40, each at most 300 characters, no repeats. */
  readonly labels: readonly string[];
  /** The group it is counted in, e.g. `default/pending`. */
  readonly tally: string;
}

/** One actor as committed. */
export interface Snapshot {
  readonly id: ActorId;
  readonly shard: ShardId;
  /** Which behaviour it has, e.g. `job`. */
  readonly kind: string;
  /** 1 when inserted, one more with every transition. */
  readonly version: number;
  /** When it was inserted (ms, wall clock of the node that took it in). Never changes. */
  readonly createdAtMs: number;
  /** The small mutable part, JSON text. */
  readonly head: string;
  /** The large immutable part, JSON text. */
  readonly body: string;
  readonly index: Indexing;
}

/** A snapshot about to be inserted: its version will be 1. */
export type Draft = Omit<Snapshot, "version">;

/** An actor in the due index: enough to order it and to wake it. */
export interface DueEntry {
  readonly id: ActorId;
  readonly wakeAtMs: number;
  readonly lane: string;
  readonly rank: number;
}

/** The kind of the actors that wait in `lane`. */
export function kindOfLane(lane: string): string {
  return lane.slice(0, lane.indexOf("/"));
}

/** The line that `lane` is part of: what stands before its second slash; a lane without a key is its own. */
export function lineOfLane(lane: string): string {
  const slash = lane.indexOf("/", lane.indexOf("/") + 1);
  return slash < 0 ? lane : lane.slice(0, slash);
}

/** Tells whether `lane` is one of many that its line has, each for a key. */
export function hasKey(lane: string): boolean {
  return lane.indexOf("/", lane.indexOf("/") + 1) >= 0;
}
