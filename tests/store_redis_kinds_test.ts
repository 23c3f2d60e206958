import assert from "node:assert/strict";
import { Fault } from "../runtime/fault.ts";
import { openStore, type OpenStoreOptions } from "../runtime/store/open_driver.ts";
import type { Store } from "../runtime/store/port.ts";
import { insert, move, own, read, SHARDS } from "../runtime/store/testing/fixtures.ts";
import { systemClock } from "../runtime/system/system_clock.ts";
import { hasRedis } from "../tools/redis.ts";
import { eventually } from "./support/eventually.ts";
import { RedisProcess } from "./support/redis_process.ts";

/** Without a Redis there is nothing to test; the test command says how to get one. */
const ignore = !await hasRedis();

function open(url: string, options: Partial<OpenStoreOptions> = {}): Promise<Store> {
  return openStore(url, { shards: SHARDS }, { clock: systemClock, ...options });
}

function isFault(code: string, message: RegExp) {
  return (error: unknown) =>
    error instanceof Fault && error.code === code && message.test(error.message);
}

/** Resolves once the replica at `port` has its primary's data. */
async function replicating(replica: RedisProcess): Promise<void> {
  await eventually(
    async () => (await replica.info("replication")).includes("master_link_status:up") || undefined,
    { what: () => "a replica with a link to its primary", withinMs: 10_000 },
  );
}

Deno.test(
  "redis: replicated writes count when a replica has them, and are in doubt without one",
  { ignore },
  async () => {
    await using primary = await RedisProcess.start();
    await using replica = await RedisProcess.start(["--replicaof", `127.0.0.1 ${primary.port}`]);
    await replicating(replica);
    const store = await open(primary.url, { durability: "replicated" });
    try {
      assert.equal((await store.apply([insert("a")]))[0]?.kind, "applied");
      const copy = await open(replica.url).catch((error) => error);
      assert.ok(isFault("read-only", /READONLY/)(copy), "a replica can't be opened");
      await replica.kill();
      await assert.rejects(store.apply([insert("b")]), isFault("timeout", /no replica/));
      assert.ok(await read(store, "b"), "in doubt, not undone");
    } finally {
      await store.close();
    }
  },
);

Deno.test(
  "redis: a store behind Sentinels goes on with the replica when the primary dies (S1, S4)",
  { ignore },
  async () => {
    await using primary = await RedisProcess.start();
    await using replica = await RedisProcess.start(["--replicaof", `127.0.0.1 ${primary.port}`]);
    await replicating(replica);
    await using sentinel = await RedisProcess.sentinel(primary.port);
    // A Sentinel that hasn't met the replica has nobody to promote.
    await eventually(
      async () => (await sentinel.info("sentinel")).includes("slaves=1") || undefined,
      { what: () => "a Sentinel that knows the replica", withinMs: 20_000 },
    );
    const store = await open(`redis-sentinel://127.0.0.1:${sentinel.port}/jobs`, {
      durability: "replicated",
    });
    try {
      await own(store);
      await store.apply([insert("a")]);
      await primary.kill();
      await assert.rejects(store.apply([insert("b")]), Fault);
      await eventually(() => read(store, "a").then((found) => found, () => undefined), {
        what: () => "the promoted replica",
        withinMs: 20_000,
      });
      const moved = await store.apply([move("a", 1)]).catch((error) => error);
      assert.ok(isFault("timeout", /no replica/)(moved), `alone it can't replicate: ${moved}`);
      assert.equal((await read(store, "a"))?.version, 2);
      assert.equal((await store.fences()).length, SHARDS);
    } finally {
      await store.close();
    }
  },
);

Deno.test("redis: openStore() of a cluster that is not there gives up as unavailable", async () => {
  await assert.rejects(open("redis-cluster://127.0.0.1:1"), isFault("unavailable", /store.open/));
});

for (
  const [url, options, message] of [
    ["redis-cluster://127.0.0.1:1", { durability: "replicated" }, /redis-sentinel/],
    ["sqlite::memory:", { groups: 3 }, /need Redis/],
    ["sqlite::memory:", { durability: "replicated" }, /need Redis/],
  ] as const
) {
  Deno.test(`openStore() of ${url} refuses ${JSON.stringify(options)}`, async () => {
    await assert.rejects(open(url, options), isFault("mismatch", message));
  });
}
