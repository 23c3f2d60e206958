/**
 * A handler that does nothing, inside the node's process: it tells the benchmark when it was called.
 *
 * @module
 */

/** Where the benchmark leaves its listener. */
export const LISTENER = "orreryBenchStarted";

/** The handler. */
export default {
  name: "bench-inline",
  isolation: "inline",
  run(_context: unknown, payload: unknown): void {
    const listener: unknown = Reflect.get(globalThis, LISTENER);
    if (typeof listener === "function") listener(payload);
  },
};
