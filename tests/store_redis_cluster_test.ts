import assert from "node:assert/strict";
import { Fault } from "../runtime/fault.ts";
import type { ShardId } from "../runtime/ids.ts";
import { storeContract } from "../runtime/store/contract.ts";
import { openStore } from "../runtime/store/open_driver.ts";
import type { Store } from "../runtime/store/port.ts";
import { comparisonWithTwin } from "../runtime/store/testing/comparison.ts";
import {
  ALIVE_MS,
  findAll,
  idsOf,
  insert,
  lanesOf,
  ME,
  OTHER,
  OVER_MS,
  own,
  read,
  shardIn,
  SHARDS,
} from "../runtime/store/testing/fixtures.ts";
import { systemClock } from "../runtime/system/system_clock.ts";
import { hasRedis } from "../tools/redis.ts";
import { eventually } from "./support/eventually.ts";
import { RedisCluster } from "./support/redis_cluster.ts";

const ignore = !await hasRedis();
const GROUPS = 3;

function open(url: string, groups = GROUPS): Promise<Store> {
  return openStore(url, { shards: SHARDS }, { clock: systemClock, groups });
}

function isFault(code: string, message = /./) {
  return (error: unknown) =>
    error instanceof Fault && error.code === code && message.test(error.message);
}

/** Ids of actors, `count` in each group: group 0's first, then group 1's, … */
function idsByGroup(count: number): string[][] {
  const groups: string[][] = Array.from({ length: GROUPS }, () => []);
  for (let at = 0; groups.some((ids) => ids.length < count); at++) {
    const ids = groups[shardIn(`job-${at}`) % GROUPS];
    if (ids !== undefined && ids.length < count) ids.push(`job-${at}`);
  }
  return groups;
}

if (!ignore) {
  for (const [primaries, groups] of [[1, 1], [3, GROUPS]] as const) {
    const cluster = await RedisCluster.start(primaries);
    addEventListener("unload", () => cluster.primaries.forEach((one) => one.signal("SIGKILL")));
    const emptied = async () => {
      await cluster.flush();
      return await open(cluster.url, groups);
    };
    const name = `redis cluster of ${primaries}, ${groups} groups`;
    storeContract(name, emptied);
    comparisonWithTwin(name, emptied, { sequences: 15 });
  }
}

/** A store of three groups on a cluster of three primaries, and the cluster. */
async function onCluster(
  body: (store: Store, cluster: RedisCluster) => Promise<void>,
): Promise<void> {
  await using cluster = await RedisCluster.start(GROUPS);
  const store = await open(cluster.url);
  try {
    await own(store);
    await body(store, cluster);
  } finally {
    await store.close();
  }
}

Deno.test("redis cluster: each primary has its part of the actors, and all are found", {
  ignore,
}, () =>
  onCluster(async (store, cluster) => {
    const ids = Array.from({ length: 600 }, (_, at) => `job-${at}`);
    for (let from = 0; from < 600; from += 200) {
      const some = ids.slice(from, from + 200);
      await store.apply(some.map((id, at) => insert(id, { wakeAtMs: from + at })));
    }
    const shares = await cluster.each(async (client) => (await client.keys("*}a:*")).length);
    assert.equal(shares.reduce((sum, share) => sum + share), 600);
    // Eight shards: three groups have three, three and two of them.
    assert.ok(shares.every((share) => share > 100 && share < 300), `${shares}`);
    const found = await findAll(store, { kind: "job", labels: [], order: "oldest", limit: 500 });
    assert.deepEqual(idsOf(found), ids);
    const due = await store.dueInLane({ lane: "default", untilMs: 1_000, limit: 600 });
    assert.deepEqual(idsOf(due), ids);
  }));

Deno.test("redis cluster: openStore() with another number of groups is refused", {
  ignore,
}, () =>
  onCluster(async (_store, cluster) => {
    for (const groups of [1, 2, 6]) {
      const message = /born with 3 groups, and is opened with \d: set store.groups to 3/;
      await assert.rejects(open(cluster.url, groups), isFault("mismatch", message));
    }
  }));

Deno.test(
  "redis cluster: what two nodes insert is found once each, serials that are equal included (SG3)",
  {
    ignore,
  },
  () =>
    onCluster(async (store, cluster) => {
      const other = await open(cluster.url);
      try {
        // Neither has heard of the other's: in different groups they give the same serials.
        const [first = [], second = [], third = []] = idsByGroup(8);
        await store.apply(first.map((id) => insert(id)));
        await other.apply([insert("flow/0"), ...second.map((id) => insert(id))]);
        await store.apply(third.map((id) => insert(id)));
        for (const order of ["newest", "oldest"] as const) {
          for (const limit of [1, 2, 5, 100]) {
            const found = await findAll(store, { kind: "job", labels: [], order, limit });
            const all = [...first, ...second, ...third, "flow/0"];
            assert.deepEqual([...idsOf(found)].sort(), all.sort(), `each once, ${limit} at a time`);
          }
        }
      } finally {
        await other.close();
      }
    }),
);

Deno.test(
  "redis cluster: a batch of which one group fails is in doubt, and its other groups go on (S4)",
  { ignore },
  () =>
    onCluster(async (store, cluster) => {
      const [one = [], two = [], three = []] = idsByGroup(2);
      const [first, second] = [0, 1].map((at) =>
        [one, two, three].map((ids) => insert(`${ids[at]}`))
      );
      await cluster.primaries[1]?.kill();
      await assert.rejects(store.apply(first ?? []), isFault("timeout"));
      for (const id of [one[0], three[0]]) assert.ok(await read(store, `${id}`), `${id} is there`);
      await cluster.primaries[1]?.restart();
      await cluster.calm();
      await eventually(() => lanesOf(store).then(() => true, () => undefined), {
        what: "the store",
        withinMs: 10_000,
      });
      assert.deepEqual(await store.apply(second ?? []), Array(GROUPS).fill({ kind: "applied" }));
    }),
);

Deno.test("redis cluster: a node that can't renew in one group renews in none (RS4)", {
  ignore,
}, () =>
  onCluster(async (store, cluster) => {
    const renew = () => store.renew(ME, { ttlMs: ALIVE_MS, opening: false });
    const leases = async () => (await store.sessions()).map(({ leaseUntilMs }) => leaseUntilMs);
    cluster.primaries[2]?.signal("SIGSTOP");
    await assert.rejects(renew(), Fault);
    const before = await leases();
    await assert.rejects(renew(), Fault);
    assert.deepEqual(await leases(), before);
    cluster.primaries[2]?.signal("SIGCONT");
    await eventually(() => renew().then(() => true, () => undefined), { what: "a renewal" });
    assert.ok(Number((await leases())[0]) > Number(before[0]));
  }));

Deno.test("redis cluster: acquire() takes over in every group what a lapsed session had", {
  ignore,
}, () =>
  onCluster(async (store) => {
    const all = Array.from({ length: SHARDS }, (_, shard) => shard as ShardId);
    await store.renew(OTHER, { ttlMs: ALIVE_MS, opening: true });
    const held = await store.acquire(OTHER, all);
    assert.ok(held.every(({ kind }) => kind === "held"));
    await store.renew(ME, { ttlMs: OVER_MS, opening: true });
    const taken = await store.acquire(OTHER, [...all].reverse());
    assert.deepEqual(taken.map(({ shard }) => shard), [...all].reverse());
    assert.ok(taken.every(({ kind }) => kind === "acquired"));
  }));
