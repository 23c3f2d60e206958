/**
 * Roles: what a node does, by `node.roles`.
 * @module
 */
import type { Config } from "./schema.ts";

/** What a node can do: `gateway` answers the HTTP API, `worker` owns shards and runs jobs. */
export type Role = Config["node"]["roles"][number];

/** Tells whether the node has a role. */
export function hasRole({ node }: Pick<Config, "node">, role: Role): boolean {
  return node.roles.includes(role);
}

/** Jobs that the node runs at once: none without the role `worker`, whatever `node.slots` says. */
export function slotsOf(config: Pick<Config, "node">): number {
  return hasRole(config, "worker") ? config.node.slots : 0;
}
