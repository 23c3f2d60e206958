import assert from "node:assert/strict";
import { Fault } from "../../../fault.ts";
import { actorId } from "../../../ids.ts";
import { BATCH_WRITES_MAX, FIND_VISITS_MAX } from "../../../limits.ts";
import type { FindQuery } from "../../port.ts";
import { ALIVE_MS, ALL_SHARDS, insert, ME, move, SHARDS } from "../../testing/fixtures.ts";
import type { DatabaseOptions } from "./database.ts";
import { Engine } from "./engine.ts";

function setup(options: Partial<DatabaseOptions> = {}): Engine {
  const engine = new Engine({ path: ":memory:", shards: SHARDS, ...options });
  engine.renew({ claimant: ME, ttlMs: ALIVE_MS, opening: true });
  engine.acquire({ claimant: ME, shards: ALL_SHARDS });
  return engine;
}

function fill(engine: Engine, count: number, given: Parameters<typeof insert>[1] = {}): void {
  for (let from = 0; from < count; from += BATCH_WRITES_MAX) {
    const size = Math.min(BATCH_WRITES_MAX, count - from);
    engine.apply(Array.from({ length: size }, (_, at) => {
      return insert(`${given.kind ?? "job"}-${from + at}`, given);
    }));
  }
}

function count(engine: Engine, label: string): number {
  let found = 0;
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const query = { ...QUERY, labels: [label], limit: 500 };
    const page = engine.find(cursor === undefined ? query : { ...query, cursor });
    found += page.snapshots.length;
    cursor = page.cursor;
  }
  return found;
}

function isFull(error: unknown): boolean {
  return error instanceof Fault && error.code === "full" && error.retryable && !error.ambiguous;
}

const QUERY: FindQuery = { kind: "job", labels: [], order: "newest", limit: 10 };

Deno.test("find() that visits too much hands back a cursor instead (S7)", () => {
  const engine = setup();
  engine.apply([insert("first", { kind: "rare" })]);
  fill(engine, FIND_VISITS_MAX + 1_000);
  const page = engine.find({ ...QUERY, kind: "rare" });
  assert.deepEqual(page.snapshots, []);
  assert.ok(page.cursor !== null, "not at its end");
  const next = engine.find({ ...QUERY, kind: "rare", cursor: page.cursor });
  assert.deepEqual(next.snapshots.map(({ id }) => id), ["first"]);
  engine.close();
});

Deno.test("find() jumps over stretches that one of its labels lacks", () => {
  const engine = setup();
  engine.apply([insert("both", { labels: ["old", "new"] })]);
  fill(engine, 5_000, { labels: ["old"], kind: "job" });
  engine.apply(Array.from({ length: 500 }, (_, at) => insert(`n-${at}`, { labels: ["new"] })));
  const page = engine.find({ ...QUERY, labels: ["old", "new"] });
  assert.deepEqual(page.snapshots.map(({ id }) => id), ["both"]);
  assert.equal(page.cursor, null);
  engine.close();
});

Deno.test("find() ends a page early rather than return too many characters", () => {
  const engine = setup();
  const body = JSON.stringify("x".repeat(256 * 1024));
  fill(engine, 40, { body });
  const page = engine.find({ ...QUERY, limit: 40 });
  assert.ok(page.snapshots.length > 10 && page.snapshots.length < 25, `${page.snapshots.length}`);
  const rest = engine.find({ ...QUERY, limit: 40, cursor: page.cursor as string });
  assert.equal(rest.snapshots[0]?.id, `job-${40 - page.snapshots.length - 1}`);
  engine.close();
});

Deno.test("apply() on a full disk applies nothing of its batch, and works again with space (D2)", () => {
  const engine = setup({ pagesMax: 120 });
  let stored = 0;
  const batch = (from: number) =>
    Array.from({ length: 50 }, (_, at) => {
      const label = `tag=${from + at}`;
      return insert(`job-${from + at}`, { labels: ["l", label], expireAtMs: from, wakeAtMs: 1 });
    });
  assert.throws(() => {
    for (;; stored += 50) engine.apply(batch(stored));
  }, isFull);
  assert.ok(stored >= 50);
  assert.throws(() => engine.apply(batch(stored)), isFull);
  // Everything that is kept in memory beside the tables agrees with them.
  assert.deepEqual(engine.tallies("job"), new Map([["default/new", stored]]));
  const [last, lost] = engine.load([`job-${stored - 1}`, `job-${stored}`].map(actorId));
  assert.equal(last?.id, `job-${stored - 1}`);
  assert.equal(lost, undefined);
  assert.equal(count(engine, "l"), stored);
  assert.deepEqual(engine.fences().map(({ epoch }) => epoch), Array(SHARDS).fill(1));
  // Space comes back.
  assert.equal(engine.sweep({ nowMs: 0, limit: 50 }), 50);
  assert.deepEqual(engine.apply(batch(stored).slice(0, 20)).at(-1), { kind: "applied" });
  assert.equal(count(engine, "l"), stored - 50 + 20, "nothing of the failed batches is found");
  const newest = engine.find({ ...QUERY, labels: [`tag=${stored + 19}`] });
  assert.deepEqual(newest.snapshots.map(({ id }) => id), [`job-${stored + 19}`]);
  engine.close();
});

Deno.test("acquire() that can't be stored changes no fence (D2, S1)", () => {
  const engine = setup({ pagesMax: 60 });
  assert.throws(() => fill(engine, 100_000, { body: `"${"x".repeat(200)}"` }), isFull);
  const before = engine.fences();
  // Updates of a fence fit into their page, so this one goes through; the epoch says so.
  engine.acquire({ claimant: ME, shards: ALL_SHARDS });
  assert.deepEqual(engine.fences().map(({ epoch }) => epoch), before.map(({ epoch }) => epoch + 1));
  engine.close();
});

Deno.test("apply() that meets a bug writes nothing of its batch", () => {
  const engine = setup();
  const bad = insert("b");
  const broken = { ...bad, draft: { ...bad.draft, head: undefined as unknown as string } };
  assert.throws(() => engine.apply([insert("a"), broken]));
  assert.deepEqual(engine.load([actorId("a"), actorId("b")]), [undefined, undefined]);
  assert.deepEqual(engine.tallies("job"), new Map());
  assert.deepEqual(engine.apply([insert("a"), move("a", 1)]).map(({ kind }) => kind), [
    "applied",
    "applied",
  ]);
  engine.close();
});

Deno.test("a serial is never given twice, even when the newest actor is swept", () => {
  const engine = setup();
  engine.apply([insert("a", { labels: ["l"] }), insert("b", { labels: ["l"], expireAtMs: 1 })]);
  const all = engine.find({ ...QUERY, order: "oldest", labels: ["l"], limit: 1 });
  engine.sweep({ nowMs: 1, limit: 10 });
  engine.apply([insert("c", { labels: ["l"] })]);
  const rest = engine.find({
    ...QUERY,
    order: "oldest",
    labels: ["l"],
    cursor: all.cursor as string,
  });
  assert.deepEqual(rest.snapshots.map(({ id }) => id), ["c"]);
  engine.close();
});
