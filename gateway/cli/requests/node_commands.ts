/**
 * NodeCommands: what the command line can do about nodes, and what it shows of the handlers of one.
 * @module
 */
import type { Answer, Commands } from "../command.ts";
import { table } from "../table.ts";

/** The commands by their names. */
export const NODE_COMMANDS: Commands = {
  "nodes": {
    operands: [0, 0],
    summary: "list the nodes of the cluster",
    options: [],
    examples: ["nodes"],
    request: () => ({ path: "/cluster", show: nodeTable }),
  },
  "drain": {
    operands: [1, 1],
    takes: "NODE",
    summary: "let a node finish its work and leave",
    options: [],
    examples: ["drain a"],
    request: ([id = ""]) => ({
      method: "POST",
      path: `/cluster/node/${encodeURIComponent(id)}/drain`,
      show: ({ id, state }) => `${id}  ${state}`,
    }),
  },
  "handlers": {
    operands: [0, 0],
    summary: "list the handlers that the asked node has loaded",
    options: [],
    examples: ["handlers"],
    request: () => ({
      path: "/handlers",
      show: ({ handlers }) =>
        table(
          (handlers as Answer[]).map(({ name, kind, file }) =>
            [name, kind, file ?? "-"].map(String)
          ),
          ["NAME", "KIND", "FILE"],
        ),
    }),
  },
};

function nodeTable({ nodes }: Answer): string {
  const rows = (nodes as NodeRow[]).map(({ id, state, roles, shards, load, http, peer }) => [
    id,
    state,
    roles.join(","),
    String(shards),
    `${load.running}/${load.slots}`,
    http ?? "-",
    peer ?? "-",
  ]);
  return table(rows, ["NODE", "STATE", "ROLES", "SHARDS", "RUNNING", "HTTP", "PEER"]);
}

/** What is shown of a node. */
interface NodeRow {
  readonly id: string;
  readonly state: string;
  readonly roles: readonly string[];
  readonly shards: number;
  readonly load: { readonly running: number; readonly slots: number };
  readonly http: string | null;
  readonly peer: string | null;
}
