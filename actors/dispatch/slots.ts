/**
 * Slots: how many attempts may run on this node, in all and of each lane.
 *
 * Intuition: room is reserved before a job is woken, becomes a running attempt when its start was
 * committed, and is given back when the attempt ends or when the wake-up came to nothing.
 *
 * Invariants: Q1. Reserved and running never exceed the node's slots, nor a lane's concurrency. A lane that is
 * set apart has room of its own: it takes none of the node's slots, and waits for none.
 * Q2. Every reservation ends: in a run, or by `settled`. Q3. A paused lane gets no new reservation.
 * @module
 */
import type { DueEntry } from "../../runtime/snapshot.ts";

/** A lane's limits; none: only the node's slots bound it. */
export interface LaneLimits {
  readonly paused: boolean;
  /** Attempts of the lane that may run at once; null: no limit of its own. */
  readonly concurrency: number | null;
}

const OPEN: LaneLimits = { paused: false, concurrency: null };

/** The room of one node. */
export class Slots {
  readonly #limits = new Map<string, LaneLimits>();
  readonly #inLane = new Map<string, number>();
  /** Reserved for these actors, by id: the lane each one took room in. */
  readonly #reserved = new Map<string, string>();
  /** Running attempts, by token. */
  readonly #running = new Map<string, string>();

  readonly #apart: ReadonlyMap<string, number>;

  /** `total`: the node's slots; `apart`: the room of lanes that take none of them. */
  constructor(readonly total: number, apart: Readonly<Record<string, number>> = {}) {
    this.#apart = new Map(Object.entries(apart));
  }

  /** Attempts under way. */
  get running(): number {
    return this.#running.size;
  }

  /** Room taken: attempts under way, and wake-ups that may become one. */
  get taken(): number {
    return this.#reserved.size + this.#running.size;
  }

  /** Sets what a lane may take; attempts already running are left alone. */
  limit(lane: string, limits: LaneLimits): void {
    this.#limits.set(lane, limits);
  }

  /** Takes room for a due actor if there is any (Q1, Q3). */
  reserve(entry: DueEntry): boolean {
    if (!this.hasRoom(entry.lane)) return false;
    if (this.#reserved.has(entry.id)) return false;
    const { paused, concurrency } = this.#limits.get(entry.lane) ?? OPEN;
    const taken = this.#inLane.get(entry.lane) ?? 0;
    if (paused || (concurrency !== null && taken >= concurrency)) return false;
    this.#reserved.set(entry.id, entry.lane);
    this.#inLane.set(entry.lane, taken + 1);
    return true;
  }

  /** Tells whether one more attempt of this lane could run, but for the lane's own limits (Q1). */
  hasRoom(lane: string): boolean {
    const own = this.#apart.get(lane);
    if (own !== undefined) return (this.#inLane.get(lane) ?? 0) < own;
    let takenApart = 0;
    for (const apart of this.#apart.keys()) takenApart += this.#inLane.get(apart) ?? 0;
    return this.taken - takenApart < this.total;
  }

  /** Tells whether only the node's slots keep an actor of this lane waiting: another node's would do. */
  isFull(entry: DueEntry): boolean {
    const { paused, concurrency } = this.#limits.get(entry.lane) ?? OPEN;
    return !this.#apart.has(entry.lane) && !this.hasRoom(entry.lane) && !paused &&
      concurrency === null &&
      !this.#reserved.has(entry.id);
  }

  /** The wake-up of `id` is over: what it did not use is free; true if there was such room (Q2). */
  settled(id: string): boolean {
    const lane = this.#reserved.get(id);
    if (lane === undefined) return false;
    this.#reserved.delete(id);
    this.#free(lane);
    return true;
  }

  /** The reservation of `id` becomes the attempt `token`. */
  began(id: string, attempt: { token: string; lane: string }): void {
    const lane = this.#reserved.get(id);
    if (lane === undefined) {
      this.#inLane.set(attempt.lane, (this.#inLane.get(attempt.lane) ?? 0) + 1);
    }
    this.#reserved.delete(id);
    this.#running.set(attempt.token, lane ?? attempt.lane);
  }

  /** The attempt `token` ended; false when it was not known. */
  ended(token: string): boolean {
    const lane = this.#running.get(token);
    if (lane === undefined) return false;
    this.#running.delete(token);
    this.#free(lane);
    return true;
  }

  /** Tells whether the attempt `token` is under way. */
  has(token: string): boolean {
    return this.#running.has(token);
  }

  /** The lane of the attempt `token`; undefined when it is not under way. */
  laneOf(token: string): string | undefined {
    return this.#running.get(token);
  }

  /** Tokens of the attempts under way. */
  tokens(): string[] {
    return [...this.#running.keys()];
  }

  #free(lane: string): void {
    const left = (this.#inLane.get(lane) ?? 0) - 1;
    if (left > 0) this.#inLane.set(lane, left);
    else this.#inLane.delete(lane);
  }
}
