/**
 * Builtins: the handlers that every node has.
 * @module
 */
import type { Clock } from "../../../runtime/clock.ts";
import type { InlineRun } from "../inline.ts";
import { commandHandler } from "./command.ts";
import { httpHandler } from "./http.ts";
import { echo, fail, noop, sleep } from "./simple.ts";
import type { Warden } from "./warden.ts";

/** The operator's settings that concern built-in handlers. */
export interface BuiltinSettings {
  readonly commandAllow: readonly string[];
  readonly httpAllowPrivate: boolean;
}

/** The built-in handlers by name; `warden` watches their programs. */
export function builtins(
  { commandAllow, httpAllowPrivate }: BuiltinSettings,
  { clock, warden }: { readonly clock: Clock; readonly warden: Warden },
): ReadonlyMap<string, InlineRun> {
  return new Map<string, InlineRun>([
    ["noop", noop],
    ["echo", echo],
    ["sleep", sleep],
    ["fail", fail],
    ["http", httpHandler({ allowPrivate: httpAllowPrivate, clock })],
    ["command", commandHandler({ allow: commandAllow, warden })],
  ]);
}
