/**
 * Redis as a store: what a pending job weighs in its memory, and how many writes it takes a second.
 *
 *     deno run --allow-all bench/redis/store.ts [JOBS]
 *
 * The server is one of our own with an append-only file, synced every second. JOBS (default 100000) are inserted as
 * the job codec writes them, with a payload of 100 bytes, in full batches of which two are under way at a time, as in
 * a node's group commit; then all are started and finished.
 * @module
 */
import { encodeJob, JOB_KIND, newJob } from "../../actors/job/codec.ts";
import { type JobSpec, RETRY_DEFAULT } from "../../actors/job/spec.ts";
import type { JobState } from "../../actors/job/state.ts";
import { encodeBody } from "../../actors/job/stored/body.ts";
import { type BootId, IdMaker, type NodeName, type ShardId, shardOf } from "../../runtime/ids.ts";
import { BATCH_WRITES_MAX, BATCHES_IN_FLIGHT_MAX } from "../../runtime/limits.ts";
import { openStore } from "../../runtime/store/open_driver.ts";
import type { Store, Write } from "../../runtime/store/port.ts";
import { systemClock } from "../../runtime/system/system_clock.ts";
import { startRedis } from "../harness/redis.ts";

const SHARDS = 256;
const DAY_MS = 86_400_000;
const JOBS = Math.max(BATCH_WRITES_MAX, Number(Deno.args[0] ?? 100_000));
const ME = { node: "bench" as NodeName, boot: "1" as BootId };
const ids = new IdMaker((count) => crypto.getRandomValues(new Uint8Array(count)));
const nowMs = Date.now();

function specOf(runAtMs: number): JobSpec {
  return {
    name: "noop",
    payload: JSON.stringify({ d: "x".repeat(92) }),
    queue: "default",
    priority: 5,
    runAtMs,
    retry: RETRY_DEFAULT,
    timeoutMs: null,
    sla: { startWithinMs: null, finishWithinMs: null },
    delivery: "at-least-once",
    tags: [],
    retention: { completedMs: DAY_MS, failedMs: 7 * DAY_MS },
    concurrencyKey: null,
    traceId: null,
    fingerprint: null,
  };
}

const jobs = Array.from({ length: JOBS }, (_, at) => {
  const id = ids.next(nowMs + at);
  const job = newJob(specOf(nowMs + at), nowMs + at);
  return { id, shard: shardOf(id, SHARDS), job };
});

function insertion({ id, shard, job }: typeof jobs[number]): Write {
  const { head, index } = encodeJob(job);
  const { createdAtMs } = job;
  const body = encodeBody(job.spec, createdAtMs);
  return { kind: "insert", draft: { id, shard, kind: JOB_KIND, createdAtMs, head, body, index } };
}

function transition(one: typeof jobs[number], version: number, change: Partial<JobState>): Write {
  const { id, shard, job } = one;
  const { head, index } = encodeJob({ ...job, ...change });
  return { kind: "transition", id, shard, epoch: 1, expectedVersion: version, head, index };
}

/** Applies a write for every job; prints how many a second were applied. */
async function measured(
  store: Store,
  what: string,
  write: (job: typeof jobs[number]) => Write,
): Promise<void> {
  const startedMs = performance.now();
  const underWay = new Set<Promise<unknown>>();
  for (let at = 0; at < jobs.length; at += BATCH_WRITES_MAX) {
    const batch = jobs.slice(at, at + BATCH_WRITES_MAX).map(write);
    const one: Promise<unknown> = store.apply(batch).then((outcomes) => {
      underWay.delete(one);
      const refused = outcomes.find(({ kind }) => kind !== "applied");
      if (refused !== undefined) throw new Error(`${what}: ${JSON.stringify(refused)}`);
    });
    underWay.add(one);
    if (underWay.size >= BATCHES_IN_FLIGHT_MAX) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  const perSecond = jobs.length / (performance.now() - startedMs) * 1_000;
  console.log(`${what.padEnd(28)} ${perSecond.toFixed(0).padStart(8)} writes/s`);
}

const redis = await startRedis();
if (redis === undefined) throw new Error("no redis-server on this machine");
try {
  const warn = (message: string) => console.warn(message);
  const url = `redis://127.0.0.1:${redis.port}`;
  const store = await openStore(url, { shards: SHARDS }, { clock: systemClock, warn });
  await store.renew(ME, { ttlMs: DAY_MS, opening: true });
  await store.acquire(ME, Array.from({ length: SHARDS }, (_, shard) => shard as ShardId));
  const before = await redis.memoryBytes();
  await measured(store, "insert", insertion);
  const perJob = (await redis.memoryBytes() - before) / jobs.length;
  console.log(`${"memory of a pending job".padEnd(28)} ${perJob.toFixed(0).padStart(8)} bytes`);
  await measured(store, "start", (job) => transition(job, 1, { state: "running", counted: 1 }));
  await measured(store, "finish", (job) => {
    return transition(job, 2, { state: "completed", counted: 1, finishedAtMs: nowMs });
  });
  await store.close();
} finally {
  await redis.stop();
}
