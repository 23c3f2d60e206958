import assert from "node:assert/strict";
import type { Settled } from "../actor/envelope.ts";
import type { Lane } from "../actor/mailbox.ts";
import { actorId, shardOf } from "../ids.ts";
import { ACTORS_ACTIVE_MAX, MAILBOX_USER_MAX, QUARANTINE_MS } from "../limits.ts";
import { Ownership } from "../shards/ownership_driver.ts";
import { GroupCommit } from "../store/group_commit.ts";
import { DeadLetters } from "../supervision/dead_letters.ts";
import {
  counter,
  counterDraft,
  type CounterMessage,
  type CounterState,
} from "../testing/counter.ts";
import { settle, VirtualClock } from "../testing/virtual_clock.ts";
import { claimantOf, shardsOf, WiredStore } from "../testing/wired_store.ts";
import { Directory } from "./directory.ts";

const SHARDS = 4;

async function setup() {
  const clock = new VirtualClock();
  const wire = new WiredStore(clock, { shards: SHARDS });
  const effects: string[] = [];
  const contexts: string[] = [];
  const deadLetters = new DeadLetters();
  const ownership = new Ownership({
    clock,
    store: wire.store,
    claimant: claimantOf("a1"),
    shards: shardsOf(SHARDS),
    gained: () => {},
    lost: (shards) => directory.drop(shards),
    health: () => {},
  });
  const directory: Directory = new Directory({
    clock,
    store: wire.store,
    commits: new GroupCommit(wire.store),
    claimant: claimantOf("a1"),
    ownership,
    deadLetters,
    chance: () => 0.25,
    lives: () => false,
    moved: () => {},
    inserted: () => {},
    crashed: () => {},
  });
  const spying: typeof counter = {
    ...counter,
    receive: (state, message, context) => {
      contexts.push(`${context.node} ${context.boot} ${context.unique} ${context.chance}`);
      return counter.receive(state, message, context);
    },
  };
  directory.register(spying, (effect, { id }) => void effects.push(`${id} ${effect}`));
  const create = (id: string, state: Partial<CounterState> = {}) => {
    const draft = counterDraft(id, state);
    const shard = shardOf(draft.id, SHARDS);
    return wire.truth.apply([{ kind: "insert", draft: { ...draft, shard } }]);
  };
  const ends: string[] = [];
  const send = (id: string, message: CounterMessage, lane: Lane = "user", kind = "counter") =>
    directory.deliver({ kind, id: actorId(id), shard: shardOf(actorId(id), SHARDS) }, {
      lane,
      message,
      crashes: 0,
      settle: (end: Settled<unknown>) => void ends.push(`${id} ${end.kind}`),
    });
  ownership.start();
  await settle();
  return { clock, wire, directory, ownership, deadLetters, effects, contexts, create, ends, send };
}

const GET: CounterMessage = { kind: "get" };
const ADD: CounterMessage = { kind: "add", by: 1 };

Deno.test("deliver() activates an actor once, however many speak to it (Y1)", async () => {
  const { directory, create, send, ends, wire } = await setup();
  await create("c");
  send("c", ADD);
  send("c", ADD);
  assert.equal(directory.size, 1);
  assert.ok(directory.has(actorId("c")));
  await settle();
  assert.deepEqual(ends, ["c handled", "c handled"]);
  assert.equal(wire.calls.filter((op) => op === "load").length, 1);
  assert.equal(directory.size, 0);
});

Deno.test("deliver() gives every message a name of its own and who handles it (B3)", async () => {
  const { create, send, contexts } = await setup();
  await create("c");
  send("c", GET);
  send("c", GET);
  await settle();
  assert.deepEqual(contexts, ["a a1 a1.1 0.25", "a a1 a1.2 0.25"]);
});

Deno.test("deliver() is busy for a kind that nobody registered and a shard that is not ours (Y2)", async () => {
  const { send, ends, ownership, directory } = await setup();
  send("c", GET, "user", "stranger");
  await ownership.close();
  send("c", GET);
  assert.deepEqual(ends, ["c busy", "c busy"]);
  assert.equal(directory.size, 0);
});

Deno.test("deliver() gives no actor what is meant for one of another kind", async () => {
  const { directory, create, send, ends } = await setup();
  directory.register({ ...counter, kind: "another" }, () => {});
  await create("c");
  send("c", ADD);
  send("c", ADD, "user", "another");
  await settle();
  send("c", ADD, "user", "another");
  await settle();
  assert.deepEqual(ends, ["c busy", "c handled", "c missing"]);
  assert.equal(directory.size, 0);
});

Deno.test("deliver() is busy beyond a mailbox's bound, and beyond it for users only (M3)", async () => {
  const { create, send, ends } = await setup();
  await create("c");
  for (let at = 0; at < MAILBOX_USER_MAX + 1; at++) send("c", GET);
  assert.deepEqual(ends, ["c busy"]);
  send("c", GET, "system");
  assert.equal(ends.length, 1);
  await settle();
  assert.equal(ends.filter((end) => end === "c handled").length, MAILBOX_USER_MAX + 1);
});

