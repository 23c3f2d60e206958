/**
 * Cli: `deno task cli`, or the binary that `deno task cli:compile` makes.
 *
 * Exit codes: 0 done, 1 refused, or it did not end well, 2 wrong arguments, 3 no answer: try again.
 * @module
 */
import manifest from "../deno.json" with { type: "json" };
import { execute } from "./cli/execute.ts";
import { PROCESS_WORLD } from "./cli/process_world.ts";

if (import.meta.main) {
  Deno.exit(await execute(Deno.args, PROCESS_WORLD, { version: manifest.version }));
}
