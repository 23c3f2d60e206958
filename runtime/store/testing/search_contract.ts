/**
 * What every store does with searches.
 * @module
 */
import assert from "node:assert/strict";
import { InvariantError } from "../../fault.ts";
import { FIND_LIMIT_MAX } from "../../limits.ts";
import type { Check } from "../contract.ts";
import { turnedCursor } from "../cursor.ts";
import type { FindQuery, Store } from "../port.ts";
import { findAll, idsOf, insert, move, own } from "./fixtures.ts";

const NEWEST: FindQuery = { kind: "job", labels: [], order: "newest", limit: 10 };
const OLDEST: FindQuery = { ...NEWEST, order: "oldest" };

/** 200 actors: every 2nd is even, every 3rd is fizz, one of 50 is rare; created 10 ms apart. */
async function fill(store: Store): Promise<void> {
  await store.apply(Array.from({ length: 200 }, (_, at) => {
    const labels = ["all"];
    if (at % 2 === 0) labels.push("even");
    if (at % 3 === 0) labels.push("fizz");
    if (at % 50 === 0) labels.push("rare");
    return insert(`job-${at}`, { labels, createdAtMs: 1_000 + at * 10 });
  }));
}

function numbers(step: number, below = 200): string[] {
  return Array.from({ length: Math.ceil(below / step) }, (_, at) => `job-${at * step}`);
}

