/**
 * Connection: the client of one server, of a primary behind Sentinels, or of a Redis Cluster.
 *
 * Invariant: RS3. No command is ever sent twice by the client: what was cut off on its way is an error, because the
 * answer to a write's second arrival would not say what became of the first.
 * @module
 */
import { Cluster, Redis } from "../../../deps.ts";
import { unreachable } from "../../fault.ts";
import { REDIS_CALL_MS, REDIS_RECONNECT_MAX_MS, STORE_RETRY_MIN_MS } from "../../limits.ts";
import type { RedisAddress } from "./address.ts";
import { SCRIPTS } from "./scripts.ts";

/** What the driver needs of a client; scripts are methods of it besides. */
export type RedisClient = Redis | Cluster;

const scripts = Object.fromEntries(
  Object.entries(SCRIPTS).map(([name, lua]) => [name, { lua, numberOfKeys: 1 }]),
);

function pauseMs(times: number): number {
  return Math.min(REDIS_RECONNECT_MAX_MS, STORE_RETRY_MIN_MS * 2 ** times);
}

const OPTIONS = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false, // (RS3)
  maxRetriesPerRequest: 0,
  connectTimeout: REDIS_CALL_MS,
  commandTimeout: REDIS_CALL_MS,
  scripts,
  retryStrategy: pauseMs,
  // A primary that became a replica: the next connection finds the new one. The command itself fails.
  reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
} as const;

/** A client for `address`, not yet connected. */
export function clientFor(address: RedisAddress): RedisClient {
  switch (address.kind) {
    case "single":
      return new Redis(address.url, OPTIONS);
    case "sentinel": {
      const { sentinels, name, db, credentials } = address;
      const sentinelRetryStrategy = pauseMs;
      return new Redis({
        ...OPTIONS,
        ...credentials,
        sentinels: [...sentinels],
        name,
        db,
        sentinelRetryStrategy,
      });
    }
    case "cluster":
      return new Cluster([...address.nodes], {
        lazyConnect: true,
        enableOfflineQueue: false,
        scripts,
        clusterRetryStrategy: pauseMs,
        retryDelayOnFailover: 0, // (RS3)
        redisOptions: {
          ...address.credentials,
          autoResendUnfulfilledCommands: false,
          connectTimeout: REDIS_CALL_MS,
          commandTimeout: REDIS_CALL_MS,
        },
      });
    default:
      return unreachable(address);
  }
}
