/**
 * Measures the SQLite store through its driver, thread and disk included:
 *
 *     deno run --allow-all bench/store.ts [JOBS] [PATH]
 *
 * JOBS (default 200000) pending actors are inserted in batches, with two batches under way as the
 * node has; some are then started and finished, the store is opened again, and its reads are timed.
 * @module
 */
import { actorId, type BootId, IdMaker, type NodeName, shardOf } from "../runtime/ids.ts";
import { BATCHES_IN_FLIGHT_MAX } from "../runtime/limits.ts";
import type { Indexing } from "../runtime/snapshot.ts";
import { openStore } from "../runtime/store/open_driver.ts";
import type { Store, Write } from "../runtime/store/port.ts";
import { systemClock } from "../runtime/system/system_clock.ts";

const SHARDS = 256;
const BATCH = 256;
const DAY_MS = 86_400_000;
const jobs = Math.max(BATCH, Number(Deno.args[0] ?? 200_000));
const path = Deno.args[1] ?? `${await Deno.makeTempDir()}/store.db`;
const me = { node: "bench" as NodeName, boot: "1" as BootId };

const ids = new IdMaker((count) => crypto.getRandomValues(new Uint8Array(count)));
const body = JSON.stringify({ name: "noop", payload: { d: "x".repeat(92) }, queue: "default" });
const nowMs = Date.now();

function report(what: string, value: number, unit: string): void {
  console.log(`${what.padEnd(44)} ${value.toFixed(value < 100 ? 2 : 0).padStart(10)} ${unit}`);
}

function indexing(state: string, times: { wake: number | null; expire: number | null }): Indexing {
  return {
    wakeAtMs: times.wake,
    lane: "default",
    rank: 0,
    expireAtMs: times.expire,
    labels: [`state=${state}`, "name=noop", "queue=default"],
    tally: `default/${state}`,
  };
}

async function open(): Promise<Store> {
  return await openStore(`sqlite:${path}`, { shards: SHARDS }, { clock: systemClock });
}

/** Applies batches with as many under way as a node has; returns writes per second. */
async function rate(store: Store, batches: Iterable<readonly Write[]>): Promise<number> {
  const started = performance.now();
  const underWay = new Set<Promise<unknown>>();
  let writes = 0;
  for (const batch of batches) {
    writes += batch.length;
    const one: Promise<unknown> = store.apply(batch).finally(() => underWay.delete(one));
    underWay.add(one);
    if (underWay.size >= BATCHES_IN_FLIGHT_MAX) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  return writes / (performance.now() - started) * 1000;
}

const made: string[] = [];
function* inserts(count: number): Generator<readonly Write[]> {
  for (let at = 0; at < count; at += BATCH) {
    yield Array.from({ length: BATCH }, (_, offset): Write => {
      const id = ids.next(Date.now());
      if (made.length < 60_000) made.push(id);
      const wake = nowMs + DAY_MS + (at + offset) * 37 % DAY_MS;
      return {
        kind: "insert",
        draft: {
          id,
          shard: shardOf(id, SHARDS),
          kind: "job",
          createdAtMs: Date.now(),
          head: JSON.stringify({ s: "scheduled", r: wake, a: [], n: 0, m: 3 }),
          body,
          index: indexing("scheduled", { wake, expire: null }),
        },
      };
    });
  }
}

function* moves(version: number, index: Indexing): Generator<readonly Write[]> {
  const head = JSON.stringify({
    s: "running",
    r: nowMs,
    a: [[1, nowMs, "a", "token"]],
    n: 1,
    m: 3,
  });
  for (let at = 0; at + BATCH <= made.length; at += BATCH) {
    yield made.slice(at, at + BATCH).map((text): Write => {
      const id = actorId(text);
      const shard = shardOf(id, SHARDS);
      return { kind: "transition", id, shard, epoch: 1, expectedVersion: version, head, index };
    });
  }
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  report(what, performance.now() - started, "ms");
  return result;
}

const before = Deno.memoryUsage().rss;
let store = await open();
const empty = Deno.memoryUsage().rss;
report("memory of the open, empty store", (empty - before) / 2 ** 20, "MiB");
report("insert", await rate(store, inserts(jobs)), "/s");
report(
  "memory grown by inserting (with garbage)",
  (Deno.memoryUsage().rss - empty) / 2 ** 20,
  "MiB",
);
await timed("close", () => store.close());
report("bytes per pending job", Deno.statSync(path).size / jobs, "bytes");
store = await timed("open again", open);
await timed("first due page", () => store.dueBetween({ fromMs: 0, untilMs: 2e13, limit: 512 }));
await timed("tallies", () => store.tallies("job"));
await store.acquire(me, Array.from({ length: SHARDS }, (_, shard) => shard as never));
report(
  "start",
  await rate(store, moves(1, indexing("running", { wake: null, expire: null }))),
  "/s",
);
const kept = indexing("completed", { wake: null, expire: nowMs + 3 * DAY_MS });
report("finish", await rate(store, moves(2, kept)), "/s");
report("insert again", await rate(store, inserts(20 * BATCH)), "/s");
const find = { kind: "job", order: "newest", limit: 50 } as const;
await timed(
  "find, three labels, newest",
  () => store.find({ ...find, labels: ["state=scheduled", "name=noop", "queue=default"] }),
);
await timed(
  "find, one label, oldest",
  () => store.find({ ...find, order: "oldest", labels: ["state=completed"] }),
);
await timed(
  "find in a time span",
  () => store.find({ ...find, labels: ["state=scheduled"], fromMs: nowMs, toMs: nowMs + 1_000 }),
);
await timed("sweep of 500", () => store.sweep({ nowMs: nowMs + 4 * DAY_MS, limit: 500 }));
await timed("load of 512", () => store.load(made.slice(-512).map(actorId)));
await store.close();
