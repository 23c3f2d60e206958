/**
 * RedisCluster: a Redis Cluster of a test's own, of primaries that hold equal ranges of slots.
 * @module
 */
import { freePort } from "../../bench/harness/redis.ts";
import { Redis } from "../../deps.ts";
import { eventually } from "./eventually.ts";
import { RedisProcess } from "./redis_process.ts";

const SLOTS = 16_384;
const CALM_MS = 15_000;

/** A running one. */
export class RedisCluster implements AsyncDisposable {
  private constructor(readonly primaries: readonly RedisProcess[]) {}

  /** Starts so many primaries and waits until all know all and take writes. */
  static async start(count: number): Promise<RedisCluster> {
    const buses = Array.from({ length: count }, freePort);
    const primaries = await Promise.all(buses.map((bus) => {
      const announced = ["--cluster-announce-ip", "127.0.0.1"];
      return RedisProcess.start([
        "--cluster-enabled",
        "yes",
        "--cluster-port",
        `${bus}`,
        ...announced,
      ]);
    }));
    const cluster = new RedisCluster(primaries);
    for (const [at, primary] of primaries.entries()) {
      const [first, end] = [at, at + 1].map((part) => Math.round(part * SLOTS / count));
      await primary.send(`CLUSTER ADDSLOTSRANGE ${first} ${Number(end) - 1}`);
      // Two of the same epoch would take their time to agree.
      await primary.send(`CLUSTER SET-CONFIG-EPOCH ${at + 1}`);
    }
    for (const [at, { port }] of primaries.entries()) {
      await primaries[0]?.send(`CLUSTER MEET 127.0.0.1 ${port} ${buses[at]}`);
    }
    await cluster.calm();
    return cluster;
  }

  /** As `--store` takes it. */
  get url(): string {
    return `redis-cluster://${this.primaries.map(({ port }) => `127.0.0.1:${port}`).join(",")}`;
  }

  /** Resolves when every primary finds the cluster whole. */
  async calm(): Promise<void> {
    const whole = /cluster_state:ok[^]*cluster_slots_ok:16384[^]*cluster_size:(\d+)/;
    await eventually(async () => {
      const states = await this.each((client) => client.cluster("INFO"));
      const sizes = states.map((state) => Number(whole.exec(String(state))?.[1]));
      return sizes.every((size) => size === this.primaries.length) || undefined;
    }, { what: () => "a cluster that is whole", withinMs: CALM_MS });
  }

  async flush(): Promise<void> {
    await this.each((client) => client.flushall());
  }

  /** Asks every primary on a connection of its own. */
  each<Answer>(ask: (client: Redis) => Promise<Answer>): Promise<Answer[]> {
    return Promise.all(this.primaries.map(async ({ port }) => {
      const client = new Redis({ port });
      try {
        return await ask(client);
      } finally {
        client.disconnect();
      }
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const primary of this.primaries) await primary[Symbol.asyncDispose]();
  }
}
