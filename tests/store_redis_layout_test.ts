import assert from "node:assert/strict";
import { Redis } from "../deps.ts";
import { openStore } from "../runtime/store/open_driver.ts";
import {
  append,
  findAll,
  idsOf,
  insert,
  move,
  own,
  SHARDS,
} from "../runtime/store/testing/fixtures.ts";
import { systemClock } from "../runtime/system/system_clock.ts";
import { MemoryStore } from "../runtime/store/memory.ts";
import type { Store, Write } from "../runtime/store/port.ts";
import { hasRedis } from "../tools/redis.ts";
import { RedisProcess } from "./support/redis_process.ts";

const ignore = !await hasRedis();
/** What outlives every actor: birth, the two counters of serials and shapes, fences and sessions. */
const KEYS_OF_EMPTY = 5;
const COMMON = { wakeAtMs: 5, labels: ["state=new", "queue=q"], lane: "job/q", tally: "q/new" };

Deno.test(
  "redis: nothing is left of actors that were swept, shared shapes included (S6)",
  { ignore },
  async () => {
    await using redis = await RedisProcess.start();
    const store = await openStore(redis.url, { shards: SHARDS }, { clock: systemClock });
    try {
      await own(store);
      const ids = Array.from({ length: 40 }, (_, at) => `job-${at}`);
      await store.apply(ids.map((id) => insert(id, COMMON)));
      // Rare shapes: of sixteen such one gets a number, so some of these do.
      const rare = Array.from({ length: 40 }, (_, at) => `rare-${at}`);
      for (const id of rare) await store.apply([insert(id, { ...COMMON, labels: [`tag=${id}`] })]);
      await store.apply([append("job-0", ["line"]), move("job-1", 1, COMMON), move("job-2", 1)]);
      const tagged = { kind: "job", labels: ["tag=rare-7"], order: "newest", limit: 5 } as const;
      assert.deepEqual(idsOf(await findAll(store, tagged)), ["rare-7"]);
      assert.equal(await redis.send("HEXISTS {o0}k 1"), ":1", "the common shape has a number");

      const versions = new Map([["job-1", 2], ["job-2", 2]]);
      const ending = [...ids, ...rare].map((id) => {
        return move(id, versions.get(id) ?? 1, { ...COMMON, wakeAtMs: null, expireAtMs: 1 });
      });
      assert.ok((await store.apply(ending)).every(({ kind }) => kind === "applied"));
      assert.equal(await store.sweep({ nowMs: 1, limit: 500 }), 80);
      assert.equal(await redis.send("DBSIZE"), `:${KEYS_OF_EMPTY}`);
    } finally {
      await store.close();
    }
  },
);

Deno.test(
  "redis: a shape that comes and goes within one batch leaves nothing",
  { ignore },
  async () => {
    await using redis = await RedisProcess.start();
    const store = await openStore(redis.url, { shards: SHARDS }, { clock: systemClock });
    try {
      await own(store);
      const ids = Array.from({ length: 20 }, (_, at) => `job-${at}`);
      const moves = ids.map((id) => move(id, 1, { labels: ["state=old"] }));
      await store.apply([...ids.map((id) => insert(id, COMMON)), ...moves]);
      assert.equal(await redis.send("HLEN {o0}k"), ":1", "the one that is in use");
      assert.equal(await redis.send("HLEN {o0}ki"), ":1");
      assert.equal(await redis.send("HLEN {o0}kn"), ":1");
    } finally {
      await store.close();
    }
  },
);

/** Gives numbers below a bound, the same at every run. */
function numbers(): (below: number) => number {
  let state = 7;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

/** Batches of inserts and moves of `jobs` actors, all in one place of the due index, whose times are scattered. */
function scattered(jobs: number, steps: number): Write[][] {
  const next = numbers();
  const versions = new Map<string, number>();
  return Array.from({ length: steps }, () => {
    const batch: Write[] = [];
    for (let at = 0; at < 40; at++) {
      // One shard: it is that of what comes before the slash.
      const id = `flow/${next(jobs)}`;
      const version = versions.get(id);
      const wakeAtMs = next(5) === 0 ? null : next(3) === 0 ? 500 : next(1_000);
      const expireAtMs = next(2) === 0 ? null : next(1_000) + 2_000;
      const index = { lane: "job/q", wakeAtMs, expireAtMs };
      versions.set(id, (version ?? 0) + 1);
      batch.push(version === undefined ? insert(id, index) : move(id, version, index));
    }
    return batch;
  });
}

/** What is due, told in pages of every size that matters. */
async function dueOf(store: Store): Promise<unknown> {
  const found: unknown[] = [];
  for (const limit of [1, 63, 64, 65, 1_000]) {
    found.push(await store.dueInLane({ lane: "job/q", untilMs: 700, limit }));
  }
  for (let fromMs = 0; fromMs < 1_000;) {
    const range = await store.dueBetween({ fromMs, untilMs: 1_000, limit: 200 });
    found.push(range.entries.filter(({ wakeAtMs }) => wakeAtMs < range.completeToMs));
    if (range.completeToMs <= fromMs) break; // More than a page at one moment.
    fromMs = range.completeToMs;
  }
  return found;
}

Deno.test(
  "redis: times come and go in any order, and their chunks stay small and in order (T1, T2)",
  { ignore },
  async () => {
    await using redis = await RedisProcess.start();
    const store = await openStore(redis.url, { shards: SHARDS }, { clock: systemClock });
    const twin = new MemoryStore(systemClock, { shards: SHARDS });
    const client = new Redis({ port: redis.port });
    try {
      await own(store);
      await own(twin);
      for (const batch of scattered(600, 60)) {
        assert.deepEqual(await store.apply(batch), await twin.apply(batch));
      }
      assert.deepEqual(await dueOf(store), await dueOf(twin));
      const chunks = await client.keys("{o0}c:*");
      const sizes = await Promise.all(chunks.map((key) => client.zcard(key)));
      assert.ok(chunks.length > 8 && Math.max(...sizes) <= 64, `${sizes}`);
      for (const nowMs of [2_300, 2_301, 2_700]) {
        const swept = { nowMs, limit: 500 };
        assert.equal(await store.sweep(swept), await twin.sweep(swept));
      }
      assert.deepEqual(await dueOf(store), await dueOf(twin));
    } finally {
      client.disconnect();
      await store.close();
    }
  },
);
