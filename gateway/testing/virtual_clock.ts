/**
 * VirtualClock: time that moves only when a test says so.
 * @module
 */
import type { Clock, Timer } from "../../runtime/clock.ts";

interface Pending {
  readonly dueMs: number;
  readonly fire: () => void;
}

/** A clock that stands still between calls of {@link VirtualClock.advance}. */
export class VirtualClock implements Clock {
  readonly #pending = new Set<Pending>();
  #nowMs: number;

  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, fire: () => void): Timer {
    const pending: Pending = { dueMs: this.#nowMs + Math.max(0, delayMs), fire };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Timers that are set. */
  get timers(): number {
    return this.#pending.size;
  }

  /** Moves time on by `ms`, firing timers in their order, those set meanwhile included. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#pending].filter((pending) => pending.dueMs <= untilMs)
        .sort((a, b) => a.dueMs - b.dueMs)[0];
      if (due === undefined) break;
      this.#pending.delete(due);
      this.#nowMs = due.dueMs;
      due.fire();
    }
    this.#nowMs = untilMs;
  }
}
