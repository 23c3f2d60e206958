/**
 * IdleHeap: gives the garbage of a busy hour back when a thread comes to rest.
 *
 * Intuition: V8 lets a heap grow while there is work, because that is faster, and then keeps it: an
 * idle node would hold for ever what its busiest minute needed. Growing less costs throughput; so the
 * heap may grow, and is collected once when the work is over.
 *
 * Invariants: I1. A collection comes only after {@link IDLE_LOOK_MS} without any work, and only if at
 * least {@link WORK_MIN} writes were done since the last one: a node with sparse work is left alone.
 * I2. Without `--expose-gc` nothing happens.
 * @module
 */
import type { Clock, Timer } from "./clock.ts";

/** How often a thread looks whether it is idle, ms. */
export const IDLE_LOOK_MS = 1_000;
/** Writes that make a collection worth its pause of 30 to 70 ms. */
export const WORK_MIN = 20_000;

/** Collects when `worked`, which only grows, stands still; the answer ends that. */
export function collectWhenIdle(
  clock: Pick<Clock, "after">,
  options: { readonly worked: () => number; readonly collect: (() => void) | undefined },
): () => void {
  const { worked, collect } = options;
  if (!collect) return () => {};
  let collectedAt = 0;
  let seen = 0;
  let timer: Timer;
  const look = (): void => {
    const now = worked();
    if (now === seen && now - collectedAt >= WORK_MIN) {
      collectedAt = now;
      collect();
    }
    seen = now;
    timer = clock.after(IDLE_LOOK_MS, look);
  };
  timer = clock.after(IDLE_LOOK_MS, look);
  return () => timer.cancel();
}

/** V8's own collector, if the process was started with `--expose-gc`. */
export function exposedCollector(): (() => void) | undefined {
  const collector: unknown = Reflect.get(globalThis, "gc");
  // The plain call keeps the emptied pages for itself; this one gives them back.
  const thorough = { type: "major", execution: "sync", flavor: "last-resort" };
  return typeof collector === "function" ? () => void collector(thorough) : undefined;
}
