import assert from "node:assert/strict";
import { Fault } from "../../runtime/fault.ts";
import type { Draft } from "../../runtime/snapshot.ts";
import { MemoryStore } from "../../runtime/store/memory.ts";
import type { Store } from "../../runtime/store/port.ts";
import { insert, ME, move, SHARDS } from "../../runtime/store/testing/fixtures.ts";
import { Exposition } from "../../runtime/telemetry/exposition.ts";
import { readExposition, valueOf } from "../../runtime/telemetry/testing/exposition_reader.ts";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import { StoreMetrics } from "./store_metrics.ts";

function setup(change: (store: Store) => Partial<Store> = () => ({})) {
  const clock = new VirtualClock(0);
  const created: Draft[] = [];
  const wrote: string[] = [];
  const metrics = new StoreMetrics({
    clock,
    created: (draft) => void created.push(draft),
    wrote: ({ stream, texts }) => void wrote.push(stream, ...texts),
  });
  const memory = new MemoryStore(clock, { shards: SHARDS });
  const inner: Store = Object.assign(memory, change(memory));
  const exposition = new Exposition(metrics.metrics());
  return {
    clock,
    created,
    wrote,
    store: metrics.wrap(inner),
    value: async (name: string, labels: Record<string, string> = {}) =>
      valueOf(readExposition((await exposition.render()).text), name, labels),
  };
}

Deno.test("wrap() counts writes by their outcomes, and the sizes of commits", async () => {
  const { store, value, created } = setup();
  await store.renew(ME, { ttlMs: 1_000, opening: true });
  await store.apply([insert("a"), insert("b")]);
  await store.apply([insert("a")]);
  await store.apply([move("a", 1, { epoch: 9 }), move("none", 1, { epoch: 9 })]);
  const writes = "orrery_store_writes_total";
  assert.equal(await value(writes, { outcome: "applied" }), 2);
  assert.equal(await value(writes, { outcome: "exists" }), 1);
  assert.ok(await value(writes, { outcome: "fenced" }) >= 1);
  assert.equal(await value("orrery_commit_writes_count"), 3);
  assert.equal(await value("orrery_commit_writes_sum"), 5);
  assert.deepEqual(created.map(({ id }) => id), ["a", "b"], "what existed did not come to be");
});

Deno.test("wrap() tells of actors that came to be with another's transition", async () => {
  const { store, created } = setup();
  await store.renew(ME, { ttlMs: 1_000, opening: true });
  await store.apply([insert("e@1")]);
  const { draft } = insert("e@2");
  await store.acquire(ME, [draft.shard]);
  await store.apply([move("e@1", 1, { epoch: 1, carries: { inserts: [draft] } })]);
  assert.deepEqual(created.map(({ id }) => id), ["e@1", "e@2"]);
});

Deno.test("wrap() tells of journal lines that were committed with a transition, and of no others", async () => {
  const { store, wrote } = setup();
  await store.renew(ME, { ttlMs: 1_000, opening: true });
  await store.apply([insert("a")]);
  await store.acquire(ME, [insert("a").draft.shard]);
  const carries = { lines: { stream: "occurrence", texts: ["1", "2"] } };
  await store.apply([move("a", 9, { carries })]);
  assert.deepEqual(wrote, [], "it was refused");
  await store.apply([move("a", 1, { carries })]);
  assert.deepEqual(wrote, ["occurrence", "1", "2"]);
});

Deno.test("wrap() times each operation, and counts its faults, which pass", async () => {
  const fault = new Fault("store.find", "unavailable", { message: "away" });
  const { store, value, clock } = setup((memory) => ({
    lanes: () => {
      clock.advance(30);
      return Promise.resolve({ lanes: [], next: null });
    },
    tallies: () => Promise.reject(fault),
    load: memory.load.bind(memory),
  }));
  assert.deepEqual(await store.lanes({ after: null, limit: 1 }), { lanes: [], next: null });
  await assert.rejects(store.tallies("job"), fault);
  const calls = "orrery_store_call_seconds";
  assert.equal(await value(`${calls}_bucket`, { op: "lanes", le: "0.025" }), 0);
  assert.equal(await value(`${calls}_bucket`, { op: "lanes", le: "0.05" }), 1);
  assert.equal(await value(`${calls}_count`, { op: "tallies" }), 1);
  assert.equal(await value("orrery_store_faults_total", { code: "unavailable" }), 1);
});

Deno.test("wrap() keeps what the store says of commits", () => {
  const { store } = setup(() => ({ commitWritesMax: 77 }));
  assert.equal(store.commitWritesMax, 77);
});
