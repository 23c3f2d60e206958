/**
 * Suite: many steps against one node, which is started once for all of them.
 *
 * Starting a node is the costly part of a test with real processes; steps share one where they do
 * not disturb each other. Each works with jobs and queues of its own.
 * @module
 */
import { Client } from "./client.ts";
import type { NodeProcess } from "./node_process.ts";
import { Workspace, type WorkspaceOptions } from "./workspace.ts";

/** What a step has at hand. */
export interface SuiteContext {
  readonly workspace: Workspace;
  /** The node that runs now; `restart` replaces it. */
  readonly node: () => NodeProcess;
  readonly client: Client;
  /** Ends the node by `signal`, and starts another on the same store. */
  readonly restart: (signal: Deno.Signal) => Promise<void>;
}

/** One step. */
export type SuiteStep = (context: SuiteContext) => Promise<void>;

/** Registers a test that runs `steps` one after another on one node. */
export function nodeSuite(
  name: string,
  options: WorkspaceOptions,
  steps: Readonly<Record<string, SuiteStep>>,
): void {
  Deno.test(name, async (test) => {
    await using workspace = await Workspace.create(options);
    const running = { node: await workspace.start() };
    const context: SuiteContext = {
      workspace,
      node: () => running.node,
      client: new Client(() => running.node.url),
      restart: async (signal) => {
        await running.node.end(signal);
        running.node = await workspace.start();
      },
    };
    for (const [step, run] of Object.entries(steps)) await test.step(step, () => run(context));
  });
}
