/**
 * A handler of a schedule's jobs, inside the node's process: it tells the benchmark for when each was meant.
 *
 * @module
 */

/** Where the benchmark leaves its listener. */
export const FIRE_LISTENER = "orreryBenchFired";

/** The handler. */
export default {
  name: "bench-fire",
  isolation: "inline",
  run(context: { readonly scheduledFor: Date }): void {
    const listener: unknown = Reflect.get(globalThis, FIRE_LISTENER);
    if (typeof listener === "function") listener(context.scheduledFor.getTime());
  },
};