Deno.test("deliver() lets the system in and users not when too many actors are in memory (Y3)", async () => {
  const { directory, send, ends } = await setup();
  for (let at = 0; at < ACTORS_ACTIVE_MAX; at++) send(`j${at}`, GET);
  assert.equal(directory.size, ACTORS_ACTIVE_MAX);
  send("stranger", GET);
  assert.deepEqual(ends, ["stranger busy"]);
  send("own", GET, "system");
  assert.equal(directory.size, ACTORS_ACTIVE_MAX + 1);
  await settle();
});

Deno.test("drop() lets go of the shards' actors and of no others; nothing is written (Y2)", async () => {
  const { directory, create, send, ends, wire } = await setup();
  await create("x@1", { resident: true });
  await create("y@1", { resident: true });
  send("x@1", GET);
  send("y@1", GET);
  await settle();
  assert.equal(directory.size, 2);
  assert.notEqual(shardOf(actorId("x@1"), SHARDS), shardOf(actorId("y@1"), SHARDS));
  wire.calls.length = 0;
  directory.drop([shardOf(actorId("x@1"), SHARDS)]);
  assert.equal(directory.has(actorId("x@1")), false);
  assert.equal(directory.has(actorId("y@1")), true);
  await settle();
  assert.deepEqual(wire.calls, []);
  assert.equal(ends.length, 2);
});

Deno.test("retire() waits for what its actors are at, and lets nothing begin until the shard is lost (Y5)", async () => {
  const { directory, create, send, ends, wire, clock } = await setup();
  for (const id of ["x@1", "x@2", "y@1"]) await create(id, { resident: true });
  for (const id of ["x@2", "y@1"]) send(id, GET);
  await settle();
  wire.next("apply", { replyDelayMs: 20 });
  send("x@1", ADD);
  await clock.pass(1);
  const shard = shardOf(actorId("x@1"), SHARDS);
  let rests = false;
  const done = directory.retire([shard]).then(() => rests = true);
  ends.length = 0;
  for (const id of ["x@1", "x@2", "x@3", "y@1"]) send(id, GET);
  await clock.pass(10);
  assert.deepEqual([rests, directory.has(actorId("x@1"))], [false, true]);
  assert.deepEqual(ends, ["x@1 busy", "x@2 busy", "x@3 busy", "y@1 handled"]);
  await clock.pass(10);
  await done;
  assert.equal(ends.at(-1), "x@1 handled");
  assert.equal(directory.size, 1);
  directory.drop([shard]);
  send("x@1", GET);
  await settle();
  assert.equal(ends.at(-1), "x@1 handled", "the shard may come back");
});

Deno.test("retire() of shards at rest resolves at once; a loss in between ends the wait (Y2, Y5)", async () => {
  const { directory, create, send, wire, clock } = await setup();
  await directory.retire([shardOf(actorId("z@1"), SHARDS)]);
  await create("x@1");
  wire.next("apply", { replyDelayMs: 1_000 });
  send("x@1", ADD);
  await clock.pass(1);
  const done = directory.retire([shardOf(actorId("x@1"), SHARDS)]);
  directory.drop([shardOf(actorId("x@1"), SHARDS)]);
  await done;
});

Deno.test("time-outs of many actors of one shard lead to one re-acquisition (C3)", async () => {
  const { create, send, ends, wire, clock } = await setup();
  for (const id of ["s@1", "s@2", "s@3"]) await create(id, { resident: true });
  for (const id of ["s@1", "s@2", "s@3"]) send(id, GET);
  await settle();
  wire.calls.length = 0;
  wire.next("apply", { fault: "timeout-after" });
  wire.next("acquire", { delayMs: 5 });
  for (const id of ["s@1", "s@2", "s@3"]) send(id, ADD);
  await clock.pass(10);
  assert.equal(wire.calls.filter((op) => op === "acquire").length, 1);
  assert.equal(ends.filter((end) => end.endsWith("handled")).length, 6);
});

Deno.test("the repair after a time-out goes on until the store answers (C3)", async () => {
  const { create, send, ends, wire, clock } = await setup();
  await create("c");
  wire.next("apply", { fault: "timeout-after" });
  wire.next("acquire", { fault: "unavailable" }, {}, {});
  wire.next("load", {}, { fault: "unavailable" });
  send("c", ADD);
  await clock.pass(200);
  assert.deepEqual(ends, ["c handled"]);
});

Deno.test("a stopped actor is not activated again until its quarantine is over (Y4)", async () => {
  const { directory, create, send, ends, clock, deadLetters } = await setup();
  await create("c");
  for (let at = 0; at < 9; at++) send("c", { kind: "crash" });
  await clock.pass(5_000);
  assert.equal(ends.length, 9);
  assert.ok(deadLetters.total >= 2);
  assert.equal(deadLetters.latest()[0]!.message, "crash");
  ends.length = 0;
  send("c", GET, "system");
  assert.deepEqual(ends, ["c crashed"]);
  assert.equal(directory.size, 0);
  await clock.pass(QUARANTINE_MS);
  send("c", GET);
  await settle();
  assert.deepEqual(ends, ["c crashed", "c handled"]);
});
