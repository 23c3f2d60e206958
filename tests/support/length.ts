/**
 * Length: how long tests with real clusters take.
 *
 * In CI they look for what is broken, quickly, on machines that have other things to do. `ORRERY_TESTS=long` has
 * them last as long as the promises say, and measures what is promised.
 * @module
 */

/** `ORRERY_TESTS=long`: the full figures. */
export const LONG = Deno.env.get("ORRERY_TESTS") === "long";
/** Names of the nodes of most clusters under test. */
export const NAMES: readonly string[] = ["a", "b", "c"];
