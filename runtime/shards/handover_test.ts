import assert from "node:assert/strict";
import type { ShardId } from "../ids.ts";
import {
  HANDOVER_SHARDS_MAX,
  SESSION_RENEW_MS,
  SESSION_TTL_MS,
  STORE_RETRY_MIN_MS,
} from "../limits.ts";
import { settle, VirtualClock } from "../testing/virtual_clock.ts";
import { claimantOf, shardsOf, WiredStore } from "../testing/wired_store.ts";
import { Ownership } from "./ownership_driver.ts";

const SHARDS = 4;
const ids = (...numbers: number[]) => numbers as ShardId[];

/** Nodes on one store, each with its own wire to it. */
function setup(shards = SHARDS) {
  const clock = new VirtualClock();
  const wire = new WiredStore(clock, { shards });
  const node = (name: string, wanted: readonly ShardId[], quiet = () => Promise.resolve()) => {
    const events: string[] = [];
    const ownership = new Ownership({
      clock,
      store: wire.store,
      claimant: claimantOf(name),
      shards: wanted,
      gained: (gained) => events.push(`gained ${gained}`),
      lost: (lost) => events.push(`lost ${lost}`),
      released: (released) => events.push(`released ${released}`),
      observed: (fences) => void (seen.fences = fences.length),
      quiet,
      health: (fault) => fault && events.push(fault.code),
    });
    const seen = { fences: 0 };
    ownership.start();
    return { ownership, events, seen };
  };
  return { clock, wire, node };
}

Deno.test("want() gives up what is too much and the other takes it, without either owning it at once (O5)", async () => {
  const { clock, node } = setup();
  const a = node("a1", shardsOf(SHARDS));
  await settle();
  const b = node("b1", ids(2, 3));
  await settle();
  assert.deepEqual(b.events, []);
  assert.equal(b.ownership.missing, 2);
  a.events.length = 0;
  a.ownership.want(ids(0, 1));
  await clock.pass(0);
  assert.deepEqual(a.events, ["lost 2,3", "released 2,3"]);
  b.ownership.hint();
  await clock.pass(0);
  assert.deepEqual(b.events, ["gained 2,3"]);
  assert.deepEqual([a.ownership.owned(), b.ownership.owned()], [[0, 1], [2, 3]]);
  assert.equal(b.ownership.epochOf(2 as ShardId), 2);
  assert.equal(b.ownership.missing, 0);
});

Deno.test("want() without a hint is noticed by the other with its next renewal", async () => {
  const { clock, node } = setup();
  const a = node("a1", shardsOf(SHARDS));
  await settle();
  const b = node("b1", ids(3));
  a.ownership.want(ids(0, 1, 2));
  await clock.pass(SESSION_RENEW_MS);
  assert.deepEqual(b.ownership.owned(), [3]);
});

Deno.test("a shard is released only when nothing can still write to it (O5)", async () => {
  const { clock, wire, node } = setup();
  const writes = Promise.withResolvers<void>();
  const a = node("a1", shardsOf(SHARDS), () => writes.promise);
  await settle();
  a.ownership.want(ids(0, 1, 2));
  await clock.pass(5 * SESSION_RENEW_MS);
  assert.deepEqual(a.events.slice(1), ["lost 3"]);
  assert.equal((await wire.truth.fences())[3]?.owner?.boot, "a1");
  assert.ok(a.ownership.trusted, "renewals go on meanwhile (O3)");
  writes.resolve();
  await settle();
  assert.deepEqual(a.events.slice(1), ["lost 3", "released 3"]);
  assert.equal((await wire.truth.fences())[3]?.owner, null);
});

Deno.test("a release that fails is made again until it is done (O5)", async () => {
  const { clock, wire, node } = setup();
  const a = node("a1", shardsOf(SHARDS));
  await settle();
  wire.next("release", { fault: "unavailable" }, { fault: "timeout-before" });
  a.ownership.want(ids(0));
  await clock.pass(3 * SESSION_RENEW_MS);
  assert.deepEqual(a.events.slice(1), ["lost 1,2,3", "released 1,2,3"]);
});

Deno.test("a shard that is wanted again while it leaves comes back with a new epoch", async () => {
  const { clock, wire, node } = setup();
  const a = node("a1", shardsOf(SHARDS));
  await settle();
  wire.next("release", { delayMs: 10 });
  a.ownership.want(ids(0, 1, 2));
  await clock.pass(5);
  a.ownership.want(shardsOf(SHARDS));
  await clock.pass(2 * SESSION_RENEW_MS);
  assert.equal(a.ownership.epochOf(3 as ShardId), 2);
});

Deno.test("a lapse frees what was leaving: it is not released afterwards (O5)", async () => {
  const { clock, wire, node } = setup();
  const writes = Promise.withResolvers<void>();
  const a = node("a1", shardsOf(SHARDS), () => writes.promise);
  await settle();
  a.ownership.want(ids(0, 1, 2));
  await clock.pass(0);
  wire.always(({ op }) => op === "renew" ? { fault: "unavailable" } : {});
  await clock.pass(SESSION_TTL_MS + SESSION_RENEW_MS);
  wire.always(() => ({}));
  a.ownership.want(shardsOf(SHARDS));
  await clock.pass(SESSION_RENEW_MS + STORE_RETRY_MIN_MS);
  assert.equal(a.ownership.count, SHARDS);
  writes.resolve();
  await clock.pass(SESSION_RENEW_MS);
  assert.ok((await wire.truth.fences()).every(({ owner }) => owner?.boot === "a1"));
  assert.ok(!wire.calls.includes("release"));
});

Deno.test("much is given up a few shards at a time, quickly, and nothing else meanwhile", async () => {
  const many = 3 * HANDOVER_SHARDS_MAX;
  const { clock, wire, node } = setup(many);
  const a = node("a1", shardsOf(many));
  await settle();
  a.ownership.want([]);
  await clock.pass(1);
  assert.equal(a.ownership.count, 0);
  assert.equal(wire.calls.filter((op) => op === "release").length, 3);
});

Deno.test("fences are shown with each renewal to who asked for them", async () => {
  const { clock, node } = setup();
  const a = node("a1", ids(1));
  await clock.pass(SESSION_RENEW_MS);
  assert.equal(a.seen.fences, 1);
});
