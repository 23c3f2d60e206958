import assert from "node:assert/strict";
import { startRedis } from "../bench/harness/redis.ts";
import { Fault } from "../runtime/fault.ts";
import { storeContract } from "../runtime/store/contract.ts";
import { openStore } from "../runtime/store/open_driver.ts";
import type { Store } from "../runtime/store/port.ts";
import { RedisStore } from "../runtime/store/redis/driver.ts";
import { comparisonWithTwin } from "../runtime/store/testing/comparison.ts";
import {
  ALIVE_MS,
  ALL_SHARDS,
  insert,
  lanesOf,
  ME,
  move,
  own,
  read,
  SHARDS,
} from "../runtime/store/testing/fixtures.ts";
import { systemClock } from "../runtime/system/system_clock.ts";
import { hasRedis } from "../tools/redis.ts";
import { eventually, pause } from "./support/eventually.ts";
import { RedisProcess } from "./support/redis_process.ts";

/** Without a Redis there is nothing to test; the test command says how to get one. */
const ignore = !await hasRedis();
const shared = await startRedis();
if (shared !== undefined) {
  addEventListener("unload", () => void shared.stop());
  const open = async (groups: number, shards = SHARDS) => {
    await shared.flush();
    const url = `redis://127.0.0.1:${shared.port}`;
    return await RedisStore.open({ url, shards, groups, warn: () => {} });
  };
  for (const [name, groups] of [["RedisStore", 1], ["RedisStore of 3 groups", 3]] as const) {
    storeContract(name, ({ shards }) => open(groups, shards));
    comparisonWithTwin(name, () => open(groups), { sequences: 60 });
  }
}

function isFault(code: string, message = /./) {
  return (error: unknown) =>
    error instanceof Fault && error.code === code && message.test(error.message);
}

/** A store on a Redis of its own. */
async function onOwnRedis(
  body: (store: Store, redis: RedisProcess, warnings: string[]) => Promise<void>,
): Promise<void> {
  await using redis = await RedisProcess.start();
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const store = await openStore(redis.url, { shards: SHARDS }, { clock: systemClock, warn });
  try {
    await body(store, redis, warnings);
  } finally {
    await store.close();
  }
}

Deno.test(
  "redis: what was acknowledged survives SIGKILL of the server (S4)",
  { ignore },
  () =>
    onOwnRedis(async (store, redis) => {
      await own(store);
      for (let at = 0; at < 20; at++) await store.apply([insert(`job-${at}`)]);
      await store.apply([move("job-7", 1, { tally: "default/moved" })]);
      await redis.kill();
      await assert.rejects(store.apply([insert("late")]), isFault("unavailable"));
      await redis.restart();
      await eventually(() => lanesOf(store).then(() => true, () => undefined), {
        what: "the store",
      });
      assert.equal((await read(store, "job-7"))?.version, 2);
      for (let at = 0; at < 20; at++) assert.ok(await read(store, `job-${at}`));
      assert.equal((await store.fences()).length, SHARDS);
    }),
);

Deno.test(
  "redis: a server that stands still is a timeout for writes, and comes back",
  { ignore },
  () =>
    onOwnRedis(async (store, redis) => {
      await own(store);
      redis.signal("SIGSTOP");
      await assert.rejects(store.apply([insert("unknown")]), isFault("timeout"));
      await assert.rejects(lanesOf(store), isFault("unavailable"));
      redis.signal("SIGCONT");
      await eventually(() => lanesOf(store).then(() => true, () => undefined), {
        what: "the store",
      });
      const [outcome] = await store.apply([insert("after")]);
      assert.equal(outcome?.kind, "applied");
    }),
);

Deno.test(
  "redis: a write on its way when the server dies may have been applied",
  { ignore },
  () =>
    onOwnRedis(async (store, redis) => {
      await own(store);
      redis.signal("SIGSTOP");
      const onItsWay = assert.rejects(store.apply([insert("unknown")]), isFault("timeout"));
      await pause(100);
      await redis.kill();
      await onItsWay;
    }),
);

Deno.test(
  "redis: scripts that the server has forgotten are sent again",
  { ignore },
  () =>
    onOwnRedis(async (store, redis) => {
      await store.apply([insert("a")]);
      await redis.send("SCRIPT FLUSH");
      await store.apply([insert("b")]);
      assert.ok(await read(store, "a") && await read(store, "b"));
    }),
);

