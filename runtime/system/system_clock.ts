/**
 * SystemClock: the machine's time behind the {@link Clock} port.
 * @module
 */
import type { Clock } from "../clock.ts";

/** Longest delay that one platform timer can hold; a longer one fires early and must be set again. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The wall clock, the monotonic clock and the timers of this process. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, fire) {
    const timer = setTimeout(fire, Math.min(Math.max(0, delayMs), TIMER_MS_MAX));
    return { cancel: () => clearTimeout(timer) };
  },
};
