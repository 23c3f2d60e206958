/**
 * What every store does with batches of writes: S1 to S5, load and tallies.
 * @module
 */
import assert from "node:assert/strict";
import { Fault, InvariantError } from "../../fault.ts";
import { actorId, type ShardId } from "../../ids.ts";
import { BATCH_WRITES_MAX, LOAD_IDS_MAX } from "../../limits.ts";
import type { Check } from "../contract.ts";
import type { Write } from "../port.ts";
import { append, insert, ME, move, outcomes, own, read, shardIn, SHARDS } from "./fixtures.ts";

/** Registers the tests. */
export function writeContract(check: Check): void {
  check("apply() inserts an actor as given, with version 1 (S3, S4)", async (store) => {
    const write = insert("a", {
      wakeAtMs: 1_790_000_000_123,
      lane: "mail",
      rank: 7,
      expireAtMs: 1_790_000_009_999,
      labels: ["state=new", "tag=ü\0x", "name=a"],
      tally: "mail/new",
      createdAtMs: 1_789_999_999_999,
    });
    assert.deepEqual(await outcomes(store, [write]), ["applied"]);
    assert.deepEqual(await read(store, "a"), { ...write.draft, version: 1 });
  });

  check("apply() keeps a large body apart and unchanged through transitions", async (store) => {
    await own(store);
    const body = JSON.stringify("ä".repeat(100_000));
    await store.apply([insert("a", { body }), insert("b"), move("a", 1), move("b", 1)]);
    assert.equal((await read(store, "a"))?.body, body);
    assert.equal((await read(store, "b"))?.body, `{"of":"b"}`);
  });

  check("apply() answers `exists` and changes nothing when the id is taken (S3)", async (store) => {
    await store.apply([insert("a", { labels: ["x"], tally: "one" })]);
    const second = insert("a", { labels: ["y"], tally: "two", body: `"other"` });
    assert.deepEqual(await outcomes(store, [second, insert("b")]), ["exists", "applied"]);
    assert.equal((await read(store, "a"))?.body, `{"of":"a"}`);
    assert.deepEqual(await store.tallies("job"), new Map([["one", 1], ["default/new", 1]]));
  });

  check("apply() inserts without an owner, but moves nothing (S1)", async (store) => {
    await store.apply([insert("a")]);
    assert.deepEqual(await store.apply([move("a", 1)]), [{ kind: "fenced", epoch: 0 }]);
    assert.equal((await read(store, "a"))?.version, 1);
  });

  check("apply() moves an actor to its next version (S2)", async (store) => {
    await own(store);
    await store.apply([insert("a", { labels: ["state=new"], wakeAtMs: 5 })]);
    const write = move("a", 1, { labels: ["state=old"], tally: "t", rank: 3, expireAtMs: 9 });
    assert.deepEqual(await outcomes(store, [write]), ["applied"]);
    const { draft } = insert("a");
    const moved = { ...draft, version: 2, head: write.head, index: write.index };
    assert.deepEqual(await read(store, "a"), moved);
  });

  check("apply() moves an actor whose index entry stays the same", async (store) => {
    await own(store);
    const same = { labels: ["l"], wakeAtMs: 5, rank: 2, tally: "t", expireAtMs: 7 };
    await store.apply([insert("a", same), move("a", 1, { ...same, head: `"next"` })]);
    const snapshot = await read(store, "a");
    assert.equal(snapshot?.head, `"next"`);
    assert.equal(snapshot?.version, 2);
    assert.deepEqual(await store.tallies("job"), new Map([["t", 1]]));
  });

  check("apply() applies what a transition carries: a body, actors, lines (S8)", async (store) => {
    await own(store);
    const [one, two] = [insert("e@1", { wakeAtMs: 5, labels: ["l"] }), insert("e@2")];
    for (const body of [`"short"`, JSON.stringify("ü".repeat(5_000)), `"short again"`]) {
      await store.apply([insert("e")]);
      const version = (await read(store, "e"))?.version ?? 0;
      const carries = {
        body,
        inserts: [one.draft, two.draft],
        lines: { stream: "log", texts: [`of ${version}`] },
      };
      assert.deepEqual(await outcomes(store, [move("e", version, { carries })]), ["applied"]);
      assert.equal((await read(store, "e"))?.body, body);
      assert.equal((await read(store, "e"))?.version, version + 1);
    }
    assert.deepEqual(await read(store, "e@1"), { ...one.draft, version: 1 });
    assert.deepEqual(await read(store, "e@2"), { ...two.draft, version: 1 });
    const lines = await store.journal({ id: actorId("e"), stream: "log", after: 0, limit: 9 });
    assert.deepEqual(lines.map(({ text }) => text), ["of 1", "of 2", "of 3"]);
    assert.deepEqual(await store.tallies("job"), new Map([["default/new", 3]]));
    const due = await store.dueInLane({ lane: "default", untilMs: 9, limit: 9 });
    assert.deepEqual(due.map(({ id }) => id), ["e@1"]);
  });

  check(
    "apply() leaves out what is carried by a transition that is refused (S8)",
    async (store) => {
      await own(store);
      await store.apply([insert("e")]);
      const carries = {
        body: `"new"`,
        inserts: [insert("e@1").draft],
        lines: { stream: "log", texts: ["x"] },
      };
      const batch = [move("e", 2, { carries }), move("e", 1, { epoch: 2, carries })];
      assert.deepEqual(await outcomes(store, batch), ["conflict", "fenced"]);
      assert.equal(await read(store, "e@1"), undefined);
      assert.equal((await read(store, "e"))?.body, `{"of":"e"}`);
      const query = { id: actorId("e"), stream: "log", after: 0, limit: 9 };
      assert.deepEqual(await store.journal(query), []);
    },
  );

  check("apply() refuses a transition that carries actors of another shard", async (store) => {
    await own(store);
    const carries = { inserts: [insert("other").draft] };
    await assert.rejects(store.apply([move("e", 1, { carries })]), InvariantError);
  });

  check("apply() refuses a transition from any other version (S2)", async (store) => {
    await own(store);
    await store.apply([insert("a"), move("a", 1)]);
    const conflict = { kind: "conflict", version: 2 };
    assert.deepEqual(await store.apply([move("a", 1), move("a", 3)]), [conflict, conflict]);
    assert.equal((await read(store, "a"))?.head, `{"was":1}`);
  });

  check("apply() refuses every epoch but the stored one, before all else (S1)", async (store) => {
    await own(store);
    await store.acquire(ME, [shardIn("a")]);
    await store.apply([insert("a")]);
    const fenced = { kind: "fenced", epoch: 2 };
    const writes = [
      move("a", 1, { epoch: 1 }),
      move("a", 1, { epoch: 3 }),
      move("a", 9, { epoch: 1 }),
      append("a", ["x"], { epoch: 1 }),
    ];
    assert.deepEqual(await store.apply(writes), [fenced, fenced, fenced, fenced]);
    assert.deepEqual(await outcomes(store, [move("a", 1, { epoch: 2 })]), ["applied"]);
  });

  check("apply() answers `missing` for an actor that is not there", async (store) => {
    await own(store);
    assert.deepEqual(await outcomes(store, [move("a", 1), append("a", ["x"])]), [
      "missing",
      "missing",
    ]);
  });

  check("apply() takes a batch in its order, refusals apart (S5)", async (store) => {
    await own(store);
    const batch = [
      move("a", 1),
      insert("a"),
      move("a", 1),
      insert("a"),
      move("a", 1),
      move("a", 2),
    ];
    assert.deepEqual(await outcomes(store, batch), [
      "missing",
      "applied",
      "applied",
      "exists",
      "conflict",
      "applied",
    ]);
    assert.equal((await read(store, "a"))?.version, 3);
  });

  check("apply() of calls sent together takes them in their order (S5)", async (store) => {
    await own(store);
    await store.apply([insert("a")]);
    const calls = [1, 2, 3, 4].map((version) => outcomes(store, [move("a", version)]));
    const seen = read(store, "a");
    assert.deepEqual(await Promise.all(calls), Array(4).fill(["applied"]));
    assert.equal((await seen)?.version, 5);
  });

  check("apply() takes a full batch, and nothing for an empty one", async (store) => {
    const batch = Array.from({ length: BATCH_WRITES_MAX }, (_, at) => insert(`job-${at}`));
    assert.deepEqual(new Set(await outcomes(store, batch)), new Set(["applied"]));
    assert.deepEqual(await store.apply([]), []);
    assert.deepEqual(await store.tallies("job"), new Map([["default/new", BATCH_WRITES_MAX]]));
  });

  check("apply() throws on what only a bug can send, and writes none of it", async (store) => {
    const wrong = ((shardIn("a") + 1) % SHARDS) as ShardId;
    const strayed = insert("a");
    const broken: Write[][] = [
      [insert("b"), { ...strayed, draft: { ...strayed.draft, shard: wrong } }],
      [insert("b"), insert("a", { labels: ["x", "x"] })],
      [insert("b"), insert("a", { labels: ["x".repeat(301)] })],
      [insert("b"), insert("a", { labels: Array.from({ length: 41 }, (_, n) => `l${n}`) })],
      Array.from({ length: BATCH_WRITES_MAX + 1 }, (_, at) => insert(`job-${at}`)),
    ];
    for (const batch of broken) await assert.rejects(store.apply(batch), InvariantError);
    assert.deepEqual(await store.tallies("job"), new Map());
  });

  check("load() answers in the order of the ids, with gaps and repeats", async (store) => {
    await store.apply([insert("a"), insert("b")]);
    const ids = ["b", "nobody", "a", "b"].map(actorId);
    const loaded = await store.load(ids);
    assert.deepEqual(loaded.map((snapshot) => snapshot?.id), ["b", undefined, "a", "b"]);
    assert.deepEqual(await store.load([]), []);
  });

  check("load() takes `LOAD_IDS_MAX` ids and no more (S7)", async (store) => {
    await store.apply([insert("a")]);
    const ids = Array<ReturnType<typeof actorId>>(LOAD_IDS_MAX).fill(actorId("a"));
    assert.equal((await store.load(ids)).length, LOAD_IDS_MAX);
    await assert.rejects(store.load([...ids, actorId("a")]), InvariantError);
  });

  check("tallies() counts per kind and leaves out zeros (S6)", async (store) => {
    await own(store);
    await store.apply([
      insert("a", { tally: "q/new" }),
      insert("b", { tally: "q/new" }),
      insert("c", { tally: "q/new", kind: "schedule" }),
      move("a", 1, { tally: "q/done" }),
    ]);
    assert.deepEqual(await store.tallies("job"), new Map([["q/new", 1], ["q/done", 1]]));
    await store.apply([move("b", 1, { tally: "q/done" })]);
    assert.deepEqual(await store.tallies("job"), new Map([["q/done", 2]]));
    assert.deepEqual(await store.tallies("schedule"), new Map([["q/new", 1]]));
    assert.deepEqual(await store.tallies("nothing"), new Map());
  });

  check("close() makes every later call reject with `unavailable`", async (store) => {
    await store.apply([insert("a")]);
    await store.close();
    await store.close();
    const isUnavailable = (error: unknown) =>
      error instanceof Fault && error.code === "unavailable" && error.retryable;
    await assert.rejects(store.apply([insert("b")]), isUnavailable);
    await assert.rejects(store.load([actorId("a")]), isUnavailable);
    await assert.rejects(store.fences(), isUnavailable);
  });

  check("close() lets calls finish that were sent before it (S4)", async (store) => {
    const sent = store.apply([insert("a")]);
    await store.close();
    assert.deepEqual(await sent, [{ kind: "applied" }]);
  });
}
