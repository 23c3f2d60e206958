import assert from "node:assert/strict";
import type { ShardId } from "../ids.ts";
import { LAPSE_LOOK_MS, SESSION_RENEW_MS, SESSION_TTL_MS, STORE_RETRY_MIN_MS } from "../limits.ts";
import { settle, VirtualClock } from "../testing/virtual_clock.ts";
import { claimantOf, shardsOf, WiredStore } from "../testing/wired_store.ts";
import { Ownership, type OwnershipOptions } from "./ownership_driver.ts";

const SHARDS = 4;
const S0 = 0 as ShardId;
const TTL = { ttlMs: SESSION_TTL_MS, opening: false };

function setup(more: Partial<OwnershipOptions> = {}) {
  const clock = new VirtualClock();
  const wire = new WiredStore(clock, { shards: SHARDS });
  const events: string[] = [];
  const ownership = new Ownership({
    clock,
    store: wire.store,
    claimant: claimantOf("a1"),
    shards: shardsOf(SHARDS),
    gained: (shards) => events.push(`gained ${shards}`),
    lost: (shards) => events.push(`lost ${shards}`),
    health: (fault) => fault && events.push(fault.code),
    ...more,
  });
  const start = async () => {
    ownership.start();
    await settle();
    events.length = 0;
  };
  /** Another node opens a session and takes what it can. */
  const rival = async (name = "b1", shards = [S0]) => {
    await wire.truth.renew(claimantOf(name), { ttlMs: SESSION_TTL_MS, opening: true });
    return wire.truth.acquire(claimantOf(name), shards);
  };
  return { clock, wire, events, ownership, start, rival };
}

Deno.test("start() opens the session, takes every free shard and announces them once (O4)", async () => {
  const { ownership, events, clock } = setup();
  ownership.start();
  assert.equal(ownership.trusted, false);
  await settle();
  assert.deepEqual(events, ["gained 0,1,2,3"]);
  assert.equal(ownership.count, SHARDS);
  assert.equal(ownership.epochOf(S0), 1);
  assert.ok(ownership.trusted);
  await clock.pass(10 * SESSION_RENEW_MS);
  assert.deepEqual(events, ["gained 0,1,2,3"]);
});

Deno.test("start() takes shards of a live owner only once that one has lapsed", async () => {
  const { ownership, rival, clock, events } = setup();
  await rival();
  ownership.start();
  await settle();
  assert.deepEqual(events, ["gained 1,2,3"]);
  assert.equal(ownership.epochOf(S0), undefined, "O1: never a guess");
  await clock.pass(SESSION_TTL_MS + SESSION_RENEW_MS);
  assert.deepEqual(events, ["gained 1,2,3", "gained 0"]);
  assert.equal(ownership.epochOf(S0), 2);
});

Deno.test("a session that nobody renews is looked at as soon as it lapses, and its shards are taken", async () => {
  const seen: number[] = [];
  const { ownership, rival, clock } = setup({
    observed: (_, { sessions, storeNowMs }) =>
      seen.push(sessions.filter(({ leaseUntilMs }) => leaseUntilMs > storeNowMs).length),
  });
  await clock.pass(100);
  await rival();
  await clock.pass(SESSION_RENEW_MS - 100);
  ownership.start();
  await clock.pass(SESSION_TTL_MS - SESSION_RENEW_MS + 100);
  assert.equal(ownership.epochOf(S0), undefined);
  await clock.pass(LAPSE_LOOK_MS);
  assert.equal(ownership.epochOf(S0), 2);
  assert.deepEqual(seen, [2, 2, 2, 2, 1], "one look more than renewals, while all is well none");
});

Deno.test("renewal goes on after faults of every kind, and trust ends meanwhile (O3, T1)", async () => {
  const { ownership, wire, clock, start, events } = setup();
  await start();
  wire.always(() => ({ fault: "unavailable" }));
  await clock.pass(SESSION_TTL_MS);
  assert.equal(ownership.trusted, false);
  assert.equal(ownership.count, SHARDS, "nobody else has taken them");
  wire.always(() => ({}));
  events.length = 0;
  await clock.pass(2 * STORE_RETRY_MIN_MS);
  assert.ok(ownership.trusted);
  assert.deepEqual(events, [], "no shard was lost or gained");
});

