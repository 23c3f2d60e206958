/**
 * Correlations: which asks wait for an answer, and until when.
 *
 * Intuition: a number per ask, and a table. Deadlines are gathered in buckets of a few
 * milliseconds, so that an ask which is answered, as nearly all are, costs two entries in hash
 * tables and no timer of its own.
 *
 * Invariants: C1. An id waits at most once: taking it removes it. C2. `expire` gives every ask
 * whose deadline's bucket has ended, in the order of their buckets, and no other. C3. There are at
 * most `max`; beyond it none is added.
 * @module
 */
import { TRANSPORT_DEADLINE_STEP_MS } from "../limits.ts";

interface Waiting<Ask> {
  readonly ask: Ask;
  readonly bucket: Set<number>;
}

const ID_MAX = 0xffff_ffff;

/** The table of waiting asks. */
export class Correlations<Ask> {
  readonly #waiting = new Map<number, Waiting<Ask>>();
  /** By the number of the step at whose end they expire. */
  readonly #buckets = new Map<number, Set<number>>();
  #last = 0;

  constructor(private readonly max: number) {}

  /** Asks that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Adds one that expires soon after `deadlineAtMs`; undefined when there is no room (C3). */
  add(deadlineAtMs: number, ask: Ask): number | undefined {
    if (this.#waiting.size >= this.max) return undefined;
    const step = Math.ceil(deadlineAtMs / TRANSPORT_DEADLINE_STEP_MS);
    let bucket = this.#buckets.get(step);
    if (bucket === undefined) this.#buckets.set(step, bucket = new Set());
    const id = this.#free();
    bucket.add(id);
    this.#waiting.set(id, { ask, bucket });
    return id;
  }

  /** The ask with this id, without taking it. */
  peek(id: number): Ask | undefined {
    return this.#waiting.get(id)?.ask;
  }

  /** Takes the ask with this id (C1). */
  take(id: number): Ask | undefined {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(id);
    waiting.bucket.delete(id);
    return waiting.ask;
  }

  /** Takes all whose time is over (C2). Cost: the number of buckets, and of those taken. */
  expire(nowMs: number): Ask[] {
    const steps = [...this.#buckets.keys()]
      .filter((step) => step * TRANSPORT_DEADLINE_STEP_MS <= nowMs)
      .sort((a, b) => a - b);
    return steps.flatMap((step) => {
      const ids = [...this.#buckets.get(step) ?? []];
      this.#buckets.delete(step);
      return ids.flatMap((id) => this.take(id) ?? []);
    });
  }

  /** When the next bucket with an ask in it ends; undefined when none waits. Drops empty buckets. */
  nextExpiryMs(): number | undefined {
    let least: number | undefined;
    for (const [step, bucket] of this.#buckets) {
      if (bucket.size === 0) this.#buckets.delete(step);
      else if (least === undefined || step < least) least = step;
    }
    return least === undefined ? undefined : least * TRANSPORT_DEADLINE_STEP_MS;
  }

  /** Takes all that `matches` says yes to. Cost: the whole table. */
  takeWhere(matches: (ask: Ask) => boolean): Ask[] {
    const taken: Ask[] = [];
    for (const [id, { ask }] of this.#waiting) {
      if (!matches(ask)) continue;
      this.take(id);
      taken.push(ask);
    }
    return taken;
  }

  /** The next number from 1 to 2³² − 1 that none waits under. */
  #free(): number {
    do this.#last = this.#last === ID_MAX ? 1 : this.#last + 1; while (
      this.#waiting.has(this.#last)
    );
    return this.#last;
  }
}
