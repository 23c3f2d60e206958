/**
 * EndingClock: a clock whose timers end together.
 *
 * Intuition: a node's parts set timers of many kinds: to try again, to tell an end once more, to look.
 * Each can cancel its own, but one that is forgotten keeps a stopped node's process alive, and wakes code
 * whose store is closed. So the node's parts share this clock, and the last thing a stop does is to end it.
 *
 * Invariants: EC1. After `end` no timer fires and none is set; time goes on. EC2. A timer is held only until it
 * fires or is cancelled.
 * Not here: the timers of parts that are closed by themselves (store, transport): they have the machine's clock.
 * @module
 */
import type { Clock, Timer } from "./clock.ts";

/** Nothing to cancel. */
const NO_TIMER: Timer = { cancel() {} };

/** See the module's header. */
export class EndingClock implements Clock {
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();
  #ended = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  after(delayMs: number, fire: () => void): Timer {
    if (this.#ended) return NO_TIMER; // (EC1)
    const inner = this.#clock.after(delayMs, () => {
      this.#timers.delete(timer);
      fire();
    });
    const timer: Timer = {
      cancel: () => {
        this.#timers.delete(timer);
        inner.cancel();
      },
    };
    this.#timers.add(timer);
    return timer;
  }

  /** Cancels every timer. What waits for one waits for ever, and is collected. Idempotent. */
  end(): void {
    this.#ended = true;
    for (const timer of [...this.#timers]) timer.cancel();
  }
}
