/**
 * VirtualClock: time that moves only when a test says so.
 *
 * Intuition: wall clock and monotonic clock advance together; the wall clock alone can jump, as NTP or
 * a person makes it. Timers run on the monotonic one, as the platform's do, so a jump fires none.
 *
 * Invariants: K2. Timers fire in the order of their times, equal ones in the order they were set, each
 * with the clock standing at its time. K3. Without `advance` nothing fires.
 * @module
 */
import type { Clock, Timer } from "../clock.ts";

interface Pending {
  readonly atMs: number;
  readonly fire: () => void;
}

/** A clock to be driven by hand. */
export class VirtualClock implements Clock {
  #monotonicMs = 0;
  #wallOffsetMs: number;
  readonly #pending = new Set<Pending>();

  /** Starts with the wall clock at `wallMs` and the monotonic one at 0. */
  constructor(wallMs = 1_800_000_000_000) {
    this.#wallOffsetMs = wallMs;
  }

  wallMs(): number {
    return this.#wallOffsetMs + this.#monotonicMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, fire: () => void): Timer {
    const pending: Pending = { atMs: this.#monotonicMs + Math.max(0, delayMs), fire };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Timers set and not fired. */
  get timers(): number {
    return this.#pending.size;
  }

  /** When the next timer fires, ms from now; undefined when none is set. */
  get nextTimerInMs(): number | undefined {
    const next = this.#next();
    return next && Math.max(0, next.atMs - this.#monotonicMs);
  }

  /** Moves the wall clock alone, forward or back. */
  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** Lets `ms` pass; fires what is due meanwhile (K2), without giving promises a turn. */
  advance(ms: number): void {
    const untilMs = this.#monotonicMs + ms;
    for (let next = this.#next(); next && next.atMs <= untilMs; next = this.#next()) {
      this.#fire(next);
    }
    this.#monotonicMs = untilMs;
  }

  /** Lets `ms` pass; promises drain before the first timer, between timers and after the last. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#monotonicMs + ms;
    await settle();
    for (let next = this.#next(); next && next.atMs <= untilMs; next = this.#next()) {
      this.#fire(next);
      await settle();
    }
    this.#monotonicMs = Math.max(this.#monotonicMs, untilMs);
  }

  #fire(next: Pending): void {
    this.#pending.delete(next);
    this.#monotonicMs = Math.max(this.#monotonicMs, next.atMs);
    next.fire();
  }

  #next(): Pending | undefined {
    let least: Pending | undefined;
    for (const pending of this.#pending) {
      if (least === undefined || pending.atMs < least.atMs) least = pending;
    }
    return least;
  }
}

/** Resolves after everything that promises can do by themselves is done: one turn of the event loop. */
export function settle(): Promise<void> {
  return new Promise((resume) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      port2.close();
      resume();
    };
    port2.postMessage(null);
  });
}
