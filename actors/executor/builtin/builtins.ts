/**
 * Builtins: the handlers that every node has.
 * @module
 */
import type { InlineRun } from "../inline.ts";
import type { ExecutorOptions } from "../options.ts";
import { echo, fail, noop, sleep } from "./simple.ts";

/** The built-in handlers by name, under the operator's settings. */
export function builtins(_options: ExecutorOptions): ReadonlyMap<string, InlineRun> {
  return new Map<string, InlineRun>([
    ["noop", noop],
    ["echo", echo],
    ["sleep", sleep],
    ["fail", fail],
  ]);
}
