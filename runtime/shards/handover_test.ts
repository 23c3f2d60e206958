import assert from "node:assert/strict";
import type { NodeName, ShardId } from "../ids.ts";
import {
  HANDOVER_FLUSH_MS,
  HANDOVER_QUIET_MS,
  HANDOVER_SHARDS_MAX,
  RESERVATION_MS,
  SESSION_RENEW_MS,
  SESSION_TTL_MS,
  STORE_RETRY_MIN_MS,
} from "../limits.ts";
import { settle, VirtualClock } from "../testing/virtual_clock.ts";
import { claimantOf, shardsOf, WiredStore } from "../testing/wired_store.ts";
import type { HandoverHooks } from "./handover_driver.ts";
import { Ownership } from "./ownership_driver.ts";

const SHARDS = 4;
const ids = (...numbers: number[]) => numbers as ShardId[];

const B = "b" as NodeName;

/** Nodes on one store. */
function setup(shards = SHARDS) {
  const clock = new VirtualClock();
  const wire = new WiredStore(clock, { shards });
  const node = (
    name: string,
    wanted: readonly ShardId[],
    hooks: Pick<HandoverHooks, "quiet" | "releasing"> = {},
  ) => {
    const events: string[] = [];
    const ownership = new Ownership({
      clock,
      store: wire.store,
      claimant: claimantOf(name),
      shards: wanted,
      gained: (gained) => events.push(`gained ${gained}`),
      lost: (lost) => events.push(`lost ${lost}`),
      released: (released, heir) =>
        events.push(`released ${released}${heir ? ` for ${heir}` : ""}`),
      observed: (fences) => void (seen.fences = fences.length),
      health: (fault) => fault && events.push(fault.code),
      ...hooks,
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
  const a = node("a1", shardsOf(SHARDS), { quiet: () => writes.promise });
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
  const a = node("a1", shardsOf(SHARDS), { quiet: () => writes.promise });
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

Deno.test("actors end what they are at before the loss is announced, under the epoch they had (HA1)", async () => {
  const { clock, wire, node } = setup();
  const rest = Promise.withResolvers<void>();
  const asked: string[] = [];
  const releasing = (shards: readonly ShardId[]) => {
    asked.push(`${shards}`);
    return rest.promise;
  };
  const a = node("a1", shardsOf(SHARDS), { releasing });
  await settle();
  a.ownership.want(ids(0, 1));
  await clock.pass(HANDOVER_FLUSH_MS / 2);
  assert.deepEqual(asked, ["2,3"], "once, however often it is looked at meanwhile");
  assert.deepEqual(a.events.slice(1), []);
  assert.equal(a.ownership.epochOf(2 as ShardId), 1);
  assert.ok(!wire.calls.includes("release"));
  rest.resolve();
  await settle();
  assert.deepEqual(a.events.slice(1), ["lost 2,3", "released 2,3"]);
});

Deno.test("a hand-over does not hang on an actor or a write that hangs (HA1)", async () => {
  const { clock, node } = setup();
  const never = () => new Promise<void>(() => {});
  const a = node("a1", shardsOf(SHARDS), { releasing: never, quiet: never });
  const b = node("b1", ids(3));
  await settle();
  a.ownership.want(ids(0, 1, 2));
  await clock.pass(HANDOVER_FLUSH_MS);
  assert.deepEqual(a.events.slice(1), ["lost 3"]);
  await clock.pass(HANDOVER_QUIET_MS + SESSION_RENEW_MS);
  assert.deepEqual(a.events.slice(1), ["lost 3", "released 3"]);
  assert.deepEqual(b.ownership.owned(), [3]);
});

Deno.test("a released shard is kept for its heir for a while, and then for whoever comes (HA2)", async () => {
  const { clock, wire, node } = setup();
  const a = node("a1", shardsOf(SHARDS));
  const c = node("c1", ids(3));
  await settle();
  a.ownership.want(ids(0, 1, 2), () => B);
  await clock.pass(SESSION_RENEW_MS);
  assert.deepEqual(a.events.slice(1), ["lost 3", "released 3 for b"]);
  assert.equal(c.ownership.count, 0, "it is not meant");
  const b = node("b1", ids(3));
  await settle();
  assert.deepEqual(b.ownership.owned(), [3]);
  b.ownership.want([], () => "d" as NodeName);
  await clock.pass(RESERVATION_MS + SESSION_RENEW_MS);
  assert.deepEqual(c.ownership.owned(), [3], "the heir never came");
  assert.equal((await wire.truth.fences())[3]?.reservation, undefined);
});

Deno.test("a shard lost while its actors come to rest is not released by whoever lost it (HO3)", async () => {
  const { clock, wire, node } = setup();
  const rest = Promise.withResolvers<void>();
  const a = node("a1", shardsOf(SHARDS), { releasing: () => rest.promise });
  await settle();
  a.ownership.want(ids(0, 1, 2));
  await clock.pass(10);
  a.ownership.fenced(3 as ShardId, 1);
  rest.resolve();
  await clock.pass(SESSION_RENEW_MS);
  assert.deepEqual(a.events.slice(1), ["lost 3"]);
  assert.ok(!wire.calls.includes("release"));
});

Deno.test("a wish that is not granted is repeated with the renewals, not all the time (O3)", async () => {
  const { clock, wire, node } = setup();
  node("a1", shardsOf(SHARDS));
  await settle();
  const b = node("b1", ids(2, 3));
  await settle();
  wire.calls.length = 0;
  const beats = 4;
  for (let at = 0; at < 100 * beats; at++) {
    await clock.pass(SESSION_RENEW_MS / 100);
    b.ownership.want(ids(3, 2));
  }
  assert.ok(wire.calls.filter((op) => op === "acquire").length <= beats + 1);
  assert.ok(wire.calls.filter((op) => op === "renew").length <= 2 * beats + 1);
});

Deno.test("a release that takes effect late, behind a new acquisition, is noticed (O2)", async () => {
  const { clock, wire, node } = setup();
  const a = node("a1", shardsOf(SHARDS));
  await settle();
  const lateMs = SESSION_RENEW_MS + 100;
  wire.next("release", { fault: "timeout-late", lateMs });
  a.ownership.want(ids(0, 1, 2));
  await clock.pass(1);
  a.ownership.want(shardsOf(SHARDS));
  await clock.pass(lateMs + 3 * SESSION_RENEW_MS);
  const truth = (await wire.truth.fences())[3];
  assert.equal(truth?.owner?.boot, "a1");
  assert.equal(a.ownership.epochOf(3 as ShardId), truth?.epoch);
});

Deno.test("reacquire() takes nothing that is neither ours nor wanted (O5)", async () => {
  const { node, wire } = setup();
  const a = node("a1", ids(0));
  await settle();
  assert.equal(await a.ownership.reacquire(3 as ShardId), false);
  assert.deepEqual((await wire.truth.fences()).map(({ shard }) => shard), [0]);
});

Deno.test("close() tells the others that its shards are free", async () => {
  const { node } = setup();
  const a = node("a1", ids(0, 1));
  await settle();
  await a.ownership.close();
  assert.deepEqual(a.events.slice(1), ["lost 0,1", "released 0,1"]);
});
