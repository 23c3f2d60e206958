/**
 * What every store does with wake times: lanes, dueInLane, dueBetween.
 * @module
 */
import assert from "node:assert/strict";
import type { Check } from "../contract.ts";
import { idsOf, insert, lanesOf, move, own } from "./fixtures.ts";

/** Registers the tests. */
export function dueContract(check: Check): void {
  check("lanes() lists lanes with due actors, and only those (S6)", async (store) => {
    await own(store);
    assert.deepEqual(await lanesOf(store), []);
    await store.apply([
      insert("a", { lane: "mail", wakeAtMs: 5 }),
      insert("b", { lane: "idle" }),
      insert("c", { lane: "default", wakeAtMs: 1 }),
      insert("d", { lane: "default", wakeAtMs: 2 }),
    ]);
    assert.deepEqual(await lanesOf(store), ["default", "mail"]);
    await store.apply([move("a", 1, { lane: "mail" })]);
    assert.deepEqual(await lanesOf(store), ["default"]);
  });

  check(
    "lanes() names every lane in a round of pages, however many there are (S7)",
    async (store) => {
      // Redis hands out small sets as a whole.
      const names = Array.from({ length: 1_200 }, (_, at) => `job/q${at % 3}/key-${at}`);
      const writes = names.map((lane, at) => insert(`a${at}`, { lane, wakeAtMs: at }));
      for (let at = 0; at < writes.length; at += 400) await store.apply(writes.slice(at, at + 400));
      assert.deepEqual(await lanesOf(store, 7), [...names].sort());
      const { lanes, next } = await store.lanes({ after: null, limit: 7 });
      assert.ok(lanes.length < names.length && next !== null);
    },
  );

  check("lanes with keys are read like others, each for itself and by time (S6)", async (store) => {
    await own(store);
    await store.apply([
      insert("a1", { lane: "job/a", wakeAtMs: 3 }),
      insert("k1", { lane: "job/a/k/1", wakeAtMs: 1, rank: 2 }),
      insert("k2", { lane: "job/a/k/1", wakeAtMs: 4 }),
      insert("l1", { lane: "job/a/l", wakeAtMs: 2 }),
    ]);
    const inLane = async (lane: string) =>
      idsOf(await store.dueInLane({ lane, untilMs: 9, limit: 9 }));
    assert.deepEqual(await inLane("job/a/k/1"), ["k1", "k2"]);
    assert.deepEqual(await inLane("job/a"), ["a1"]);
    assert.deepEqual(await store.dueBetween({ fromMs: 0, untilMs: 9, limit: 2 }), {
      entries: [
        { id: "k1", wakeAtMs: 1, lane: "job/a/k/1", rank: 2 },
        { id: "l1", wakeAtMs: 2, lane: "job/a/l", rank: 0 },
      ],
      completeToMs: 3,
    });
    await store.apply([move("k1", 1, { lane: "job/a", wakeAtMs: 2 }), move("l1", 1, {})]);
    assert.deepEqual(await inLane("job/a/k/1"), ["k2"]);
    assert.deepEqual(await inLane("job/a"), ["k1", "a1"]);
    const { entries } = await store.dueBetween({ fromMs: 0, untilMs: 9, limit: 9 });
    assert.deepEqual(idsOf(entries), ["k1", "a1", "k2"]);
    const [k2] = await store.load([entries[2]!.id]);
    assert.equal(k2?.index.lane, "job/a/k/1");
  });

  check("dueInLane() orders by rank, then wake time, then age", async (store) => {
    await store.apply([
      insert("late", { wakeAtMs: 30, rank: 9 }),
      insert("low", { wakeAtMs: 1, rank: 0 }),
      insert("mid-2", { wakeAtMs: 20, rank: 5 }),
      insert("mid-1", { wakeAtMs: 10, rank: 5 }),
      insert("mid-3", { wakeAtMs: 20, rank: 5 }),
      insert("high", { wakeAtMs: 20, rank: 9 }),
      insert("elsewhere", { wakeAtMs: 1, rank: 9, lane: "other" }),
      insert("asleep", { rank: 9 }),
    ]);
    const due = await store.dueInLane({ lane: "default", untilMs: 20, limit: 10 });
    assert.deepEqual(idsOf(due), ["high", "mid-1", "mid-2", "mid-3", "low"]);
    assert.deepEqual(due[0], { id: "high", wakeAtMs: 20, lane: "default", rank: 9 });
  });

  check("dueInLane() stops at its limit, highest ranks first (S7)", async (store) => {
    await store.apply([
      insert("a", { wakeAtMs: 1, rank: 1 }),
      insert("b", { wakeAtMs: 9, rank: 2 }),
      insert("c", { wakeAtMs: 8, rank: 2 }),
    ]);
    const due = (limit: number) => store.dueInLane({ lane: "default", untilMs: 10, limit });
    assert.deepEqual(idsOf(await due(1)), ["c"]);
    assert.deepEqual(idsOf(await due(2)), ["c", "b"]);
    assert.deepEqual(idsOf(await due(3)), ["c", "b", "a"]);
    assert.deepEqual(await store.dueInLane({ lane: "none", untilMs: 10, limit: 5 }), []);
  });

  check("dueInLane() follows every transition (S6)", async (store) => {
    await own(store);
    await store.apply([insert("a", { wakeAtMs: 5 }), insert("b", { wakeAtMs: 6 })]);
    const due = async (lane: string) =>
      idsOf(await store.dueInLane({ lane, untilMs: 100, limit: 10 }));
    await store.apply([move("a", 1, { wakeAtMs: 7 })]);
    assert.deepEqual(await due("default"), ["b", "a"]);
    await store.apply([move("a", 2, { wakeAtMs: 7, rank: 1 })]);
    assert.deepEqual(await due("default"), ["a", "b"]);
    await store.apply([move("a", 3, { wakeAtMs: 7, lane: "mail" }), move("b", 1)]);
    assert.deepEqual(await due("default"), []);
    assert.deepEqual(await due("mail"), ["a"]);
  });

  check("dueBetween() spans lanes and ranks in the order of wake times", async (store) => {
    await store.apply([
      insert("d", { wakeAtMs: 40, lane: "x", rank: 3 }),
      insert("b", { wakeAtMs: 20, lane: "y", rank: 0 }),
      insert("a", { wakeAtMs: 10, lane: "x", rank: 1 }),
      insert("c", { wakeAtMs: 30, lane: "y", rank: 9 }),
      insert("e", { wakeAtMs: 50, lane: "x", rank: 1 }),
    ]);
    const range = await store.dueBetween({ fromMs: 10, untilMs: 50, limit: 10 });
    assert.deepEqual(idsOf(range.entries), ["a", "b", "c", "d"]);
    assert.deepEqual(range.entries[3], { id: "d", wakeAtMs: 40, lane: "x", rank: 3 });
    assert.equal(range.completeToMs, 50);
    const later = await store.dueBetween({ fromMs: 11, untilMs: 51, limit: 10 });
    assert.deepEqual(idsOf(later.entries), ["b", "c", "d", "e"]);
  });

  check("dueBetween() says how far a cut range is complete (S7)", async (store) => {
    await store.apply([1, 2, 3, 3, 4].map((wakeAtMs, at) => {
      return insert(`job-${at}`, { wakeAtMs, lane: `lane-${at}`, rank: at });
    }));
    const cut = (limit: number) => store.dueBetween({ fromMs: 0, untilMs: 10, limit });
    for (const limit of [1, 2, 3, 4]) {
      const { entries, completeToMs } = await cut(limit);
      assert.equal(entries.length, limit);
      const inside = [1, 2, 3, 3, 4].filter((wakeAtMs) => wakeAtMs < completeToMs).length;
      assert.ok(inside <= limit, `${inside} before ${completeToMs}, ${limit} given`);
      assert.ok(completeToMs >= (entries.at(-1)?.wakeAtMs ?? 0));
    }
    assert.equal((await cut(5)).completeToMs, 10);
    assert.equal((await cut(3)).completeToMs, 3);
  });

  check("dueBetween() of many lanes finds the earliest of all (S7)", async (store) => {
    const batch = Array.from({ length: 300 }, (_, at) => {
      return insert(`job-${at}`, { wakeAtMs: 1_000 - at, lane: `lane-${at % 7}`, rank: at % 4 });
    });
    await store.apply(batch);
    const range = await store.dueBetween({ fromMs: 0, untilMs: 10_000, limit: 5 });
    assert.deepEqual(idsOf(range.entries), [299, 298, 297, 296, 295].map((at) => `job-${at}`));
    assert.equal(range.completeToMs, 706);
  });

  check("dueBetween() gives the older of those that wake together, across lanes", async (store) => {
    await store.apply([
      insert("far", { wakeAtMs: 99, lane: "one" }),
      insert("oldest", { wakeAtMs: 5, lane: "two" }),
      ...[0, 0, 1, 1].map((rank, at) => insert(`job-${at}`, { wakeAtMs: 5, lane: "one", rank })),
    ]);
    const range = await store.dueBetween({ fromMs: 0, untilMs: 50, limit: 1 });
    assert.deepEqual(idsOf(range.entries), ["oldest"]);
    assert.equal(range.completeToMs, 5);
  });

  check("dueInLane() and dueBetween() of some shards tell of their actors alone", async (store) => {
    const drafts = Array.from({ length: 60 }, (_, at) => insert(`job-${at}`, { wakeAtMs: at }));
    await store.apply(drafts);
    const shards = [...new Set(drafts.map(({ draft }) => draft.shard))].slice(0, 2);
    const mine = drafts.filter(({ draft }) => shards.includes(draft.shard))
      .map(({ draft }) => draft.id);
    assert.ok(mine.length > 2 && mine.length < 60);
    const inLane = (limit: number) =>
      store.dueInLane({ lane: "default", untilMs: 100, limit, shards });
    assert.deepEqual(idsOf(await inLane(100)), mine);
    assert.deepEqual(idsOf(await inLane(2)), mine.slice(0, 2), "others' take up no room (S7)");
    const between = (limit: number) => store.dueBetween({ fromMs: 0, untilMs: 100, limit, shards });
    const whole = await between(100);
    assert.deepEqual([idsOf(whole.entries), whole.completeToMs], [mine, 100]);
    const cut = await between(2);
    assert.deepEqual(idsOf(cut.entries), mine.slice(0, 2));
    assert.equal(cut.completeToMs, Number(mine[2]?.slice("job-".length)));
    assert.deepEqual(
      await store.dueInLane({ lane: "default", untilMs: 100, limit: 9, shards: [] }),
      [],
    );
  });

  check("dueInLane() gives many in their order, also those that wake together", async (store) => {
    const drafts = Array.from(
      { length: 1_300 },
      (_, at) => insert(`job-${at}`, { wakeAtMs: at % 3, rank: at % 2 }),
    );
    for (let from = 0; from < drafts.length; from += 500) {
      await store.apply(drafts.slice(from, from + 500));
    }
    const ordered = drafts.map(({ draft }) => draft)
      .map((draft, age) => ({ ...draft, age }))
      .sort((one, other) =>
        other.index.rank - one.index.rank ||
        (one.index.wakeAtMs ?? 0) - (other.index.wakeAtMs ?? 0) || one.age - other.age
      );
    const found = await store.dueInLane({ lane: "default", untilMs: 9, limit: 1_200 });
    assert.deepEqual(idsOf(found), ordered.slice(0, 1_200).map(({ id }) => id));
  });
}
