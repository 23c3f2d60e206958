/**
 * ClusterRig: real nodes on a real Redis, in one workspace: they share its handlers and its ledger.
 * @module
 */
import { freePort } from "../../bench/harness/redis.ts";
import type { ActorId, NodeName } from "../../runtime/ids.ts";
import { shardOf } from "../../runtime/ids.ts";
import { type Bounds, boundsOf } from "../../runtime/ring/placement.ts";
import { keyFileText, newKeyPair } from "../../runtime/transport/zmq/key_file.ts";
import { Client } from "./client.ts";
import { eventually } from "./eventually.ts";
import { type NodeProcess, READY_WITHIN_MS } from "./node_process.ts";
import { RedisProcess } from "./redis_process.ts";
import { type TestMachine, TestNetwork } from "./test_network.ts";
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
  readonly shards: readonly {
    readonly shard: number;
    readonly owner: string | null;
    readonly epoch: number;
  }[];
}

/** How a rig is made. */
export interface RigOptions extends WorkspaceOptions {
  /** Each node is on a machine of its own, see {@link TestNetwork}. */
  readonly apart?: boolean;
  /** The port at which a node finds Redis, if not Redis's own. */
  readonly storePortOf?: (name: string, redisPort: number) => number;
  /** Further variables of the environment of single nodes, by name. */
  readonly envOf?: (name: string) => Readonly<Record<string, string>>;
  /** Further flags of single nodes, by name. */
  readonly args?: Readonly<Record<string, readonly string[]>>;
}

/** A node of the rig. */
export interface RigNode {
  readonly name: string;
  readonly peer: string;
  readonly machine: TestMachine | undefined;
  /** Further flags. */
  readonly args: readonly string[];
  process: NodeProcess;
  readonly client: Client;
}

/** Shards of the cluster under test. */
export const SHARDS = 256;

/** So many nodes may be started at once within the usual time. */
const NODES_AT_ONCE = 3;

/** Where nodes on machines of their own listen. */
const PEER_PORT = 7_400;
const HTTP_PORT = 8_080;

/** What nodes can keep their jobs in. */
type Served = AsyncDisposable & { readonly url: string };

/** Where the nodes of a rig are, and how each finds its store. */
interface Site {
  readonly workspace: Workspace;
  readonly storeOf: (name: string) => string;
  readonly envOf?: RigOptions["envOf"] | undefined;
  /** Where nodes are apart. */
  readonly network?: TestNetwork | undefined;
}

/** The rig. */
export class ClusterRig<Store extends Served = RedisProcess> implements AsyncDisposable {
  readonly nodes: RigNode[] = [];

  private constructor(readonly redis: Store, private readonly site: Site) {}

  /** Starts a Redis and nodes of these names, all at once, and waits until each is ready. */
  static async start(names: readonly string[], options: RigOptions = {}): Promise<ClusterRig> {
    const network = options.apart === true ? await TestNetwork.create() : undefined;
    const workspace = await Workspace.create(options);
    if (network !== undefined) {
      await Deno.writeTextFile(workspace.path("cluster.key"), keyFileText(await newKeyPair()));
      const security = { curve: { secretKeyFile: "cluster.key", allowed: [] } };
      await workspace.configure({ ...options.config, security });
    }
    const anywhere = ["--bind", "0.0.0.0", "--protected-mode", "no"];
    const redis = await RedisProcess.start(network === undefined ? [] : anywhere);
    const storeOf = (name: string) => {
      const port = options.storePortOf?.(name, redis.port) ?? redis.port;
      return `redis://${network?.gateway ?? "127.0.0.1"}:${port}`;
    };
    const rig = new ClusterRig(redis, { workspace, storeOf, network, envOf: options.envOf });
    await rig.#begin(names, options.args);
    return rig;
  }

  /** Starts nodes on `redis`, which ends with them. */
  static async on<Store extends Served>(
    redis: Store,
    names: readonly string[],
    options: WorkspaceOptions = {},
  ): Promise<ClusterRig<Store>> {
    const workspace = await Workspace.create(options);
    const rig = new ClusterRig(redis, { workspace, storeOf: () => redis.url });
    await rig.#begin(names);
    return rig;
  }

  get workspace(): Workspace {
    return this.site.workspace;
  }

  /** Where nodes are apart. */
  get network(): TestNetwork | undefined {
    return this.site.network;
  }

  /** Starts one more node and waits until it is ready. */
  async add(
    name: string,
    { args = [] }: { readonly args?: readonly string[] } = {},
  ): Promise<RigNode> {
    const node = await this.#admit(name, args);
    await node.process.ready();
    return node;
  }

