/**
 * CallRate: tells when a process calls its store far more often than any work asks for.
 *
 * Intuition: a loop that asks again at once does no harm in virtual time, and everything does where
 * time is real; so it is looked for.
 * @module
 */
import type { VirtualTime } from "../world/virtual_time.ts";

/** Calls of one process within one virtual second: several times what the busiest runs need. */
export const CALLS_PER_SECOND_MAX = 1_000;

/** Counts the calls of one process. */
export class CallRate {
  #second = -1;
  #calls = 0;

  constructor(
    private readonly time: Pick<VirtualTime, "nowMs">,
    private readonly exceeded: (calls: number) => void,
  ) {}

  /** One more call; the first beyond the bound is told, once a second. */
  count(): void {
    const second = Math.floor(this.time.nowMs / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#calls = 0;
    }
    if (++this.#calls === CALLS_PER_SECOND_MAX + 1) this.exceeded(this.#calls);
  }
}