Deno.test("a lapse gives up exactly the shards whose fences moved, before there is trust (O2)", async () => {
  const { ownership, wire, clock, start, events, rival } = setup();
  await start();
  wire.always(() => ({ fault: "unavailable" }));
  await clock.pass(SESSION_TTL_MS + 1);
  await rival();
  events.length = 0;
  wire.always(({ op }) => op === "fences" ? { delayMs: 10 } : {});
  await clock.pass(STORE_RETRY_MIN_MS + 5);
  assert.equal(ownership.trusted, false);
  await clock.pass(10);
  assert.deepEqual(events, ["lost 0"]);
  assert.equal(ownership.epochOf(S0), undefined);
  assert.equal(ownership.epochOf(1 as ShardId), 1);
  assert.ok(ownership.trusted);
});

Deno.test("a lapse compares the fences even when the first comparison fails (O2)", async () => {
  const { ownership, wire, clock, start, events, rival } = setup();
  await start();
  wire.always(() => ({ fault: "unavailable" }));
  await clock.pass(SESSION_TTL_MS + 1);
  await rival();
  wire.always(() => ({}));
  wire.next("fences", { fault: "timeout-before" });
  events.length = 0;
  await clock.pass(4 * STORE_RETRY_MIN_MS);
  assert.deepEqual(events, ["timeout", "lost 0"]);
  assert.ok(ownership.trusted);
});

Deno.test("fenced() gives the shard up at once and asks for it again soon (O2)", async () => {
  const { ownership, clock, start, events } = setup();
  await start();
  ownership.fenced(S0, 7);
  assert.equal(events.length, 0, "an epoch that is not ours any more says nothing");
  ownership.fenced(S0, 1);
  assert.deepEqual(events, ["lost 0"]);
  assert.equal(ownership.epochOf(S0), undefined);
  await clock.pass(0);
  assert.deepEqual(events, ["lost 0", "gained 0"]);
  assert.equal(ownership.epochOf(S0), 2);
});

Deno.test("fenced() during a renewal leads to another one at once, not to a second beside it (O3)", async () => {
  const { ownership, wire, clock, start, events } = setup();
  await start();
  wire.next("renew", { replyDelayMs: 20 });
  await clock.pass(SESSION_RENEW_MS + 5);
  wire.calls.length = 0;
  ownership.fenced(S0, 1);
  await clock.pass(10);
  assert.deepEqual(wire.calls, []);
  await clock.pass(10);
  assert.deepEqual(events, ["lost 0", "gained 0"]);
});

Deno.test("reacquire() raises the epoch and announces nothing that was ours before (O1, O4)", async () => {
  const { ownership, start, events } = setup();
  await start();
  assert.equal(await ownership.reacquire(S0), true);
  assert.equal(ownership.epochOf(S0), 2);
  assert.deepEqual(events, []);
});

Deno.test("reacquire() gives up a shard that a live rival holds (O2)", async () => {
  const { ownership, wire, clock, start, events, rival } = setup();
  await start();
  wire.always(({ op }) => op === "renew" ? { fault: "unavailable" } : {});
  await clock.pass(SESSION_TTL_MS + 1);
  await rival();
  events.length = 0;
  assert.equal(await ownership.reacquire(S0), false);
  assert.deepEqual(events, ["lost 0"]);
});

Deno.test("reacquire() announces a shard that was lost while it was under way (O4)", async () => {
  const { ownership, wire, clock, start, events } = setup();
  await start();
  wire.next("acquire", { delayMs: 5 });
  const done = ownership.reacquire(S0);
  wire.always(() => ({ fault: "unavailable" }));
  ownership.fenced(S0, 1);
  await clock.pass(5);
  assert.equal(await done, true);
  assert.deepEqual(events.filter((event) => event !== "unavailable"), ["lost 0", "gained 0"]);
});

Deno.test("an acquisition whose answer comes late never replaces a newer epoch (O1)", async () => {
  const { ownership, wire, clock, start } = setup();
  await start();
  wire.next("acquire", { replyDelayMs: 10 });
  const slow = ownership.reacquire(S0);
  await settle();
  await ownership.reacquire(S0);
  assert.equal(ownership.epochOf(S0), 3);
  await clock.pass(10);
  assert.equal(await slow, true);
  assert.equal(ownership.epochOf(S0), 3);
});

Deno.test("close() gives up everything, ends the session and lets nothing in later (O4)", async () => {
  const { ownership, wire, clock, start, events } = setup();
  await start();
  wire.next("acquire", { replyDelayMs: 10 });
  const late = ownership.reacquire(S0);
  await settle();
  await ownership.close();
  await ownership.close();
  assert.deepEqual(events, ["lost 0,1,2,3"]);
  assert.deepEqual(await wire.truth.sessions(), []);
  assert.ok((await wire.truth.fences()).every(({ owner }) => owner === null));
  await clock.pass(10 * SESSION_RENEW_MS);
  assert.equal(await late, false);
  assert.equal(ownership.count, 0);
  assert.equal(clock.timers, 0);
});

