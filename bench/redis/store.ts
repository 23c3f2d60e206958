/**
 * Redis as a store: what a job that waits weighs in its memory, how many writes it takes a second, how long its
 * scripts hold it, and how long a node takes to take over a third of all shards.
 *
 *     deno run --allow-all bench/redis/store.ts [JOBS]
 *
 * The server is one of our own with an append-only file, synced every second. JOBS (default 100000), one due each
 * millisecond, are inserted as the job codec writes them, with a payload of 100 bytes, in full batches of which two
 * are under way at a time, as in a node's group commit. What the machine gives at that moment is told by
 * redis-benchmark before: plain SETs of 300 bytes, pipelined. Then a dead node's shards are taken over, everything is
 * searched, and a tenth of the jobs is started, finished and swept. At the end BullMQ's waiting jobs
 * are weighed in the same server.
 * @module
 */
import type { BootId, NodeName, ShardId } from "../../runtime/ids.ts";
import {
  BATCHES_IN_FLIGHT_MAX,
  CLAIM_SHARDS_MAX,
  REDIS_COMMIT_WRITES_MAX,
  SWEEP_ACTORS_MAX,
  WINDOW_AHEAD_MS,
  WINDOW_READ_MAX,
} from "../../runtime/limits.ts";
import { openStore } from "../../runtime/store/open_driver.ts";
import type { Claimant, FindQuery, Store, Write } from "../../runtime/store/port.ts";
import { lanesOf } from "../../runtime/store/testing/fixtures.ts";
import { systemClock } from "../../runtime/system/system_clock.ts";
import { installBullMq } from "../bullmq/install.ts";
import { startRedis } from "../harness/redis.ts";
import { Jobs, PAYLOAD } from "./jobs.ts";
import { bullMqBytes } from "./bullmq.ts";
import { ScriptWatch } from "./script_times.ts";

const SHARDS = 256;
const THIRD = 85;
const DAY_MS = 86_400_000;
/** Enough to tell what one weighs. */
const BULLMQ_JOBS_MAX = 100_000;
const JOBS = Math.max(10 * REDIS_COMMIT_WRITES_MAX, Number(Deno.args[0] ?? 100_000));
const ME = { node: "bench" as NodeName, boot: "1" as BootId };
const DEAD = { node: "dead" as NodeName, boot: "1" as BootId };
const ALL = Array.from({ length: SHARDS }, (_, shard) => shard as ShardId);
const nowMs = Date.now();
const jobs = new Jobs(JOBS, nowMs, SHARDS);

function say(what: string, figure: number, unit: string): void {
  console.log(`${what.padEnd(36)} ${figure.toFixed(figure < 100 ? 2 : 0).padStart(9)} ${unit}`);
}

/** Runs one phase; tells how long its scripts held the server, and what one of `writes` took of its processor. */
async function watched(
  watch: ScriptWatch,
  { what, writes }: { readonly what: string; readonly writes?: number },
  phase: () => Promise<unknown>,
): Promise<void> {
  const { scripts, cpuMs } = await watch.during(phase);
  if (scripts === undefined) throw new Error(`${what}: no script ran`);
  const { count, p50, p99, max } = scripts;
  const figures = [p50, p99, max].map((ms) => ms.toFixed(2)).join(" / ");
  const mean = `${(cpuMs / count).toFixed(2)} ms of the processor each`;
  console.log(`${what.padEnd(30)} ${figures} ms p50 / p99 / max of ${count} scripts, ${mean}`);
  if (writes !== undefined) {
    say(`${what}, one write`, cpuMs / writes * 1_000, "µs of the processor");
  }
}

/** Plain SETs a second, as redis-benchmark counts them. */
async function rawSets(port: number): Promise<number> {
  const load = ["-t", "set", "-n", "400000", "-r", "400000", "-d", "300", "-P", "64", "-c", "2"];
  const { stdout } = await new Deno.Command("redis-benchmark", {
    args: ["-p", String(port), ...load, "--csv"],
  }).output();
  return Number(/"SET","([\d.]+)"/.exec(new TextDecoder().decode(stdout))?.[1]);
}

