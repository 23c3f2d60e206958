/**
 * Runs: one measurement of one side: a new process on an empty store, warmed up, measured, counted,
 * ended.
 *
 * @module
 */
import type { Contest } from "./contests.ts";
import { Process } from "./harness/process.ts";
import type { RedisServer } from "./harness/redis.ts";
import type { LoadOrder, LoadResult } from "./load/load_main.ts";
import { startNodeProcess } from "./orrery/node_process.ts";
import type { Figures, Workload } from "./workloads.ts";

/** Who is measured. */
export type Side = "orrery" | "bullmq";

/** What a run needs. */
export interface RunOptions {
  readonly side: Side;
  readonly seconds: number;
  /** The server of the competitor, and of Orrery with `store: "redis"`. */
  readonly redis: RedisServer | undefined;
  readonly store: "sqlite" | "redis";
}

const WARM_UP_SECONDS = 1;
const SLOTS = 100;
const RUN = ["run", "--allow-all"];
/** The competitor's packages are in a folder of their own, out of sight of our configuration. */
const RUN_APART = [...RUN, "--no-config", "--no-lock"];

/** Measures `contest` once on one side. */
export function measure(contest: Contest, options: RunOptions): Promise<Figures> {
  return contest.mode.kind === "direct"
    ? measureDirect(contest.mode, options)
    : measureHttp(contest.mode, options);
}

async function measureDirect(
  mode: Extract<Contest["mode"], { kind: "direct" }>,
  options: RunOptions,
): Promise<Figures> {
  const url = options.side === "orrery" ? await storeUrl(options) : "";
  const child = new Process(
    options.side === "orrery"
      ? [...RUN, "bench/orrery/contestant_main.ts", mode.handler, `${SLOTS}`, url]
      : [...RUN_APART, "bench/bullmq/contestant_main.ts", `${await emptied(options.redis)}`],
  );
  try {
    await child.ask(warmUpOf(mode.workload(WARM_UP_SECONDS)));
    return await child.ask(mode.workload(options.seconds)) as Figures;
  } finally {
    await child.stop();
    await removeStore(url);
  }
}

/** The same work, less of it: enough to load the code and to fill the caches. */
function warmUpOf(workload: Workload): Workload {
  if (workload.kind === "drain") return { ...workload, jobs: 2_000 };
  return workload.kind === "lag" ? { ...workload, jobs: 500, overMs: 500, pending: 0 } : workload;
}

async function measureHttp(
  mode: Extract<Contest["mode"], { kind: "http" }>,
  options: RunOptions,
): Promise<Figures> {
  const server = options.side === "orrery"
    ? await ourServer(await storeUrl(options))
    : await theirServer(options.redis);
  const load = new Process([...RUN, "bench/load/load_main.ts"]);
  try {
    const order = orderFor(server.url, mode);
    const warm = await load.ask({ ...order, seconds: WARM_UP_SECONDS }) as LoadResult;
    const result = await load.ask({ ...order, seconds: options.seconds }) as LoadResult;
    const accepted = warm.accepted + result.accepted;
    const stored = await server.stored();
    if (result.refused > 0) throw new Error(`${result.refused} requests were refused`);
    if (stored !== accepted) throw new Error(`accepted ${accepted} jobs, the store has ${stored}`);
    return { ...result };
  } finally {
    await load.stop();
    await server.stop();
  }
}

interface HttpServer {
  readonly url: URL;
  stored(): Promise<number>;
  stop(): Promise<void>;
}

function orderFor(
  url: URL,
  { connections, headers }: Pick<LoadOrder, "connections" | "headers">,
): Omit<LoadOrder, "seconds"> {
  const payload = { n: 1, fromMs: 0, filler: "x".repeat(64) };
  const body = JSON.stringify({ name: "noop", queue: "bench", payload });
  return { host: url.hostname, port: Number(url.port), path: "/job", body, headers, connections };
}

/** Where Orrery keeps its jobs in this run: a new file, or the emptied Redis. */
async function storeUrl({ store, redis }: RunOptions): Promise<string> {
  if (store === "redis") return `redis://127.0.0.1:${await emptied(redis)}`;
  const dir = await Deno.makeTempDir({ prefix: "orrery-bench-" });
  return `sqlite:${dir}/orrery.db`;
}

async function ourServer(store: string): Promise<HttpServer> {
  const node = await startNodeProcess(store);
  // Submission alone is compared: neither side works on what it takes in.
  const paused = await fetch(new URL("/queue/bench", node.url), {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ paused: true }),
  });
  if (!paused.ok) throw new Error(`pausing the queue: ${paused.status} ${await paused.text()}`);
  return {
    url: node.url,
    stored: () => countStored(node.url),
    stop: async () => {
      await node.stop("SIGTERM");
      await removeStore(store);
    },
  };
}

/** Removes the folder of an embedded store. */
export async function removeStore(url: string): Promise<void> {
  const path = url.startsWith("sqlite:") ? url.slice("sqlite:".length) : "";
  if (path !== "") await Deno.remove(path.slice(0, path.lastIndexOf("/")), { recursive: true });
}

async function theirServer(redis: RedisServer | undefined): Promise<HttpServer> {
  const child = new Process([...RUN_APART, "bench/bullmq/http_main.ts", `${await emptied(redis)}`]);
  const { url } = await child.answer() as { readonly url: string };
  return {
    url: new URL(url),
    stored: async () => await child.ask("stored") as number,
    stop: () => child.stop(),
  };
}

/** Jobs that a node holds, by its own count. */
export async function countStored(url: URL): Promise<number> {
  const response = await fetch(new URL("/jobs/counts", url));
  const counts = await response.json() as { readonly states?: Record<string, number> };
  return Object.values(counts.states ?? {}).reduce((sum, count) => sum + count, 0);
}

/** The port of the competitor's server, with nothing in it. */
async function emptied(redis: RedisServer | undefined): Promise<number> {
  if (redis === undefined) throw new Error("BullMQ needs redis-server on this machine");
  await redis.flush();
  return redis.port;
}
