/**
 * What every store does with actors whose time is over.
 * @module
 */
import assert from "node:assert/strict";
import { actorId } from "../../ids.ts";
import type { Check } from "../contract.ts";
import { append, findAll, insert, lanesOf, move, own, read } from "./fixtures.ts";

const FIND = { kind: "job", order: "oldest", limit: 10 } as const;

/** Registers the tests. */
export function sweepContract(check: Check): void {
  check("sweep() deletes what has expired, and nothing else", async (store) => {
    await store.apply([
      insert("past", { expireAtMs: 99 }),
      insert("now", { expireAtMs: 100 }),
      insert("future", { expireAtMs: 101 }),
      insert("never"),
    ]);
    assert.equal(await store.sweep({ nowMs: 100, limit: 10 }), 2);
    assert.equal(await store.sweep({ nowMs: 100, limit: 10 }), 0);
    const left = await store.load(["past", "now", "future", "never"].map(actorId));
    assert.deepEqual(left.map((snapshot) => snapshot?.id), [
      undefined,
      undefined,
      "future",
      "never",
    ]);
  });

  check("sweep() deletes at most `limit`, the longest expired first (S7)", async (store) => {
    const batch = [30, 10, 20].map((expireAtMs) => insert(`job-${expireAtMs}`, { expireAtMs }));
    await store.apply(batch);
    assert.equal(await store.sweep({ nowMs: 100, limit: 2 }), 2);
    assert.equal((await read(store, "job-30"))?.id, "job-30");
    assert.equal(await store.sweep({ nowMs: 100, limit: 2 }), 1);
  });

  check("sweep() takes everything that belongs to the actor (S6)", async (store) => {
    await own(store);
    const whole = { labels: ["l", "only"], tally: "t", wakeAtMs: 5, lane: "gone", expireAtMs: 1 };
    const body = JSON.stringify("x".repeat(5_000));
    await store.apply([insert("a", { ...whole, body }), insert("b", { labels: ["l"] })]);
    await store.apply([append("a", ["one"]), append("b", ["two"])]);
    await store.sweep({ nowMs: 1, limit: 10 });
    assert.equal(await read(store, "a"), undefined);
    assert.deepEqual((await findAll(store, { ...FIND, labels: ["l"] })).map(({ id }) => id), ["b"]);
    assert.deepEqual(await findAll(store, { ...FIND, labels: ["only"] }), []);
    assert.deepEqual(await store.tallies("job"), new Map([["default/new", 1]]));
    assert.deepEqual(await lanesOf(store), []);
    const journal = { stream: "log", after: 0, limit: 10 };
    assert.deepEqual(await store.journal({ ...journal, id: actorId("a") }), []);
    assert.equal((await store.journal({ ...journal, id: actorId("b") })).length, 1);
  });

  check("sweep() frees the id: a new actor of that name starts afresh", async (store) => {
    await own(store);
    await store.apply([insert("a", { expireAtMs: 1, labels: ["old"] }), append("a", ["old"])]);
    await store.sweep({ nowMs: 1, limit: 10 });
    await store.apply([insert("a", { labels: ["new"] }), append("a", ["new"])]);
    assert.equal((await read(store, "a"))?.version, 1);
    assert.deepEqual(await findAll(store, { ...FIND, labels: ["old"] }), []);
    const journal = await store.journal({ id: actorId("a"), stream: "log", after: 0, limit: 9 });
    assert.deepEqual(journal, [{ n: 1, text: "new" }]);
  });

  check("sweep() forgets words that nobody uses, not those that somebody does", async (store) => {
    await own(store);
    for (let round = 0; round < 3; round++) {
      await store.apply([
        insert("short", {
          labels: ["shared", `unique-${round}`],
          tally: `t${round}`,
          expireAtMs: 1,
        }),
        insert(`long-${round}`, { labels: ["shared"], tally: `t${round}` }),
      ]);
      await store.sweep({ nowMs: 1, limit: 10 });
      const shared = await findAll(store, { ...FIND, labels: ["shared"] });
      assert.equal(shared.length, round + 1);
      assert.deepEqual(await findAll(store, { ...FIND, labels: [`unique-${round}`] }), []);
      assert.equal((await store.tallies("job")).get(`t${round}`), 1);
    }
  });

  check("sweep() leaves an actor whose end a transition took back (S6)", async (store) => {
    await own(store);
    await store.apply([insert("a", { expireAtMs: 5 }), move("a", 1)]);
    assert.equal(await store.sweep({ nowMs: 10, limit: 10 }), 0);
    await store.apply([move("a", 2, { expireAtMs: 8 })]);
    assert.equal(await store.sweep({ nowMs: 7, limit: 10 }), 0);
    assert.equal(await store.sweep({ nowMs: 8, limit: 10 }), 1);
  });
}
