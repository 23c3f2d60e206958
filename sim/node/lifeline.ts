/**
 * Lifeline: whether a process runs, stands still, or is dead, and everything that hangs on it.
 *
 * Intuition: kill -9 cannot stop JavaScript in the middle of a function, but it can cut every wire: a
 * dead process's timers don't fire, its calls don't go out, what it is told doesn't arrive. To die
 * between two steps of one function, its wires count: every crossing of an edge of the process (a
 * store call, its answer, an effect, a report) is a boundary, and it may be told to die at the nth.
 *
 * States: alive ⇄ paused; either → dead, for ever.
 * Invariant: L1. After `kill`, nothing of the process reaches the world.
 * @module
 */
import type { Clock, Timer } from "../../runtime/clock.ts";
import type { VirtualTime } from "../world/virtual_time.ts";
import type { Wall } from "../world/wall.ts";

/** One process start's hold on life. */
export class Lifeline {
  #state: "alive" | "paused" | "dead" = "alive";
  #waiting: (() => void)[] = [];
  #boundaries = 0;
  #dieAt: number;
  readonly #died: () => void;

  /** `dieAt`: the boundary at which it dies; `died` is called once, then. */
  constructor(fate: { readonly dieAt: number; readonly died: () => void }) {
    this.#dieAt = fate.dieAt;
    this.#died = fate.died;
  }

  get dead(): boolean {
    return this.#state === "dead";
  }

  /** Neither dead nor paused. */
  get running(): boolean {
    return this.#state === "alive";
  }

  /** Boundaries crossed so far. */
  get boundaries(): number {
    return this.#boundaries;
  }

  /** An edge of the process is crossed: true if it lives to do so. */
  cross(): boolean {
    if (this.dead) return false;
    if (++this.#boundaries === this.#dieAt) {
      this.kill();
      this.#died();
      return false;
    }
    return true;
  }

  /** Runs `act` now, when the pause is over, or never. */
  enter(act: () => void): void {
    if (this.#state === "alive") act();
    else if (this.#state === "paused") this.#waiting.push(act);
  }

  /** Resolves now, when the pause is over, or never. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.enter(resolve));
  }

  /** It dies at no boundary any more. */
  immortal(): void {
    this.#dieAt = Infinity;
  }

  pause(): void {
    if (this.#state === "alive") this.#state = "paused";
  }

  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "alive";
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const act of waiting) this.enter(act);
  }

  /** Ends it (L1). */
  kill(): void {
    this.#state = "dead";
    this.#waiting = [];
  }
}

/** The clock of a process: virtual time, its machine's wall clock, and its own life. */
export function lifeClock(
  lifeline: Lifeline,
  { time, wall }: { time: VirtualTime; wall: Wall },
): Clock {
  return {
    wallMs: () => wall.nowMs(),
    monotonicMs: () => time.nowMs,
    after: (delayMs, fire): Timer => {
      let cancelled = false;
      const timer = time.after(delayMs, () => lifeline.enter(() => cancelled || fire()));
      return {
        cancel: () => {
          cancelled = true;
          timer.cancel();
        },
      };
    },
  };
}
