/**
 * Town: whole nodes without jobs on one store and one network, in virtual time.
 *
 * Actors are counters (runtime/testing/counter.ts). A node can be killed, cut off from the store, or cut off from
 * others; nothing else is simulated.
 * @module
 */
import { type ActorId, actorId, type BootId, type NodeName, shardOf } from "../../ids.ts";
import { metaOf } from "../../membership/testing/people.ts";
import { type FaultPlan, FaultyStore } from "../../store/faulty.ts";
import { MemoryStore } from "../../store/memory.ts";
import { NodeSystem } from "../../system/system.ts";
import {
  counter,
  counterDraft,
  type CounterMessage,
  type CounterState,
} from "../../testing/counter.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { MemoryHub } from "../../transport/memory.ts";
import type { Transport } from "../../transport/port.ts";
import { Cluster } from "../cluster_driver.ts";

/** Shards of the town's cluster. */
export const SHARDS = 32;

/** A node of the town. */
export interface TownNode {
  readonly boot: BootId;
  readonly system: NodeSystem;
  readonly cluster: Cluster;
  /** What its actors did: `id effect`. */
  readonly effects: string[];
  /** What its store calls meet from now on. */
  weather: () => FaultPlan;
  /** Ends it without a word. */
  kill(): void;
  /** Drains, says goodbye and ends. */
  stop(): Promise<void>;
}

/** The town. */
export class Town {
  readonly clock = new VirtualClock();
  readonly truth = new MemoryStore(this.clock, { shards: SHARDS });
  readonly hub = new MemoryHub(this.clock);
  readonly nodes: TownNode[] = [];
  /** Addresses whose messages to and from others are lost. */
  readonly cut = new Set<string>();
  /** Channels on which what is told is lost. */
  readonly deaf = new Set<string>();
  /** Hears of every effect. */
  hear: (effect: { boot: BootId; id: ActorId; effect: string }) => void = () => {};
  /** What a node's timers do after it was killed: nothing. */
  readonly #dead = new Set<BootId>();

  constructor() {
    this.hub.network = {
      fate: ({ from, to }) => this.cut.has(from) || this.cut.has(to) ? [] : [1],
    };
  }

  /** Starts a node such as `a1`, whose seeds are all nodes before it. */
  start(name: string): TownNode {
    const boot = name as BootId;
    const node = name.slice(0, 1) as NodeName;
    const address = `${name}:1`;
    const { clock } = this;
    const effects: string[] = [];
    const transport = this.#hardOfHearing(this.hub.open({ node, boot, address }));
    let weather = (): FaultPlan => ({});
    const store = new FaultyStore(this.truth, { clock, decide: () => weather() });
    let seed = name.charCodeAt(0);
    const chance = () => (seed = seed * 16_807 % 2_147_483_647) / 2_147_483_647;
    const cluster = new Cluster({
      clock,
      transport,
      shards: SHARDS,
      chance,
      identity: { name: node, boot, bornMs: Number(name.slice(1)), meta: metaOf(address) },
      seeds: this.nodes.map(({ boot }) => `${boot}:1`),
      resolve: (host) => Promise.resolve([host]),
      load: () => ({ running: 0, waiting: 0 }),
      log: () => {},
    });
    const system = new NodeSystem({
      clock,
      store,
      claimant: { node, boot },
      shards: SHARDS,
      chance,
      gate: { reserve: () => this.#dead.has(boot) ? "no-line" : "held", settled: () => {} },
      elsewhere: cluster,
      log: () => {},
    });
    system.register(counter, (effect, { id }) => {
      effects.push(`${id} ${effect}`);
      this.hear({ boot, id, effect });
    });
    cluster.join(system);
    system.start();
    cluster.start();
    const kill = () => {
      this.#dead.add(boot);
      this.cut.add(address);
    };
    const made: TownNode = {
      boot,
      system,
      cluster,
      effects,
      get weather() {
        return weather;
      },
      set weather(next) {
        weather = next;
      },
      kill() {
        weather = () => ({ fault: "unavailable" });
        kill();
      },
      async stop() {
        cluster.drain();
        system.drain();
        await system.close();
        await cluster.leave();
        await transport.close();
      },
    };
    this.nodes.push(made);
    return made;
  }

  #hardOfHearing(transport: Transport): Transport {
    return new Proxy(transport, {
      get: (target, key) => {
        if (key === "tell") {
          return (to: string, channel: string, body: unknown) =>
            this.deaf.has(channel) || target.tell(to, channel, body);
        }
        const member: unknown = Reflect.get(target, key);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
  }

  /** Starts nodes and lets them settle. */
  async settled(...names: string[]): Promise<TownNode[]> {
    const nodes = names.map((name) => this.start(name));
    await this.clock.pass(6_000);
    return nodes;
  }

  /** Inserts a counter through `node`. */
  create(node: TownNode, id: string, state: Partial<CounterState> = {}) {
    return node.system.create(counterDraft(id, state));
  }

  /** Adds one to a counter through `node`; its new count, or why not. */
  async add(node: TownNode, id: string): Promise<number | string> {
    const ref = node.system.ref<CounterMessage, number>("counter", actorId(id));
    const answer = ref.ask({ kind: "add", by: 1 });
    const outcome = await answer;
    return outcome.kind === "replied" ? outcome.reply : outcome.kind;
  }

  /** The committed count of a counter. */
  async count(id: string): Promise<number | undefined> {
    const [snapshot] = await this.truth.load([actorId(id)]);
    return snapshot && (JSON.parse(snapshot.head) as CounterState).count;
  }

  /** Who owns each shard by the store, as boots. */
  async owners(): Promise<(string | null)[]> {
    const fences = await this.truth.fences();
    const byShard = new Map(
      fences.map(({ shard, owner }) => [shard as number, owner?.boot ?? null]),
    );
    return Array.from({ length: SHARDS }, (_, shard) => byShard.get(shard) ?? null);
  }

  /** The owner of an actor's shard. */
  async ownerOf(id: string): Promise<string | null> {
    return (await this.owners())[shardOf(id as ActorId, SHARDS)] ?? null;
  }

  /** An id whose shard that boot owns now. */
  async idOwnedBy(boot: string, prefix = "c"): Promise<string> {
    for (let at = 0;; at++) {
      if (await this.ownerOf(`${prefix}-${at}`) === boot) return `${prefix}-${at}`;
    }
  }
}
