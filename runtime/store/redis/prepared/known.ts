/**
 * Known: what the driver remembers of records that it has read or written, so that it can prepare their next ones.
 *
 * Intuition: an actor's serial, creation and version name one text, for ever: nobody writes a version twice. So what
 * was seen once need not be read again to be replaced, as long as the script looks whether it is still there.
 *
 * Invariant: KN1. Nothing known is believed: a script that uses it compares it with what is stored first.
 * @module
 */
import type { ActorId, ShardId } from "../../../ids.ts";
import type { Indexing } from "../../../snapshot.ts";

/**
 * Records remembered at most, some hundred bytes each beside their bodies. They go in two generations: when the
 * younger is full, half of this, the older is forgotten; to forget one by one would cost a walk over the forgotten.
 */
export const KNOWN_ACTORS_MAX = 20_000;
/** Shapes remembered: queues, states, names and tags make them. */
export const KNOWN_SHAPES_MAX = 5_000;

/** One record, as it was last seen. */
export interface KnownActor {
  readonly serial: number;
  readonly shard: ShardId;
  readonly kind: string;
  readonly version: number;
  readonly createdAtMs: number;
  readonly index: Indexing;
  /** The number of its shape; null: the record holds its shape itself. */
  readonly shape: number | null;
  /** The body; false: it is kept apart. */
  readonly body: string | false;
}

/** A shape that has a number, and its packed text. */
export interface KnownShape {
  readonly number: number;
  readonly text: Uint8Array;
}

/** The parts of an indexing that a shape has, and the kind of the actors. */
export type ShapeName = Pick<Indexing, "lane" | "rank" | "tally" | "labels"> & {
  readonly kind: string;
};

/** What is known of the records of one storage group. */
export class KnownRecords {
  #young = new Map<ActorId, KnownActor>();
  #old = new Map<ActorId, KnownActor>();
  readonly #shapes = new Map<string, KnownShape>();
  readonly #names = new Map<number, string>();

  actor(id: ActorId): KnownActor | undefined {
    return this.#young.get(id) ?? this.#old.get(id);
  }

  /** Remembers a record. */
  remember(id: ActorId, actor: KnownActor): void {
    this.#young.set(id, actor);
    if (this.#young.size < KNOWN_ACTORS_MAX / 2) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  forget(id: ActorId): void {
    this.#young.delete(id);
    this.#old.delete(id);
  }

  shape(name: ShapeName): KnownShape | undefined {
    return this.#shapes.get(keyOf(name));
  }

  /** The shape with a number, by {@link keyOf}; undefined: it must be learned. */
  nameOf(number: number): string | undefined {
    return this.#names.get(number);
  }

  /** Remembers a shape; gives its {@link keyOf}. */
  learn(name: ShapeName, shape: KnownShape): string {
    if (this.#names.size >= KNOWN_SHAPES_MAX) this.forgetShapes();
    const key = keyOf(name);
    this.#names.set(shape.number, key);
    this.#shapes.set(key, shape);
    return key;
  }

  /** The numbers that shapes have are no longer to be trusted. */
  forgetShapes(): void {
    this.#names.clear();
    this.#shapes.clear();
  }
}

/** Tells shapes apart. */
export function keyOf({ kind, lane, rank, tally, labels }: ShapeName): string {
  return JSON.stringify([kind, lane, rank, tally, labels]);
}
