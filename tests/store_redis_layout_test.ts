import assert from "node:assert/strict";
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
