/**
 * Wall: a wall clock that jumps when it is told to, and remembers where it stood.
 * @module
 */
import type { VirtualTime } from "./virtual_time.ts";

/** Where every wall clock stands when a run begins, ms since 1970. */
export const RUN_BEGAN_MS = 1_800_000_000_000;

/** One machine's wall clock. */
export class Wall {
  /** Jumps so far: from virtual time `atMs` on, the clock is `offsetMs` off. */
  readonly #jumps: { readonly atMs: number; readonly offsetMs: number }[] = [];
  #offsetMs = 0;

  constructor(private readonly time: Pick<VirtualTime, "nowMs">) {}

  /** What it shows, ms since 1970. */
  nowMs(): number {
    return RUN_BEGAN_MS + this.time.nowMs + this.#offsetMs;
  }

  /** Sets it forward or back. */
  jump(byMs: number): void {
    this.#offsetMs += byMs;
    this.#jumps.push({ atMs: this.time.nowMs, offsetMs: this.#offsetMs });
  }

  /** The latest time that it showed from virtual time `sinceMs` until now. */
  latestSince(sinceMs: number): number {
    let latest = this.nowMs();
    let offsetMs = 0;
    for (const jump of this.#jumps) {
      // Just before a jump the clock stood highest under the offset before it.
      if (jump.atMs >= sinceMs) latest = Math.max(latest, RUN_BEGAN_MS + jump.atMs + offsetMs);
      offsetMs = jump.offsetMs;
    }
    return latest;
  }
}

/** Several machines' walls, as if there were one: it shows what the fastest shows. */
export function fastestOf(walls: readonly Wall[]): Pick<Wall, "nowMs" | "latestSince"> {
  return {
    nowMs: () => Math.max(...walls.map((wall) => wall.nowMs())),
    latestSince: (sinceMs) => Math.max(...walls.map((wall) => wall.latestSince(sinceMs))),
  };
}
