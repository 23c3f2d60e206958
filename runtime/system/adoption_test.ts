import assert from "node:assert/strict";
import type { ActorId, ShardId } from "../ids.ts";
import { FIND_LIMIT_MAX, STORE_RETRY_MAX_MS } from "../limits.ts";
import { counterDraft } from "../testing/counter.ts";
import { settle, VirtualClock } from "../testing/virtual_clock.ts";
import { WiredStore } from "../testing/wired_store.ts";
import { shardOf } from "../ids.ts";
import { adopt, Adopter, type AdoptionOptions } from "./adoption.ts";

const SHARDS = 4;
const ADOPTING = { kind: "counter", label: "resident=true", message: "you are mine" };

async function setup(actors: { resident: number; idle: number }) {
  const clock = new VirtualClock();
  const wire = new WiredStore(clock, { shards: SHARDS });
  const told: ActorId[] = [];
  const node = { ended: false };
  const drafts = [
    ...Array.from(
      { length: actors.resident },
      (_, at) => counterDraft(`r${at}`, { resident: true }),
    ),
    ...Array.from({ length: actors.idle }, (_, at) => counterDraft(`i${at}`)),
  ].map((draft) => ({ ...draft, shard: shardOf(draft.id, SHARDS) }));
  for (let at = 0; at < drafts.length; at += 500) {
    await wire.truth.apply(
      drafts.slice(at, at + 500).map((draft) => ({ kind: "insert" as const, draft })),
    );
  }
  const options: AdoptionOptions = {
    clock,
    store: wire.store,
    tell: ({ id, kind, shard }, message) => {
      assert.deepEqual([kind, shard, message], ["counter", shardOf(id, SHARDS), "you are mine"]);
      told.push(id);
    },
    ended: () => node.ended,
  };
  const adopter = new Adopter(options);
  adopter.register(ADOPTING);
  const run = (shards: readonly number[]) => adopt(ADOPTING, shards as readonly ShardId[], options);
  const expected = (shards: readonly number[]) =>
    drafts.filter(({ id, shard }) => id.startsWith("r") && shards.includes(shard))
      .map(({ id }) => id);
  return { clock, wire, told, node, run, adopter, expected };
}

Deno.test("adopt() tells the labelled actors of these shards, and nobody else, over many pages (A1)", async () => {
  const { run, told, expected, wire } = await setup({ resident: 2 * FIND_LIMIT_MAX + 1, idle: 50 });
  await run([1, 2]);
  assert.deepEqual(told, expected([1, 2]));
  assert.ok(wire.calls.length >= 3);
});

Deno.test("adopt() goes on where it was after the store failed (A1)", async () => {
  const { run, told, expected, wire, clock } = await setup({
    resident: FIND_LIMIT_MAX + 9,
    idle: 0,
  });
  wire.next("find", {}, { fault: "unavailable" }, { fault: "timeout-before" });
  const done = run([0, 1, 2, 3]);
  await clock.pass(2 * STORE_RETRY_MAX_MS);
  await done;
  assert.deepEqual(told, expected([0, 1, 2, 3]));
});

Deno.test("adopt() ends with its node, even while the store is away", async () => {
  const { run, told, wire, clock, node } = await setup({ resident: 1, idle: 0 });
  wire.always(() => ({ fault: "unavailable" }));
  const done = run([0, 1, 2, 3]);
  await settle();
  node.ended = true;
  clock.advance(STORE_RETRY_MAX_MS);
  await done;
  assert.deepEqual(told, []);
  assert.equal(clock.timers, 0);
});

Deno.test("Adopter searches once for all that is gained during a search, and misses nobody (A1, A2)", async () => {
  const { adopter, told, expected, wire, clock } = await setup({ resident: 40, idle: 0 });
  wire.always(() => ({ replyDelayMs: 10 }));
  const gain = (...shards: number[]) => adopter.adopt(shards as ShardId[]);
  gain(0);
  await clock.pass(1);
  gain(1);
  gain(2, 3);
  await clock.pass(50);
  assert.equal(wire.calls.filter((op) => op === "find").length, 2);
  assert.deepEqual([...told].sort(), expected([0, 1, 2, 3]).sort());
  gain(0);
  await clock.pass(50);
  assert.equal(told.length, expected([0, 1, 2, 3, 0]).length + expected([0]).length);
});
