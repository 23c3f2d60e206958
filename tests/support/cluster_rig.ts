/**
 * ClusterRig: real nodes on a real Redis, in one workspace: they share its handlers and its ledger.
 * @module
 */
import { freePort } from "../../bench/harness/redis.ts";
import { Client } from "./client.ts";
import { eventually } from "./eventually.ts";
import type { NodeProcess } from "./node_process.ts";
import { RedisProcess } from "./redis_process.ts";
import { Workspace, type WorkspaceOptions } from "./workspace.ts";

/** The cluster as a node shows it. */
export interface ClusterView {
  readonly nodes: readonly {
    readonly id: string;
    readonly state: string;
    readonly roles: readonly string[];
    readonly http: string | null;
    readonly load: { readonly running: number; readonly slots: number };
    readonly shards: number;
  }[];
  readonly shards: readonly { readonly shard: number; readonly owner: string | null }[];
}

/** A node of the rig. */
export interface RigNode {
  readonly name: string;
  readonly peer: string;
  /** Further flags. */
  readonly args: readonly string[];
  process: NodeProcess;
  readonly client: Client;
}

/** What a rig is made with. */
export interface RigOptions extends WorkspaceOptions {
  /** Further flags of single nodes, by name. */
  readonly args?: Readonly<Record<string, readonly string[]>>;
}

/** Shards of the cluster under test. */
export const SHARDS = 256;

/** What nodes can keep their jobs in. */
type Served = AsyncDisposable & { readonly url: string };

/** The rig. */
export class ClusterRig<Store extends Served = RedisProcess> implements AsyncDisposable {
  readonly nodes: RigNode[] = [];

  private constructor(readonly workspace: Workspace, readonly redis: Store) {}

  /** Starts a Redis and nodes of these names, all at once, and waits until each is ready. */
  static async start(
    names: readonly string[],
    { args = {}, ...options }: RigOptions = {},
  ): Promise<ClusterRig> {
    return await ClusterRig.on(await RedisProcess.start(), names, options);
  }

  /** Starts nodes on `redis`, which ends with them. */
  static async on<Store extends Served>(
    redis: Store,
    names: readonly string[],
    options: WorkspaceOptions = {},
  ): Promise<ClusterRig<Store>> {
    const rig = new ClusterRig(await Workspace.create(options), redis);
    const peers = names.map(() => `127.0.0.1:${freePort()}`);
    await Promise.all(
      names.map((name, at) => rig.add(name, { peer: peers[at], args: args[name] })),
    );
    return rig;
  }

  /** Starts one more node and waits until it is ready. */
  async add(
    name: string,
    { peer = `127.0.0.1:${freePort()}`, args = [] }: {
      readonly peer?: string | undefined;
      readonly args?: readonly string[] | undefined;
    } = {},
  ): Promise<RigNode> {
    const node: RigNode = {
      name,
      peer,
      args,
      process: this.#launch({ name, peer, args }),
      client: new Client(() => node.process.url),
    };
    this.nodes.push(node);
    await node.process.ready();
    return node;
  }

  /** Starts a node that has ended again, under its name and address. */
  async restart(node: RigNode): Promise<void> {
    node.process = this.#launch(node);
    await node.process.ready();
  }

  /** A client that asks a random node, living or not. */
  get anyone(): Client {
    return new Client(() => {
      const { process } = this.nodes[Math.floor(Math.random() * this.nodes.length)] as RigNode;
      return process.url;
    });
  }

  /** The cluster as `node` sees it. */
  async view(node: RigNode): Promise<ClusterView> {
    return (await node.client.request<ClusterView>("/cluster")).body;
  }

  /**
   * Waits until all of `nodes` see each other alive and every shard owned by one of them, as far as they can be
   * asked; tells how long it took, ms.
   */
  async agreed(nodes: readonly RigNode[] = this.nodes, withinMs = 30_000): Promise<number> {
    const startMs = performance.now();
    const names = nodes.map(({ name }) => name).sort();
    let last: unknown;
    await eventually(async () => {
      for (const node of nodes.filter(hasGateway)) {
        const { nodes: seen, shards } = await this.view(node);
        const alive = seen.filter(({ state }) => state === "alive").map(({ id }) => id).sort();
        last = { at: node.name, alive, owned: shards.length };
        if (alive.join() !== names.join() || shards.length < SHARDS) return undefined;
        if (shards.some(({ owner }) => owner === null || !names.includes(owner))) return undefined;
      }
      return true;
    }, { what: () => `agreement of ${names}: ${JSON.stringify(last)}`, withinMs, everyMs: 50 });
    return performance.now() - startMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.workspace[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
  }

  #launch({ name, peer, args }: Pick<RigNode, "name" | "peer" | "args">): NodeProcess {
    const seeds = [...this.nodes.map((node) => node.peer), peer].slice(0, 3).join(",");
    return this.workspace.launch({
      store: this.redis.url,
      args: ["--id", name, "--peer", peer, "--seeds", seeds, ...args],
    });
  }
}

function hasGateway({ args }: RigNode): boolean {
  const roles = args[args.indexOf("--roles") + 1];
  return !args.includes("--roles") || roles?.includes("gateway") === true;
}
