/**
 * VirtualTime: the only time of a run. It stands still while anything can be done, then jumps.
 *
 * Intuition: a queue of timers. One tick fires all timers of the next moment, in the order in which
 * they were set, and then lets the event loop turn once, so that every promise that can go on does.
 *
 * Invariants: T1. Time never goes back. T2. Between two ticks no promise is left that could go on:
 * the code under test waits for timers only. T3. A moment that never ends is an error, not a hang.
 * @module
 */
import { setImmediate } from "node:timers";
import type { Timer } from "../../runtime/clock.ts";
import { Heap } from "../../runtime/wakeups/heap.ts";

/** Ticks within one virtual ms before the run is called a livelock (T3). */
const TICKS_PER_MS_MAX = 5_000;

interface Pending {
  readonly atMs: number;
  readonly order: number;
  fire: (() => void) | null;
}

/** Raised when a moment does not end (T3). */
export class Livelock extends Error {
  override readonly name = "Livelock";
}

/** The clockwork of one run. */
export class VirtualTime {
  readonly #timers = new Heap<Pending>((left, right) =>
    left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order)
  );
  #nowMs = 0;
  #set = 0;
  #ticks = 0;
  #ticksAtThisMs = 0;

  /** After `ticksMax` ticks in all, the run is called a livelock too. */
  constructor(private readonly ticksMax = Infinity) {}

  /** Milliseconds since the run began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Ticks so far. */
  get ticks(): number {
    return this.#ticks;
  }

  /** Calls `fire` once, `delayMs` (rounded up to a whole ms, at least 0) from now. */
  after(delayMs: number, fire: () => void): Timer {
    const atMs = this.#nowMs + Math.max(0, Math.ceil(delayMs));
    const pending: Pending = { atMs, order: this.#set++, fire };
    this.#timers.push(pending);
    return { cancel: () => void (pending.fire = null) };
  }

  /** Lets time pass until `done` says so, looking after every tick, or until nothing is left to happen. */
  async runUntil(done: () => boolean): Promise<void> {
    await eventLoopTurn();
    while (!done()) {
      if (!this.#tick()) return;
      await eventLoopTurn();
    }
  }

  #tick(): boolean {
    const first = this.#next();
    if (!first) return false;
    this.#ticks++;
    this.#ticksAtThisMs = first.atMs === this.#nowMs ? this.#ticksAtThisMs + 1 : 0;
    if (this.#ticksAtThisMs > TICKS_PER_MS_MAX || this.#ticks > this.ticksMax) {
      throw new Livelock(`at ${this.#nowMs} ms`);
    }
    this.#nowMs = first.atMs;
    const before = this.#set;
    for (
      let next: Pending | undefined = first;
      next && next.atMs === this.#nowMs && next.order < before;
      next = this.#next()
    ) {
      this.#timers.pop();
      next.fire?.();
    }
    return true;
  }

  #next(): Pending | undefined {
    let next = this.#timers.peek();
    while (next && !next.fire) {
      this.#timers.pop();
      next = this.#timers.peek();
    }
    return next;
  }
}

/** One macrotask boundary: all microtasks have run when it resolves (T2). */
function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
