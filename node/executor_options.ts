/**
 * ExecutorOptions of a node: what its configuration says about running attempts.
 * @module
 */
import type { ExecutorOptions } from "../actors/executor/options.ts";
import { hasRole } from "../config/roles.ts";
import type { Config } from "../config/schema.ts";

/** The options of the executor of this process start. */
export function executorOptionsOf(
  config: Config,
  { boot, own }: Required<Pick<ExecutorOptions, "boot" | "own">>,
): ExecutorOptions {
  const { handlers, executors, node } = config;
  const workers = hasRole(config, "worker") ? executors.workers : 0;
  return {
    handlersDir: handlers.dir,
    permissionsCap: handlers.permissionsCap,
    inlineAllowed: handlers.inline,
    workers,
    heapMiB: executors.heapMiB,
    commandAllow: executors.command.allow,
    httpAllowPrivate: executors.http.allowPrivate === true,
    node: node.id,
    boot,
    own,
  };
}