  /** A node that has ended does not come again: nobody is asked for it, and its name is free. */
  forget(node: RigNode): void {
    this.nodes.splice(this.nodes.indexOf(node), 1);
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

  /** Job ids beginning with `prefix` whose shards `owner` owns now. */
  async idsOf(
    owner: RigNode,
    { prefix, count }: { readonly prefix: string; readonly count: number },
  ): Promise<string[]> {
    const { shards } = await this.view(owner);
    const own = new Set(
      shards.filter((shard) => shard.owner === owner.name).map(({ shard }) => shard),
    );
    const ids: string[] = [];
    for (let at = 0; ids.length < count; at++) {
      const id = `${prefix}-${at}`;
      if (own.has(shardOf(id as ActorId, SHARDS))) ids.push(id);
    }
    return ids;
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
      for (const { process } of nodes) process.assertAlive();
      for (const node of nodes.filter(hasGateway)) {
        // A node that has just woken closes connections that were idle meanwhile.
        const view = await this.view(node).catch((error) => void (last = String(error)));
        if (view === undefined) return undefined;
        const { nodes: seen, shards } = view;
        const alive = seen.filter(({ state }) => state === "alive").map(({ id }) => id).sort();
        last = { at: node.name, alive, owned: shards.length };
        if (alive.join() !== names.join() || shards.length < SHARDS) return undefined;
        if (shards.some(({ owner }) => owner === null || !names.includes(owner))) return undefined;
      }
      return true;
    }, {
      what: () => `agreement of ${names}: ${JSON.stringify(last)}`,
      withinMs,
      everyMs: 50,
    });
    return performance.now() - startMs;
  }

  /** Waits until `nodes` agree and each has its part of the shards; the owners by shard. */
  async balanced(nodes: readonly RigNode[] = this.nodes): Promise<ReadonlyMap<number, string>> {
    const weighed = nodes.map(({ name }) => ({ name: name as NodeName, weight: 1 }));
    const { floor, cap } = boundsOf(weighed, SHARDS)[0] as Bounds;
    await this.agreed(nodes);
    let counts: number[] = [];
    return await eventually(async () => {
      const { shards } = await this.view(nodes[0] as RigNode);
      const owners = new Map(shards.map(({ shard, owner }) => [shard, owner ?? ""]));
      const named = [...owners.values()];
      counts = nodes.map(({ name }) => named.filter((owner) => owner === name).length);
      return counts.every((count) => count >= floor && count <= cap) ? owners : undefined;
    }, { what: () => `each with ${floor} to ${cap} shards: ${counts}`, everyMs: 100 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.workspace[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
    await this.network?.[Symbol.asyncDispose]();
  }

  async #begin(
    names: readonly string[],
    args: Readonly<Record<string, readonly string[]>> = {},
  ): Promise<void> {
    try {
      for (const name of names) await this.#admit(name, args[name] ?? []);
      // They share the machine's cores.
      const withinMs = READY_WITHIN_MS * Math.max(1, names.length / NODES_AT_ONCE);
      await Promise.all(this.nodes.map((node) => node.process.ready(withinMs)));
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #admit(name: string, args: readonly string[]): Promise<RigNode> {
    const machine = await this.network?.add();
    const peer = `${machine?.address ?? "127.0.0.1"}:${machine ? PEER_PORT : freePort()}`;
    const made = { name, peer, machine, args };
    const process = this.#launch(made);
    const node: RigNode = { ...made, process, client: new Client(() => node.process.url) };
    this.nodes.push(node);
    return node;
  }

  #launch({ name, peer, machine, args }: Omit<RigNode, "process" | "client">): NodeProcess {
    const seeds = [...this.nodes.map((node) => node.peer), peer].slice(0, 3).join(",");
    const http = machine && ["--http", `${machine.address}:${HTTP_PORT}`, "--insecure"];
    return this.workspace.launch({
      store: this.site.storeOf(name),
      args: ["--id", name, "--peer", peer, "--seeds", seeds, ...http ?? [], ...args],
      env: { LEDGER_NODE: name, ...this.site.envOf?.(name) },
      http: http === undefined,
      ...(machine !== undefined && { through: machine.through }),
    });
  }
}

function hasGateway({ args }: RigNode): boolean {
  const roles = args[args.indexOf("--roles") + 1];
  return !args.includes("--roles") || roles?.includes("gateway") === true;
}