Deno.test("redis: a full server refuses writes as full, and takes them when there is room", {
  ignore,
}, () =>
  onOwnRedis(async (store, redis) => {
    await store.apply([insert("a")]);
    await redis.send("CONFIG SET maxmemory 1");
    await assert.rejects(store.apply([insert("b")]), isFault("full", /OOM/));
    assert.ok(await read(store, "a"));
    await redis.send("CONFIG SET maxmemory 0");
    assert.equal((await store.apply([insert("b")]))[0]?.kind, "applied");
  }));

Deno.test(
  "redis: a replica that takes no writes is read-only",
  { ignore },
  () =>
    onOwnRedis(async (store, redis) => {
      await redis.send("REPLICAOF 127.0.0.1 1");
      await assert.rejects(store.apply([insert("a")]), isFault("read-only"));
    }),
);

Deno.test(
  "redis: openStore() refuses what is not fit, and says what to do",
  { ignore },
  () =>
    onOwnRedis(async (_store, redis, warnings) => {
      const open = (url = redis.url, shards = SHARDS) =>
        openStore(url, { shards }, {
          clock: systemClock,
          warn: (text) => void warnings.push(text),
        });
      await assert.rejects(open(redis.url, SHARDS + 1), isFault("mismatch", /born with 8 shards/));
      const groups = openStore(redis.url, { shards: SHARDS }, { clock: systemClock, groups: 3 });
      await assert.rejects(
        groups,
        isFault("mismatch", /born with 1 groups.*set store.groups to 1/),
      );
      for (const birth of [`layout=9,shards=${SHARDS}`, SHARDS]) {
        await redis.send(`SET {o0}birth ${birth}`);
        await assert.rejects(open(), isFault("mismatch", /layout is [19], not 3/));
      }
      await redis.send(`SET {o0}birth layout=3,shards=${SHARDS},groups=1`);
      await redis.send("CONFIG SET maxmemory-policy allkeys-lru");
      await assert.rejects(open(), isFault("mismatch", /noeviction/));
      await redis.send("CONFIG SET maxmemory-policy noeviction");
      assert.deepEqual(warnings, []);
      await redis.send("CONFIG SET appendonly no");
      await (await open()).close();
      assert.match(warnings[0] ?? "", /append-only/);
      await redis.send("CONFIG SET requirepass sesame");
      const wrong = redis.url.replace("//", "//:opensaysme@");
      await assert.rejects(open(wrong), (error) => {
        assert.ok(isFault("mismatch", /WRONGPASS/)(error), String(error));
        return !String(error).includes("opensaysme");
      });
      await assert.rejects(open(), isFault("mismatch", /NOAUTH/));
      await (await open(redis.url.replace("//", "//:sesame@"))).close();
    }),
);

Deno.test(
  "redis: openStore() of a server that is not there is unavailable, soon",
  { ignore },
  async () => {
    const startMs = performance.now();
    const opening = openStore("redis://127.0.0.1:1", { shards: SHARDS }, { clock: systemClock });
    await assert.rejects(opening, isFault("unavailable"));
    assert.ok(performance.now() - startMs < 3_000);
  },
);

Deno.test(
  "redis: no script takes long with many actors stored (S7)",
  { ignore },
  () =>
    onOwnRedis(async (store, redis) => {
      await store.renew(ME, { ttlMs: ALIVE_MS, opening: true });
      await store.acquire(ME, ALL_SHARDS);
      const actors = 50_000;
      for (let from = 0; from < actors; from += 500) {
        await store.apply(Array.from({ length: 500 }, (_, at) =>
          insert(`job-${from + at}`, {
            wakeAtMs: 1_000 + from + at,
            lane: `job/${at % 3}`,
            labels: ["state=scheduled", `queue=${at % 3}`, ...(at % 100 === 0 ? ["tag=rare"] : [])],
          })));
      }
      await redis.send("CONFIG SET slowlog-log-slower-than 25000");
      await redis.send("SLOWLOG RESET");
      const found = await store.find({
        kind: "job",
        labels: ["tag=rare", "queue=0"],
        order: "newest",
        limit: 500,
      });
      assert.ok(found.snapshots.length > 0);
      await store.dueBetween({ fromMs: 0, untilMs: 1e12, limit: 4_096 });
      await store.dueInLane({ lane: "job/1", untilMs: 1e12, limit: 4_096 });
      await store.sweep({ nowMs: 1e12, limit: 500 });
      assert.equal(await redis.send("SLOWLOG LEN"), ":0", "a script took more than 25 ms");
    }),
);
