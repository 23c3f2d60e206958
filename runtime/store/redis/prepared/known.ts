/**
 * Known: what the driver remembers of records that it has read or written, so that it can prepare their next ones.
 *
 * Intuition: whoever writes an actor has just read or written it. So it need not be read again to be replaced, as long
 * as the script looks whether what the index depends on is still as it was.
 *
 * Invariants:
 *   KN1. Nothing known is believed: a script that uses it first compares it with what is stored, a failover's past and
 *        an emptied server included: serial, version, times and shape of each record, the text of each shape.
 *   KN2. A number stands for one shape, and a shape for one number: whoever learns otherwise forgets everything.
 * @module
 */
import type { ActorId, ShardId } from "../../../ids.ts";
import type { Indexing } from "../../../snapshot.ts";
import { type KeptShape, shapeNameOf, unpack } from "../codec.ts";

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
  /** Its shape; null: the record holds it itself. */
  readonly shape: KnownShape | null;
  /** The body; false: it is kept apart. */
  readonly body: string | false;
}

/** A shape that has a number, and its packed text. */
export interface KnownShape {
  readonly number: number;
  readonly text: Uint8Array;
  /** By {@link keyOf}. */
  readonly key: string;
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
  readonly #numbers = new Map<number, KnownShape>();

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

  /** Remembers a shape (KN2). */
  learn(number: number, text: Uint8Array): KnownShape {
    const known = this.#numbers.get(number);
    if (known !== undefined && sameBytes(known.text, text)) return known;
    const key = keyOf(shapeNameOf(unpack(text) as KeptShape));
    const isNews = known === undefined && !this.#shapes.has(key);
    if (!isNews || this.#numbers.size >= KNOWN_SHAPES_MAX) this.clear();
    const shape = { number, text, key };
    this.#numbers.set(number, shape);
    this.#shapes.set(key, shape);
    return shape;
  }

  /** Nothing is known any more. */
  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#numbers.clear();
    this.#shapes.clear();
  }
}

/** Tells whether two texts are the same. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** Tells shapes apart. */
export function keyOf({ kind, lane, rank, tally, labels }: ShapeName): string {
  return JSON.stringify([kind, lane, rank, tally, labels]);
}
