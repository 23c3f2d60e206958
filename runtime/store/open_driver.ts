/**
 * Opening a store by its address.
 *
 *   sqlite:PATH       one file on this machine; missing folders are created
 *   sqlite::memory:   SQLite without a file: nothing survives
 *   redis://…         a Redis that several nodes share; rediss://, redis-sentinel://, redis-cluster://: redis/address.ts
 *   memory:           the twin in plain data structures: nothing survives
 * @module
 */
import type { Clock } from "../clock.ts";
import { Fault } from "../fault.ts";
import { MemoryStore } from "./memory.ts";
import type { Store, StoreBirth } from "./port.ts";
import { isRedisUrl } from "./redis/address.ts";
import { RedisStore } from "./redis/driver.ts";
import { SqliteStore } from "./sqlite/driver.ts";

/** How to open. */
export interface OpenStoreOptions {
  /** The clock of the `memory:` store; the others have their own. */
  readonly clock: Pick<Clock, "wallMs">;
  /** `full` (default): what was acknowledged survives power loss; `normal`: the process's death alone. */
  readonly synchronous?: "full" | "normal";
  /** `replicated`: a write counts when a replica of Redis has it, too. Default `local`. */
  readonly durability?: "local" | "replicated";
  /** Storage groups of a Redis. Default 1. */
  readonly groups?: number;
  /** Told what is not as it should be with a store that works all the same. */
  readonly warn?: (message: string) => void;
  /** Bound of a SQLite file in pages of 4 KiB; at the bound writes fail as `full`. */
  readonly pagesMax?: number;
}

/** Opens or creates the store at `url`; rejects with a `Fault` (`store.open`). */
export function openStore(
  url: string,
  birth: StoreBirth,
  options: OpenStoreOptions,
): Promise<Store> {
  if (url === "memory:") return Promise.resolve(new MemoryStore(options.clock, birth));
  const { warn = () => {} } = options;
  const { durability = "local", groups = 1 } = options;
  if (isRedisUrl(url)) return RedisStore.open({ url, warn, durability, groups, ...birth });
  if (durability !== "local" || groups !== 1) {
    const message = "store.durability and store.groups other than local and 1 need Redis";
    return Promise.reject(new Fault("store.open", "mismatch", { message }));
  }
  const path = url.startsWith("sqlite:") ? url.slice("sqlite:".length) : "";
  if (path === "") {
    const message = `no store at ${
      JSON.stringify(withoutSecrets(url))
    }: use sqlite:PATH, redis://… or memory:`;
    return Promise.reject(new Fault("store.open", "mismatch", { message }));
  }
  const { synchronous = "full", pagesMax } = options;
  return SqliteStore.open({
    path,
    shards: birth.shards,
    synchronous,
    ...(pagesMax === undefined ? {} : { pagesMax }),
  });
}

/** An address may carry a password before its host. */
function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//…@");
}
