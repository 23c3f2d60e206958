/**
 * Greeting: what is looked at when a Redis is opened: whether the server is fit to keep jobs, and whether the
 * store in it was born with this cluster's numbers.
 * @module
 */
import { Cluster, type Redis } from "../../../deps.ts";
import { Fault } from "../../fault.ts";
import type { RedisClient } from "./connection.ts";

/** The oldest server with all that the scripts use (ZADD LT and GT). */
const VERSION_LEAST = [6, 2] as const;

/** Where the birth lies: in no group, because their prefixes depend on it. */
const BIRTH_KEY = "{o0}birth";

/** How actors lie in Redis (lua/prelude.lua): grows by one with every change that older or newer scripts would misread. */
const LAYOUT = 3;

/** What a store keeps of its birth; layout 1 didn't tell its number. */
type Birth = Readonly<Record<"layout" | "shards" | "groups", number>>;

/** Checks the servers and the store's birth; rejects with a `Fault` that says what to do. */
export async function greet(
  redis: RedisClient,
  { shards, groups, warn }: {
    readonly shards: number;
    readonly groups: number;
    readonly warn: (message: string) => void;
  },
): Promise<void> {
  const servers = redis instanceof Cluster ? redis.nodes("master") : [redis];
  for (const server of servers) await checkServer(server, warn);
  const birth = { layout: LAYOUT, shards, groups };
  await redis.set(BIRTH_KEY, birthText(birth), "NX");
  checkBirth(await redis.get(BIRTH_KEY) ?? "", birth);
}

async function checkServer(redis: Redis, warn: (message: string) => void): Promise<void> {
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
}

/** `layout=2,shards=256,groups=1`. */
function birthText(birth: Birth): string {
  return Object.entries(birth).map(([name, value]) => `${name}=${value}`).join(",");
}

/** Compares what the store was born with, as text, with what it is opened with; throws a `mismatch` Fault. */
function checkBirth(text: string, wanted: Birth): void {
  const born = (name: keyof Birth) => new RegExp(`\\b${name}=(\\d+)`).exec(text)?.[1];
  const layout = Number(born("layout") ?? 1);
  if (layout !== wanted.layout) {
    throw refusal(
      `the store is of another version of this program: its layout is ${layout}, not ${wanted.layout}; ` +
        "use that version, or an empty database",
    );
  }
  for (const name of ["shards", "groups"] as const) {
    const there = Number(born(name));
    if (there === wanted[name]) continue;
    const setting = name === "groups" ? "store.groups" : name;
    throw refusal(
      `the store was born with ${there} ${name}, and is opened with ${wanted[name]}: ` +
        `set ${setting} to ${there}`,
    );
  }
}

function refusal(message: string): Fault {
  return new Fault("store.open", "mismatch", { message });
}