/** Registers the tests. */
export function searchContract(check: Check): void {
  check("find() gives actors that carry all labels, in either order", async (store) => {
    await fill(store);
    for (const limit of [1, 7, 500]) {
      const oldest = (labels: string[]) => findAll(store, { ...OLDEST, labels, limit });
      const newest = (labels: string[]) => findAll(store, { ...NEWEST, labels, limit });
      assert.deepEqual(idsOf(await oldest(["even"])), numbers(2));
      assert.deepEqual(idsOf(await newest(["even"])), numbers(2).reverse());
      assert.deepEqual(idsOf(await oldest(["fizz", "even"])), numbers(6));
      assert.deepEqual(idsOf(await newest(["all", "even", "fizz"])), numbers(6).reverse());
      assert.deepEqual(idsOf(await newest(["rare", "fizz"])), ["job-150", "job-0"]);
      assert.deepEqual(idsOf(await oldest([])), numbers(1));
      assert.deepEqual(idsOf(await newest([])), numbers(1).reverse());
      assert.deepEqual(await oldest(["even", "nobody"]), []);
    }
  });

  check("find() gives whole snapshots of the asked kind alone", async (store) => {
    const write = insert("a", { labels: ["l"], wakeAtMs: 3 });
    await store.apply([write, insert("s", { labels: ["l"], kind: "schedule" })]);
    const { snapshots } = await store.find({ ...NEWEST, labels: ["l"] });
    assert.deepEqual(snapshots, [{ ...write.draft, version: 1 }]);
    assert.deepEqual(idsOf(await findAll(store, { ...NEWEST, kind: "schedule" })), ["s"]);
    assert.deepEqual(await findAll(store, { ...NEWEST, kind: "unknown" }), []);
  });

  check("find() keeps to `[fromMs, toMs)`", async (store) => {
    await fill(store);
    const span = { fromMs: 1_500, toMs: 1_540 };
    const want = ["job-50", "job-51", "job-52", "job-53"];
    assert.deepEqual(idsOf(await findAll(store, { ...OLDEST, ...span })), want);
    assert.deepEqual(idsOf(await findAll(store, { ...NEWEST, ...span })), [...want].reverse());
    const even = await findAll(store, { ...OLDEST, ...span, labels: ["even"] });
    assert.deepEqual(idsOf(even), ["job-50", "job-52"]);
    assert.equal((await findAll(store, { ...OLDEST, fromMs: 2_000 })).length, 100);
    assert.equal((await findAll(store, { ...NEWEST, toMs: 1_500 })).length, 50);
    assert.deepEqual(await findAll(store, { ...NEWEST, fromMs: 5_000, toMs: 9_000 }), []);
  });

  check("find() finds actors in their time however the clocks jumped", async (store) => {
    const times = [50_000, 3_000, 70_000, 10, 71_500, 60_000, 69_999, 80_000, 40_000];
    for (const [at, createdAtMs] of times.entries()) {
      await store.apply([insert(`job-${at}`, { createdAtMs, labels: ["l"] })]);
    }
    for (const fromMs of [0, 10, 11, 40_000, 60_000, 80_001]) {
      for (const toMs of [10, 3_001, 60_000, 70_001, 90_000]) {
        const want = times.flatMap((ms, at) => ms >= fromMs && ms < toMs ? [`job-${at}`] : []);
        const query = { fromMs, toMs, labels: ["l"] };
        assert.deepEqual(idsOf(await findAll(store, { ...OLDEST, ...query })), want);
        const newest = await findAll(store, { ...NEWEST, ...query });
        assert.deepEqual(idsOf(newest), want.reverse());
      }
    }
  });

  check("find() follows labels through transitions (S6)", async (store) => {
    await own(store);
    await store.apply([
      insert("a", { labels: ["state=new", "x"] }),
      insert("b", { labels: ["state=new", "y"] }),
    ]);
    await store.apply([move("a", 1, { labels: ["x", "state=old"] })]);
    const found = async (...labels: string[]) => idsOf(await findAll(store, { ...OLDEST, labels }));
    assert.deepEqual(await found("state=new"), ["b"]);
    assert.deepEqual(await found("state=old"), ["a"]);
    assert.deepEqual(await found("x"), ["a"]);
    await store.apply([move("a", 2), move("b", 1, { labels: ["state=old"] })]);
    assert.deepEqual(await found("state=old"), ["b"]);
    assert.deepEqual(await found("x"), []);
    assert.deepEqual(await found("state=new"), []);
  });

  check("find() takes labels that change twice within one batch (S6)", async (store) => {
    await own(store);
    await store.apply([
      insert("a", { labels: ["one"] }),
      move("a", 1, { labels: ["two"] }),
      move("a", 2, { labels: ["one", "three"] }),
      insert("b", { labels: ["two"] }),
      move("b", 1),
    ]);
    const found = async (label: string) =>
      idsOf(await findAll(store, { ...OLDEST, labels: [label] }));
    assert.deepEqual(await found("one"), ["a"]);
    assert.deepEqual(await found("two"), []);
    assert.deepEqual(await found("three"), ["a"]);
  });

  check("find() shows actors that stay once, however many come and go", async (store) => {
    await own(store);
    await fill(store);
    for (const query of [NEWEST, OLDEST]) {
      const labels = ["even"];
      const first = await store.find({ ...query, labels, limit: 20 });
      assert.equal(first.snapshots.length, 20);
      const stay = idsOf(first.snapshots);
      // Come: two; go: one that was seen and one that wasn't.
      const [seen, unseen] = query === NEWEST ? ["job-190", "job-10"] : ["job-12", "job-160"];
      await store.apply([
        insert(`new-${query.order}-1`, { labels }),
        insert(`new-${query.order}-2`, { labels }),
        move(seen, 1, { expireAtMs: 1 }),
        move(unseen, 1, { expireAtMs: 1 }),
      ]);
      await store.sweep({ nowMs: 1, limit: 10 });
      const cursor = first.cursor as string;
      let page = await store.find({ ...query, labels, limit: 20, cursor });
      for (;; page = await store.find({ ...query, labels, limit: 20, cursor: page.cursor })) {
        stay.push(...idsOf(page.snapshots));
        if (page.cursor === null) break;
      }
      assert.equal(new Set(stay).size, stay.length, "nothing twice");
      assert.ok(!stay.includes(unseen));
      const rest = await findAll(store, { ...query, labels });
      for (const id of idsOf(rest)) {
        if (!id.startsWith("new-")) assert.ok(stay.includes(id), `${id} was left out`);
      }
    }
  });

  check(
    "find() goes back from a cursor that is turned, and meets everything once",
    async (store) => {
      await fill(store);
      for (const [order, other] of [["newest", "oldest"], ["oldest", "newest"]] as const) {
        const query = { ...NEWEST, labels: ["even"], limit: 30 };
        const first = await store.find({ ...query, order });
        const second = await store.find({ ...query, order, cursor: first.cursor! });
        const cursor = turnedCursor(second.cursor!, order);
        const back = await findAll(store, { ...query, order: other, cursor });
        const both = [...first.snapshots, ...second.snapshots];
        assert.deepEqual(idsOf(back), idsOf(both).reverse());
      }
    },
  );

  check("find() ends with a null cursor when the last page is full", async (store) => {
    await store.apply([insert("a", { labels: ["l"] }), insert("b", { labels: ["l"] })]);
    const page = await store.find({ ...OLDEST, labels: ["l"], limit: 2 });
    assert.deepEqual(idsOf(page.snapshots), ["a", "b"]);
    assert.equal(page.cursor, null);
  });

  check("find() takes its limits seriously, and cursors of any size (S7)", async (store) => {
    await fill(store);
    for (const limit of [0, -1, 1.5, NaN, FIND_LIMIT_MAX + 1]) {
      await assert.rejects(store.find({ ...NEWEST, limit }), InvariantError);
    }
    for (const cursor of ["", "x", "c", "c-1", "cABC", "c1;", "c".repeat(40)]) {
      await assert.rejects(store.find({ ...NEWEST, cursor }), InvariantError);
    }
    assert.equal((await store.find({ ...NEWEST, cursor: "czzzzzzzzzz" })).snapshots.length, 10);
    assert.deepEqual((await store.find({ ...OLDEST, cursor: "czzzzzzzzzz" })).snapshots, []);
    assert.deepEqual((await store.find({ ...NEWEST, cursor: "c0" })).snapshots, []);
  });
}
