/**
 * Opening a store by its address.
 *
 *   sqlite:PATH       one file on this machine; missing folders are created
 *   sqlite::memory:   SQLite without a file: nothing survives
 *   redis://…         a Redis that several nodes share; rediss:// through TLS
 *   memory:           the twin in plain data structures: nothing survives
 * @module
 */
import type { Clock } from "../clock.ts";
import { Fault } from "../fault.ts";
import { MemoryStore } from "./memory.ts";
import type { Store, StoreBirth } from "./port.ts";
import { RedisStore } from "./redis/driver.ts";
import { SqliteStore } from "./sqlite/driver.ts";

/** How to open. */
export interface OpenStoreOptions {
  /** The clock of the `memory:` store; the others have their own. */
  readonly clock: Pick<Clock, "wallMs">;
  /** `full` (default): what was acknowledged survives power loss; `normal`: the process's death alone. */
  readonly synchronous?: "full" | "normal";
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
  if (/^rediss?:\/\/[^/]/.test(url)) return RedisStore.open({ url, warn, ...birth });
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
