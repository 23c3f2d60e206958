import assert from "node:assert/strict";
import { Redis } from "../deps.ts";
import { actorId } from "../runtime/ids.ts";
import { openStore } from "../runtime/store/open_driver.ts";
import type { Store, Write } from "../runtime/store/port.ts";
import { readRecord, unpack } from "../runtime/store/redis/codec.ts";
import { append, insert, move, own, SHARDS } from "../runtime/store/testing/fixtures.ts";
import { systemClock } from "../runtime/system/system_clock.ts";
import { hasRedis } from "../tools/redis.ts";
import { RedisProcess } from "./support/redis_process.ts";

const ignore = !await hasRedis();
const BATCHES = 100;
/** What differs by nature: who was alive until when, what the store was born with. */
const APART = ["{o0}e", "{o0}birth"];
/** A record's header, and the place of its shape's number behind it. */
const [HEADER_BYTES, SHAPE_AT] = [13, 3];
/** Shapes' numbers and texts, by number and by text, and their uses. */
const SHAPES = ["{o0}k", "{o0}ki", "{o0}kn", "{o0}kseq"];

/** Numbers below a bound, the same at every run. */
function numbers(): (below: number) => number {
  let state = 11;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

/** Indexings as jobs have them: few shapes, each of many actors; some with a key. */
function indexOf(next: (below: number) => number) {
  const state = ["pending", "running", "completed"][next(3)] as string;
  const lane = next(4) === 0 ? `job/q/key-${next(2)}` : "job/q";
  return {
    lane,
    rank: next(2),
    labels: [`state=${state}`, "queue=q", ...next(5) === 0 ? ["tag=x"] : []],
    tally: `q/${state}`,
    wakeAtMs: state === "pending" ? 1_000 + next(500) : null,
    expireAtMs: state === "completed" ? 9_000 + next(500) : null,
  };
}

/** Batches as nodes send them, some with stale versions, old epochs, several writes of one actor. */
function batches(): Write[][] {
  const next = numbers();
  const versions = new Map<string, number>();
  return Array.from({ length: BATCHES }, () => {
    const batch: Write[] = [];
    for (let at = 0; at < 30; at++) {
      const id = `job-${next(120)}`;
      const version = versions.get(id);
      const body = JSON.stringify("b".repeat(next(6) === 0 ? 2_000 : 20));
      if (version === undefined) batch.push(insert(id, { ...indexOf(next), body }));
      else if (next(20) === 0) batch.push(move(id, version + 3, indexOf(next)));
      else if (next(25) === 0) batch.push(append(id, ["line"]));
      else if (next(150) === 0) batch.push(move(id, version, { ...indexOf(next), epoch: 9 }));
      else {
        batch.push(move(id, version, { ...indexOf(next), head: JSON.stringify(next(1_000_000)) }));
      }
      const last = batch.at(-1) as Write;
      if (last.kind === "insert") versions.set(id, 1);
      const isMove = last.kind === "transition" && last.epoch === 1 &&
        last.expectedVersion === version;
      if (isMove) versions.set(id, last.expectedVersion + 1);
    }
    return batch;
  });
}

const idOf = (write: Write) => write.kind === "insert" ? write.draft.id : write.id;

/** Everything in a Redis but its shapes, of which it checks that each is used as often as it says. */
async function dump(client: Redis): Promise<Map<string, unknown>> {
  const all = new Map<string, unknown>();
  const shapes = await client.hgetallBuffer("{o0}k");
  const uses: Record<string, string> = {};
  for (const key of await client.keys("*")) {
    if (APART.includes(key) || SHAPES.includes(key)) continue;
    if (!key.startsWith("{o0}a:")) {
      all.set(key, await value(client, key));
      continue;
    }
    const { snapshot, known } = await record(client, key, shapes);
    all.set(key, { ...snapshot, serial: known.serial });
    if (known.shape !== null) uses[known.shape] = String(Number(uses[known.shape] ?? 0) + 1);
  }
  assert.deepEqual(await client.hgetall("{o0}kn"), uses);
  const numbers = Object.entries(await client.hgetallBuffer("{o0}k"));
  for (const [number, text] of numbers) assert.equal(await client.hget("{o0}ki", text), number);
  assert.deepEqual([numbers.length, await client.hlen("{o0}ki")], [
    ...[Object.keys(uses).length, numbers.length],
  ]);
  return all;
}

async function record(client: Redis, key: string, shapes: Record<string, Uint8Array>) {
  const id = actorId(key.slice("{o0}a:".length));
  const [packed, body] = [await client.getBuffer(key), await client.getBuffer(`{o0}b:${id}`)];
  assert.ok(packed);
  const rest = unpack(packed.subarray(HEADER_BYTES)) as readonly unknown[];
  const shape = shapes[String(rest[SHAPE_AT])] ?? null;
  return readRecord(id, packed, { body, shape });
}

async function value(client: Redis, key: string): Promise<unknown> {
  switch (await client.type(key)) {
    case "string":
      return await client.getBuffer(key);
    case "set":
      return (await client.smembers(key)).sort();
    case "hash":
      return Object.entries(await client.hgetallBuffer(key)).sort();
    case "zset":
      return await client.zrangeBuffer(key, "0", "-1", "WITHSCORES");
    default:
      return await client.lrange(key, 0, -1);
  }
}

const open = (redis: RedisProcess): Promise<Store> =>
  openStore(redis.url, { shards: SHARDS }, { clock: systemClock });

Deno.test(
  "redis: what was prepared is stored as if the script had worked it out (PL1, KN1, S6)",
  { ignore },
  async () => {
    await using preparing = await RedisProcess.start();
    await using plain = await RedisProcess.start();
    const [one, other] = [new Redis({ port: preparing.port }), new Redis({ port: plain.port })];
    const store = await open(preparing);
    try {
      await own(store);
      const first = await open(plain);
      await own(first);
      await first.close();
      for (const [at, batch] of batches().entries()) {
        // One that has just been opened knows nothing; once in a while it writes behind the other's back.
        const fresh = await open(plain);
        const stranger = at % 7 === 6 ? await open(preparing) : undefined;
        // A node reads an actor that it wakes.
        if (at % 3 === 0) await store.load(batch.map(idOf));
        assert.deepEqual(await (stranger ?? store).apply(batch), await fresh.apply(batch));
        await stranger?.close();
        await fresh.close();
      }
      assert.deepEqual(await dump(one), await dump(other));
      const prepared = /cmdstat_getrange:calls=(\d+)/.exec(await one.info("commandstats"))?.[1];
      assert.ok(Number(prepared) > 300, `${prepared} writes were prepared`);
    } finally {
      one.disconnect();
      other.disconnect();
      await store.close();
    }
  },
);

/** What is stored, to be brought back: as a replica has it that was behind when its primary died. */
async function photograph(client: Redis): Promise<() => Promise<void>> {
  const all: [string, Uint8Array][] = [];
  for (const key of await client.keys("*")) {
    all.push([key, await client.dumpBuffer(key) as Uint8Array]);
  }
  return async () => {
    await client.flushall();
    for (const [key, text] of all) await client.restore(key, 0, text as never);
  };
}

const shaped = (name: string) => ({
  ...{ lane: "job/q", tally: `q/${name}`, labels: [`state=${name}`] },
});
const ten = (letter: string) => Array.from({ length: 10 }, (_, at) => `${letter}${at}`);

/** A store of its own, and what the server holds. */
async function alone(
  test: (parts: { store: Store; client: Redis; redis: RedisProcess }) => Promise<void>,
) {
  await using redis = await RedisProcess.start();
  const client = new Redis({ port: redis.port });
  const store = await open(redis);
  try {
    await own(store);
    await store.apply(ten("t").map((id) => insert(id, shaped("T"))));
    await test({ store, client, redis });
  } finally {
    client.disconnect();
    await store.close();
  }
}

Deno.test(
  "redis: shapes whose numbers a failover gave to others are learned anew (KN1, KN2)",
  { ignore },
  () =>
    alone(async ({ store, client }) => {
      const restore = await photograph(client);
      for (const name of ["A", "B"]) {
        await store.apply(ten(`x${name}`).map((id) => insert(id, shaped(name))));
      }
      await restore();
      const again = ["B", "A"].flatMap((name) => ten(name).map((id) => insert(id, shaped(name))));
      await store.apply(again);
      const outcomes = await store.apply(ten("A").map((id) => move(id, 1, shaped("T"))));
      assert.ok(outcomes.every(({ kind }) => kind === "applied"));
      await dump(client);
      assert.equal(await client.hget("{o0}t:job", "q/T"), "20");
    }),
);

Deno.test(
  "redis: a version that a failover lost, and another node wrote otherwise, is not taken for the known one (KN1, S6)",
  { ignore },
  () =>
    alone(async ({ store, client, redis }) => {
      await store.apply(
        ["U", "V"].flatMap((name) => ten(name).map((id) => insert(id, shaped(name)))),
      );
      const restore = await photograph(client);
      await store.apply([move("U0", 1, shaped("V"))]);
      await restore();
      const other = await open(redis);
      await other.apply([move("U0", 1, shaped("T"))]);
      assert.deepEqual(await store.apply([move("U0", 2, shaped("U"))]), [{ kind: "applied" }]);
      await other.close();
      await dump(client);
      const tallies = { "q/T": "10", "q/U": "10", "q/V": "10" };
      assert.deepEqual(await client.hgetall("{o0}t:job"), tallies);
    }),
);

Deno.test(
  "redis: what follows a batch whose plan is refused does not overtake it (S5)",
  { ignore },
  () =>
    alone(async ({ store, redis }) => {
      const other = await open(redis);
      await other.apply([move("t0", 1, shaped("T"))]);
      await other.close();
      const one = store.apply([move("t0", 1, shaped("T")), append("t1", ["first"])]);
      const two = store.apply([append("t1", ["second"])]);
      assert.deepEqual((await one).map(({ kind }) => kind), ["conflict", "applied"]);
      await two;
      const query = { id: actorId("t1"), stream: "log", after: 0, limit: 9 };
      const lines = await store.journal(query);
      assert.deepEqual(lines.map(({ text }) => text), ["first", "second"]);
    }),
);
