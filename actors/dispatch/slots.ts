/**
 * Slots: how many attempts may run on this node, in all, of each line (a queue) and of each of its keys.
 *
 * Intuition: room is reserved before a job is woken, becomes a running attempt when its start was
 * committed, and is given back when the attempt ends or when the wake-up came to nothing.
 *
 * Invariants: Q1. Reserved and running never exceed the node's slots, nor a line's or a key's concurrency. A line
 * that is set apart has room of its own: it takes none of the node's slots, and waits for none.
 * Q2. Every reservation ends: in a run, or by `settled`. Q3. A paused line gets no new reservation. Q4. A line that
 * other nodes share gets no more than it is let in for, and says what it does not need any more.
 * @module
 */
import { type DueEntry, lineOfLane } from "../../runtime/snapshot.ts";
import type { Room } from "../../runtime/wakeups/gate.ts";

/** A line's limits; none: only the node's slots bound it. */
export interface LineLimits {
  readonly paused: boolean;
  /** Attempts of the line that may run here at once; null: no limit of its own. */
  readonly concurrency: number | null;
  /** The same of each lane of it that is a key's; absent: null. */
  readonly keyConcurrency?: number | null;
  /** Other nodes count too: its jobs must be let in; absent: no. */
  readonly shared?: boolean;
}

const OPEN: LineLimits = { paused: false, concurrency: null };

/** Who knows what a shared line may still take (Q4). */
export interface Admission {
  /** Lets one more attempt in, if there is room for it on all nodes together. */
  admit(lane: string): Room;
  /** What was let in did not become an attempt. */
  returned(lane: string): void;
  /** What was let in has ended. */
  freed(lane: string): void;
}

/** The room of one node. */
export class Slots {
  readonly #limits = new Map<string, LineLimits>();
  /** Room taken in each line, and in each lane of a key. */
  readonly #in = new Map<string, number>();
  /** Reserved for these actors, by id: the lane each one took room in. */
  readonly #reserved = new Map<string, string>();
  /** Running attempts, by token. */
  readonly #running = new Map<string, string>();

  readonly #apart: ReadonlyMap<string, number>;
  #admission: Admission | null = null;

  /** `total`: the node's slots; `apart`: the room of lines that take none of them. */
  constructor(readonly total: number, apart: Readonly<Record<string, number>> = {}) {
    this.#apart = new Map(Object.entries(apart));
  }

  /** Joins who lets shared lines' jobs in; without, they are lines like others. */
  join(admission: Admission): void {
    this.#admission = admission;
  }

  /** Attempts under way. */
  get running(): number {
    return this.#running.size;
  }

  /** Room taken: attempts under way, and wake-ups that may become one. */
  get taken(): number {
    return this.#reserved.size + this.#running.size;
  }

  /** Sets what a line may take; attempts already running are left alone. */
  limit(line: string, limits: LineLimits): void {
    this.#limits.set(line, limits);
  }

  /** Room taken in a line, or in a key's lane. */
  takenIn(name: string): number {
    return this.#in.get(name) ?? 0;
  }

  /** Takes room for a due actor if there is any (Q1, Q3). */
  reserve(entry: DueEntry): Room {
    const line = lineOfLane(entry.lane);
    if (!this.#hasRoom(line) || this.#reserved.has(entry.id)) return "no-line";
    const limits = this.#limits.get(line);
    if (limits !== undefined) {
      const { paused, concurrency, keyConcurrency = null } = limits;
      if (paused || isFull(this.takenIn(line), concurrency)) return "no-line";
      const hasKey = line !== entry.lane;
      if (hasKey && isFull(this.takenIn(entry.lane), keyConcurrency)) return "no-lane";
      const room = limits.shared === true ? this.#admission?.admit(entry.lane) : undefined;
      if (room !== undefined && room !== "held") return room; // (Q4)
    }
    this.#reserved.set(entry.id, entry.lane);
    this.#take(entry.lane);
    return "held";
  }

  /** Tells whether one more attempt of this lane could run, but for its line's own limits (Q1). */
  hasRoom(lane: string): boolean {
    return this.#hasRoom(lineOfLane(lane));
  }

  /** Tells whether only the node's slots keep an actor waiting: another node's would do. */
  isFull(entry: DueEntry): boolean {
    const line = lineOfLane(entry.lane);
    const { paused, concurrency, keyConcurrency = null, shared } = this.#limits.get(line) ?? OPEN;
    const isFree = !paused && concurrency === null && keyConcurrency === null && shared !== true;
    return isFree && !this.#apart.has(line) && !this.#hasRoom(line) &&
      !this.#reserved.has(entry.id);
  }

  /** The wake-up of `id` is over: what it did not use is free; the lane of such room, if there was any (Q2). */
  settled(id: string): string | undefined {
    const lane = this.#reserved.get(id);
    if (lane === undefined) return undefined;
    this.#reserved.delete(id);
    this.#free(lane);
    if (this.#isShared(lane)) this.#admission?.returned(lane);
    return lane;
  }

  /** The reservation of `id` becomes the attempt `token`. */
  began(id: string, attempt: { token: string; lane: string }): void {
    const lane = this.#reserved.get(id);
    if (lane === undefined) this.#take(attempt.lane);
    this.#reserved.delete(id);
    this.#running.set(attempt.token, lane ?? attempt.lane);
  }

  /** The attempt `token` ended; the lane in which it took room, undefined when it was not known. */
  ended(token: string): string | undefined {
    const lane = this.#running.get(token);
    if (lane === undefined) return undefined;
    this.#running.delete(token);
    this.#free(lane);
    if (this.#isShared(lane)) this.#admission?.freed(lane);
    return lane;
  }

  /** Tells whether the attempt `token` is under way. */
  has(token: string): boolean {
    return this.#running.has(token);
  }

  /** Tokens of the attempts under way. */
  tokens(): string[] {
    return [...this.#running.keys()];
  }

  #hasRoom(line: string): boolean {
    const own = this.#apart.get(line);
    if (own !== undefined) return this.takenIn(line) < own;
    let takenApart = 0;
    for (const apart of this.#apart.keys()) takenApart += this.takenIn(apart);
    return this.taken - takenApart < this.total;
  }

  #isShared(lane: string): boolean {
    return this.#limits.size > 0 && this.#limits.get(lineOfLane(lane))?.shared === true;
  }

  #take(lane: string): void {
    this.#count(lane, 1);
    const line = lineOfLane(lane);
    if (line !== lane) this.#count(line, 1);
  }

  #free(lane: string): void {
    this.#count(lane, -1);
    const line = lineOfLane(lane);
    if (line !== lane) this.#count(line, -1);
  }

  #count(name: string, by: number): void {
    const count = (this.#in.get(name) ?? 0) + by;
    if (count > 0) this.#in.set(name, count);
    else this.#in.delete(name);
  }
}

function isFull(taken: number, max: number | null): boolean {
  return max !== null && taken >= max;
}