/** Applies a write for each of the first `count` jobs; how many a second were applied. */
async function applied(store: Store, count: number, write: (at: number) => Write) {
  const startedMs = performance.now();
  const underWay = new Set<Promise<unknown>>();
  for (let from = 0; from < count; from += REDIS_COMMIT_WRITES_MAX) {
    const length = Math.min(REDIS_COMMIT_WRITES_MAX, count - from);
    const batch = Array.from({ length }, (_, at) => write(from + at));
    const one: Promise<unknown> = store.apply(batch).then((outcomes) => {
      underWay.delete(one);
      const refused = outcomes.find(({ kind }) => kind !== "applied");
      if (refused !== undefined) throw new Error(JSON.stringify(refused));
    });
    underWay.add(one);
    if (underWay.size >= BATCHES_IN_FLIGHT_MAX) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  return count / (performance.now() - startedMs) * 1_000;
}

async function claim(store: Store, who: Claimant, shards: readonly ShardId[]): Promise<void> {
  for (let from = 0; from < shards.length; from += CLAIM_SHARDS_MAX) {
    const outcomes = await store.acquire(who, shards.slice(from, from + CLAIM_SHARDS_MAX));
    if (outcomes.some(({ kind }) => kind !== "acquired")) throw new Error("a shard is held");
  }
}

/** Claims shards and reads what a node wants to know of them: what is due, and the time ahead; how many that are. */
async function takeover(store: Store, shards: readonly ShardId[]): Promise<number> {
  await claim(store, ME, shards);
  const dueMs = Date.now();
  let found = 0;
  for (const lane of await lanesOf(store)) {
    const query = { lane, untilMs: dueMs, limit: WINDOW_READ_MAX, shards };
    found += (await store.dueInLane(query)).length;
  }
  const untilMs = dueMs + WINDOW_AHEAD_MS;
  for (let fromMs = dueMs; fromMs < untilMs;) {
    const query = { fromMs, untilMs, limit: WINDOW_READ_MAX, shards };
    const range = await store.dueBetween(query);
    found += range.entries.filter(({ wakeAtMs }) => wakeAtMs < range.completeToMs).length;
    fromMs = range.completeToMs;
  }
  return found;
}

async function searchAll(store: Store, query: Omit<FindQuery, "kind" | "order" | "limit">) {
  let cursor: string | null = null;
  for (let pages = 0; pages < 50; pages++) {
    const at: { cursor?: string } = cursor === null ? {} : { cursor };
    const asked = { kind: "job", order: "newest", limit: 100, ...query, ...at } as const;
    ({ cursor } = await store.find(asked));
    if (cursor === null) return;
  }
}

async function run(store: Store, port: number, memory: () => Promise<number>): Promise<void> {
  const watch = await ScriptWatch.on(port);
  await store.renew(ME, { ttlMs: DAY_MS, opening: true });
  await store.renew(DEAD, { ttlMs: 1, opening: true });
  const before = await memory();
  let perSecond = 0;
  await watched(watch, { what: "inserts", writes: JOBS }, async () => {
    perSecond = await applied(store, JOBS, (at) => jobs.insertion(at));
  });
  say("inserts", perSecond, "a second");
  say("a waiting job", (await memory() - before) / JOBS, "bytes");

  await claim(store, ME, ALL.slice(THIRD));
  await store.renew(DEAD, { ttlMs: 100, opening: true });
  await claim(store, DEAD, ALL.slice(0, THIRD));
  await new Promise((resolve) => setTimeout(resolve, 150));
  await watched(watch, { what: "takeover" }, async () => {
    const startedMs = performance.now();
    const found = await takeover(store, ALL.slice(0, THIRD));
    say("a third taken over, read", performance.now() - startedMs, `ms, ${found} due actors`);
  });

  const far = Date.now() + 2 * DAY_MS;
  await watched(watch, { what: "all shards' due reads" }, async () => {
    for (const lane of await lanesOf(store)) {
      await store.dueInLane({ lane, untilMs: far, limit: WINDOW_READ_MAX });
    }
    for (let from = 0; from < 20; from++) {
      await store.dueBetween({ fromMs: nowMs + from * 1_000, untilMs: far, limit: 4_096 });
    }
  });
  const label = "queue=default";
  await watched(watch, { what: "searches of all" }, () => searchAll(store, { labels: [label] }));
  await watched(watch, { what: "searches that find nothing" }, () => {
    return searchAll(store, { labels: [label], fromMs: nowMs + 1e9 });
  });

  const some = Math.floor(JOBS / 10);
  const owned = (at: number) => jobs.transition(at, 1, { state: "running", counted: 1 });
  await watched(watch, { what: "starts", writes: some }, async () => {
    say("starts", await applied(store, some, epochOf(owned)), "a second");
  });
  await watched(watch, { what: "searches of disjoint labels" }, () => {
    return searchAll(store, { labels: ["state=running", "state=scheduled"] });
  });
  const ended = { state: "completed", counted: 1, finishedAtMs: nowMs } as const;
  await watched(watch, { what: "finishes", writes: some }, async () => {
    const finish = epochOf((at) => jobs.transition(at, 2, ended));
    say("finishes", await applied(store, some, finish), "a second");
  });
  await watched(watch, { what: "sweeps", writes: some }, async () => {
    const startedMs = performance.now();
    for (let swept = 0; swept < some;) {
      swept += await store.sweep({ nowMs: nowMs + 8 * DAY_MS, limit: SWEEP_ACTORS_MAX });
    }
    say("sweeps", some / (performance.now() - startedMs) * 1_000, "actors a second");
  });
  watch.close();
}

/** The third that was taken over is at its second epoch. */
function epochOf(write: (at: number) => Write): (at: number) => Write {
  return (at) => {
    const made = write(at);
    if (made.kind !== "transition" || made.shard >= THIRD) return made;
    return { ...made, epoch: 2 };
  };
}

await installBullMq();
const redis = await startRedis();
if (redis === undefined) throw new Error("no redis-server on this machine");
try {
  const sets = await rawSets(redis.port);
  await redis.flush();
  const url = `redis://127.0.0.1:${redis.port}`;
  const warn = (message: string) => console.warn(message);
  const store = await openStore(url, { shards: SHARDS }, { clock: systemClock, warn });
  say("redis-benchmark, SETs", sets, "a second");
  await run(store, redis.port, () => redis.memoryBytes());
  await store.close();
  say("redis-benchmark, SETs, again", await rawSets(redis.port), "a second");
  const theirs = { count: Math.min(JOBS, BULLMQ_JOBS_MAX), payload: PAYLOAD };
  say("a waiting job of BullMQ", await bullMqBytes(redis, theirs), "bytes");
} finally {
  await redis.stop();
}
