/**
 * A handler that does nothing, in a sandboxed worker without permissions.
 *
 * @module
 */

/** The handler. */
export default { name: "bench-worker", run(): void {} };
