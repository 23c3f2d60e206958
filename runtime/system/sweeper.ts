/**
 * Sweeper: deletes expired actors, a few at a time, for as long as the node lives.
 *
 * Invariant: W5. One sweep deletes at most `SWEEP_ACTORS_MAX`; there is a pause of `SWEEP_EVERY_MS`
 * after each, so that retention never competes with work.
 * @module
 */
import type { Clock, Timer } from "../clock.ts";
import { SWEEP_ACTORS_MAX, SWEEP_EVERY_MS } from "../limits.ts";
import type { Store } from "../store/port.ts";

/** Sweeps while `may` allows it. */
export class Sweeper {
  #timer: Timer | undefined;
  #swept = 0;

  constructor(
    private readonly options: {
      readonly clock: Clock;
      readonly store: Pick<Store, "sweep">;
      readonly may: () => boolean;
    },
  ) {}

  /** Actors deleted since the start. */
  get swept(): number {
    return this.#swept;
  }

  /** Begins. */
  start(): void {
    this.#timer = this.options.clock.after(SWEEP_EVERY_MS, () => void this.#sweep());
  }

  /** Ends. Idempotent. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #sweep(): Promise<void> {
    const { clock, store, may } = this.options;
    try {
      if (may()) {
        this.#swept += await store.sweep({ nowMs: clock.wallMs(), limit: SWEEP_ACTORS_MAX });
      }
    } catch {
      // A store that is away is watched by its session; what expired can wait.
    }
    if (this.#timer) this.start();
  }
}
