/**
 * Greeting: what is looked at when a Redis is opened: whether the server is fit to keep jobs, and whether the
 * store in it was born with this cluster's numbers.
 * @module
 */
import { Fault } from "../../fault.ts";
import type { RedisClient } from "./connection.ts";

/** The oldest server with all that the scripts use (ZADD LT and GT). */
const VERSION_LEAST = [6, 2] as const;

/** Checks the server and the store's birth; rejects with a `Fault` that says what to do. */
export async function greet(
  redis: RedisClient,
  { key, shards, warn }: {
    readonly key: string;
    readonly shards: number;
    readonly warn: (message: string) => void;
  },
): Promise<void> {
  const server = await redis.info("server");
  const version = /redis_version:(\d+)\.(\d+)/.exec(server);
  const [major, minor] = [Number(version?.[1]), Number(version?.[2])];
  if (major < VERSION_LEAST[0] || (major === VERSION_LEAST[0] && minor < VERSION_LEAST[1])) {
    throw refusal(
      `Redis ${major}.${minor} is too old: ${VERSION_LEAST.join(".")} or later is needed`,
    );
  }
  const policy = /maxmemory_policy:(\S+)/.exec(await redis.info("memory"))?.[1];
  if (policy !== undefined && policy !== "noeviction") {
    throw refusal(
      `Redis may evict jobs (maxmemory-policy ${policy}): set maxmemory-policy noeviction`,
    );
  }
  if (/aof_enabled:0/.test(await redis.info("persistence"))) {
    warn("Redis keeps no append-only file: jobs are lost with its process; set appendonly yes");
  }
  await redis.set(key, String(shards), "NX");
  const born = await redis.get(key);
  if (born !== String(shards)) {
    throw refusal(
      `the store was born with ${born} shards, and is opened with ${shards}: set shards`,
    );
  }
}

function refusal(message: string): Fault {
  return new Fault("store.open", "mismatch", { message });
}