Deno.test("close() leaves a store that is away to time", async () => {
  const { ownership, wire, start } = setup();
  await start();
  wire.always(() => ({ fault: "unavailable" }));
  await ownership.close();
  assert.equal(ownership.trusted, false);
});

Deno.test("fenced() during a renewal that takes other shards is not forgotten until the next (O3)", async () => {
  const { ownership, wire, clock, start, events } = setup();
  await start();
  wire.next("acquire", { delayMs: 5 });
  ownership.fenced(1 as ShardId, 1);
  await clock.pass(0);
  ownership.fenced(S0, 1);
  await clock.pass(5);
  assert.deepEqual(events, ["lost 1", "lost 0", "gained 1", "gained 0"]);
});

Deno.test("a node whose name another process takes says so and claims nothing while that one lives (O6)", async () => {
  const { ownership, wire, clock, start, events, rival } = setup();
  await start();
  await rival("a2", []);
  await clock.pass(SESSION_RENEW_MS);
  assert.deepEqual(events, ["lost 0,1,2,3", "mismatch"]);
  assert.equal(ownership.trusted, false);
  await rival("a2", shardsOf(SHARDS));
  for (let beat = 0; beat < 20; beat++) {
    await clock.pass(SESSION_RENEW_MS);
    assert.equal((await wire.truth.renew(claimantOf("a2"), TTL)).kind, "live");
  }
  assert.equal(ownership.count, 0);
  assert.ok((await wire.truth.fences()).every(({ owner }) => owner?.boot === "a2"));
});

Deno.test("a node whose name another process took comes back when that one has ended (O6)", async () => {
  for (const how of ["leaves", "dies"] as const) {
    const { ownership, wire, clock, start, events, rival } = setup();
    await start();
    await rival("a2", []);
    await clock.pass(SESSION_RENEW_MS);
    events.length = 0;
    if (how === "leaves") await wire.truth.leave(claimantOf("a2"));
    await clock.pass(2 * SESSION_TTL_MS + 3 * SESSION_RENEW_MS);
    assert.equal(events.at(-1), "gained 0,1,2,3", how);
    assert.ok(ownership.trusted);
  }
});

Deno.test("start() of a node that is alone takes all its shards in one call", async () => {
  const { wire, clock } = setup();
  const many = shardsOf(4_096);
  const store = new WiredStore(clock, { shards: 4_096 });
  const ownership = new Ownership({
    clock,
    store: store.store,
    claimant: claimantOf("a1"),
    shards: many,
    gained: () => {},
    lost: () => {},
    health: () => {},
  });
  ownership.start();
  await settle();
  assert.equal(ownership.count, 4_096);
  assert.deepEqual(store.calls, ["renew", "acquire"]);
  assert.deepEqual(wire.calls, []);
});

Deno.test("moves tells what came, what went, and what of it went in good order", async () => {
  const { ownership, start, clock } = setup();
  await start();
  assert.deepEqual(ownership.moves, { gained: SHARDS, taken: 0, lost: 0, released: 0 });
  ownership.want([S0]);
  await clock.pass(2 * SESSION_RENEW_MS);
  const gone = SHARDS - 1;
  assert.deepEqual(ownership.moves, { gained: SHARDS, taken: 0, lost: gone, released: gone });
  ownership.fenced(S0, 1);
  assert.deepEqual(ownership.moves, { gained: SHARDS, taken: 0, lost: SHARDS, released: gone });
});

Deno.test("moves tells what was taken from the dead, and what came from the living", async () => {
  const { ownership, rival, clock, wire } = setup({ observed: () => {} });
  await rival("b1", [0, 1] as ShardId[]);
  ownership.start();
  await settle();
  assert.deepEqual([ownership.moves.gained, ownership.moves.taken], [2, 0]);
  await wire.truth.release(claimantOf("b1"), [S0]);
  await wire.truth.renew(claimantOf("b1"), TTL);
  await clock.pass(2 * SESSION_RENEW_MS);
  assert.deepEqual([ownership.moves.gained, ownership.moves.taken], [3, 0]);
  await clock.pass(SESSION_TTL_MS);
  assert.deepEqual([ownership.moves.gained, ownership.moves.taken], [4, 1]);
});
