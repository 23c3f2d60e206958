/**
 * Preparer: what of a group's batches can be prepared, and what is known afterwards.
 *
 * Invariant: PR1. What is known of a record follows what the store answered, or is forgotten: a batch without an
 * answer, or one that was refused, leaves nothing known of its actors.
 * @module
 */
import type { ActorId } from "../../../ids.ts";
import type { Indexing } from "../../../snapshot.ts";
import type { Transition, Write, WriteOutcome } from "../../port.ts";
import type { NumberedWrite } from "../codec.ts";
import { keyOf, type KnownActor, KnownRecords, type KnownShape } from "./known.ts";
import { Plan } from "./plan.ts";

/** Longest body, bytes, that a record holds itself: as in `apply.lua`. */
const BODY_INLINE_MAX = 1_024;

/** A batch that is about to be sent. */
export interface Prepared {
  readonly plan: Plan;
  /** The writes that are not in the plan. */
  readonly rest: readonly NumberedWrite[];
  /** What will be known of the planned ones once they are applied. */
  readonly after: ReadonlyMap<ActorId, KnownActor>;
}

/** What a script answered about the writes that were sent as they are. */
export interface Answered {
  readonly outcomes: readonly WriteOutcome[];
  /** The serials of those inserted, by place. */
  readonly serials: readonly number[];
  /** Number and text of the shapes that have one; null: its text is gone. */
  readonly shapes: readonly (readonly [number: number, text: Uint8Array | null])[];
}

/** The memory of one storage group. */
export class Preparer {
  readonly known = new KnownRecords();

  constructor(private readonly prefix: string) {}

  /** Prepares what it can of `batch`, in which order does not matter between actors; `ids`: whom it is about. */
  prepare(batch: readonly NumberedWrite[], ids = idsOf(batch)): Prepared {
    const plan = new Plan(this.prefix);
    const after = new Map<ActorId, KnownActor>();
    const several = ids.size === batch.length ? NOBODY : severalOf(batch);
    const rest = batch.filter(({ write }) => {
      if (write.kind !== "transition" || several.has(write.id)) return true;
      const next = this.#plan(plan, write);
      if (next === null) return true;
      after.set(write.id, next);
      return false;
    });
    return { plan, rest, after };
  }

  /** The outcomes of the whole batch, from what was answered about `rest`; remembers what follows from them. */
  applied(
    batch: readonly NumberedWrite[],
    { rest, after }: Prepared,
    { outcomes, serials, shapes }: Answered,
  ): WriteOutcome[] {
    for (const [id, actor] of after) this.known.remember(id, actor);
    const learned = this.#learn(shapes);
    const places = new Map(rest.map((numbered, at) => [numbered, at]));
    return batch.map((numbered) => {
      const at = places.get(numbered);
      if (at === undefined) return { kind: "applied" };
      const { write } = numbered;
      const outcome = outcomes[at] as WriteOutcome;
      const next = outcome.kind === "applied"
        ? this.#next(write, { serial: serials[at] as number, learned })
        : null;
      if (next !== null) this.known.remember(idOf(write), next);
      else if (write.kind !== "append") this.known.forget(idOf(write));
      return outcome;
    });
  }

  /** Nothing is known any more of what `batch` is about. */
  forget(batch: readonly NumberedWrite[]): void {
    for (const { write } of batch) this.known.forget(idOf(write));
  }

  /** The shapes that a batch used, by key: of others the records hold the shapes themselves. */
  #learn(shapes: Answered["shapes"]): ReadonlyMap<string, KnownShape> {
    const learned = new Map<string, KnownShape>();
    for (const [number, text] of shapes) {
      if (text === null) continue;
      const shape = this.known.learn(number, text);
      learned.set(shape.key, shape);
    }
    return learned;
  }

  #plan(plan: Plan, write: Transition): KnownActor | null {
    const actor = this.known.actor(write.id);
    const isSame = actor?.version === write.expectedVersion && actor.shard === write.shard;
    if (actor === undefined || !isSame || write.carries !== undefined) return null;
    // Scripts have another form for numbers that are so small.
    if (wakesBeforeCreation(actor, actor.index) || wakesBeforeCreation(actor, write.index)) {
      return null;
    }
    const before = actor.shape;
    const after = this.known.shape({ ...write.index, kind: actor.kind });
    if (before === null || after === undefined) return null;
    return plan.takes(write, [before, after]) ? plan.add(write, { actor, before, after }) : null;
  }

  /** What is known of an actor once `write` was applied as it is; null: nothing. */
  #next(
    write: Write,
    { serial, learned }: {
      readonly serial: number;
      readonly learned: ReadonlyMap<string, KnownShape>;
    },
  ): KnownActor | null {
    const shapeOf = (index: Indexing, kind: string) =>
      learned.get(keyOf({ ...index, kind })) ?? null;
    if (write.kind === "insert") {
      const { shard, kind, createdAtMs, index, body } = write.draft;
      const shape = shapeOf(index, kind);
      const inline = isInline(body) ? body : false;
      return { serial, shard, kind, version: 1, createdAtMs, index, shape, body: inline };
    }
    const actor = this.known.actor(write.id);
    if (write.kind === "append" || write.carries !== undefined) return null;
    if (actor?.version !== write.expectedVersion) return null;
    const shape = shapeOf(write.index, actor.kind);
    return { ...actor, version: actor.version + 1, index: write.index, shape };
  }
}

function wakesBeforeCreation({ createdAtMs }: KnownActor, { wakeAtMs }: Indexing): boolean {
  return wakeAtMs !== null && wakeAtMs < createdAtMs;
}

/** Actors with several writes, which keep their order. */
function severalOf(batch: readonly NumberedWrite[]): ReadonlySet<ActorId> {
  const [once, several] = [new Set<ActorId>(), new Set<ActorId>()];
  for (const { write } of batch) {
    const id = idOf(write);
    if (once.has(id)) several.add(id);
    once.add(id);
  }
  return several;
}

const NOBODY: ReadonlySet<ActorId> = new Set();

/** Whom a batch is about. */
export function idsOf(batch: readonly NumberedWrite[]): ReadonlySet<ActorId> {
  return new Set(batch.map(({ write }) => idOf(write)));
}

function idOf(write: Write): ActorId {
  return write.kind === "insert" ? write.draft.id : write.id;
}

function isInline(body: string): boolean {
  if (body.length * 3 <= BODY_INLINE_MAX) return true;
  return body.length <= BODY_INLINE_MAX && ENCODER.encode(body).length <= BODY_INLINE_MAX;
}

const ENCODER = new TextEncoder();
