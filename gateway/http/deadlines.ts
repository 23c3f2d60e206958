/**
 * Deadlines: one timer for many waits of the same length.
 *
 * Intuition: a timer per request costs more than the rest of its bookkeeping. All waits are equally
 * long, so they end in the order in which they began; one timer watches the oldest.
 *
 * Invariants: L1. `late` is called at most once, not before its limit, and never after `done`.
 * @module
 */
import type { Clock, Timer } from "../../runtime/clock.ts";

interface Wait {
  readonly dueMs: number;
  readonly late: () => void;
}

/** Watches waits of `limitMs` each. */
export class Deadlines {
  readonly #waits = new Set<Wait>();
  #timer: Timer | null = null;

  constructor(private readonly clock: Clock, private readonly limitMs: number) {}

  /** Calls `late` unless the returned `done` is called within the limit (L1). Cost: O(1). */
  watch(late: () => void): () => void {
    const wait: Wait = { dueMs: this.clock.monotonicMs() + this.limitMs, late };
    this.#waits.add(wait);
    this.#timer ??= this.clock.after(this.limitMs, () => this.#fire());
    return () => void this.#waits.delete(wait);
  }

  /** Lets go of the timer; waits that are left never end. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#waits.clear();
  }

  #fire(): void {
    this.#timer = null;
    const nowMs = this.clock.monotonicMs();
    for (const wait of this.#waits) {
      if (wait.dueMs > nowMs) {
        this.#timer = this.clock.after(wait.dueMs - nowMs, () => this.#fire());
        return;
      }
      this.#waits.delete(wait);
      wait.late();
    }
  }
}
