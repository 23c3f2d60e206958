import assert from "node:assert/strict";
import { Fault } from "../fault.ts";
import { type ActorId, actorId, type ShardId } from "../ids.ts";
import { FRESH_CHARS_MAX, LOAD_IDS_MAX } from "../limits.ts";
import type { Snapshot } from "../snapshot.ts";
import { counterSnapshot } from "../testing/counter.ts";
import { settle } from "../testing/virtual_clock.ts";
import { Loader } from "./loader.ts";

function setup(answer = (ids: readonly ActorId[]) => Promise.resolve(ids.map(snapshotOf))) {
  const calls: number[] = [];
  const loader = new Loader({
    load: (ids) => {
      calls.push(ids.length);
      return answer(ids);
    },
  });
  const answers: string[] = [];
  const load = (id: string) =>
    loader.load({
      id: actorId(id),
      shard: 0 as ShardId,
      loaded: (snapshot) => void answers.push(`${id} ${snapshot?.version}`),
      loadFailed: () => void answers.push(`${id} failed`),
      drop: () => {},
      retire: () => {},
    });
  /** An insert of `id` that was sent and answered. */
  const inserted = (id: string, overrides: Partial<Snapshot> = {}) => {
    loader.expect(actorId(id));
    loader.remember({ ...counterSnapshot(id, { shards: 1 }), ...overrides });
  };
  return { loader, load, calls, answers, inserted };
}

function snapshotOf(id: ActorId): Snapshot | undefined {
  return id === "gone" ? undefined : counterSnapshot(id, { shards: 1 });
}

Deno.test("load() answers every cell once, those of one turn from one call (L1)", async () => {
  const { load, calls, answers } = setup();
  load("a");
  load("gone");
  load("b");
  await settle();
  load("c");
  await settle();
  assert.deepEqual(calls, [3, 1]);
  assert.deepEqual(answers, ["a 1", "gone undefined", "b 1", "c 1"]);
});

Deno.test("load() splits what is too much for one call (L1)", async () => {
  const { load, calls, answers } = setup();
  for (let at = 0; at < LOAD_IDS_MAX + 1; at++) load(`j${at}`);
  await settle();
  assert.deepEqual(calls, [LOAD_IDS_MAX, 1]);
  assert.equal(answers.length, LOAD_IDS_MAX + 1);
});

Deno.test("load() answers loadFailed to every cell of a call that failed (L1)", async () => {
  const unavailable = new Fault("store.load", "unavailable", { message: "injected" });
  const { load, answers } = setup(() => Promise.reject(unavailable));
  load("a");
  load("b");
  await settle();
  assert.deepEqual(answers, ["a failed", "b failed"]);
});

Deno.test("remember() spares one load, and only one", async () => {
  const { inserted, load, calls, answers } = setup();
  inserted("a", { version: 7 });
  load("a");
  assert.deepEqual(answers, ["a 7"], "at once");
  load("a");
  await settle();
  assert.deepEqual(answers, ["a 7", "a 1"]);
  assert.deepEqual(calls, [1]);
});

Deno.test("remember() takes nothing that was loaded before its insert was answered (L2)", async () => {
  const { loader, load, calls } = setup();
  const late = counterSnapshot("a", { shards: 1 });
  loader.expect(late.id);
  load("a");
  loader.remember(late);
  load("a");
  loader.expect(late.id);
  loader.unexpect(late.id);
  loader.remember(late);
  load("a");
  await settle();
  assert.deepEqual(calls, [3]);
});

Deno.test("remember() forgets the oldest when there is too much", async () => {
  const { inserted, load, calls } = setup();
  const big = "x".repeat(FRESH_CHARS_MAX / 2);
  for (const id of ["a", "a", "b", "c"]) inserted(id, { body: big });
  load("c");
  load("a");
  load("b");
  await settle();
  assert.deepEqual(calls, [2]);
});

Deno.test("forgetAll() makes the store be asked again, and frees the room", async () => {
  const { loader, inserted, load, calls } = setup();
  const big = "x".repeat(FRESH_CHARS_MAX / 2);
  inserted("a", { body: big });
  loader.forgetAll();
  load("a");
  await settle();
  assert.deepEqual(calls, [1]);
  inserted("b", { body: big });
  load("b");
  assert.deepEqual(calls, [1]);
});
