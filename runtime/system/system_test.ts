import assert from "node:assert/strict";
import { actorId, shardOf } from "../ids.ts";
import { RESTARTS_MAX, SESSION_TTL_MS, STORE_RETRY_MIN_MS, WINDOW_RESCAN_MS } from "../limits.ts";
import {
  counter,
  counterDraft,
  type CounterMessage,
  type CounterState,
} from "../testing/counter.ts";
import { settle, VirtualClock } from "../testing/virtual_clock.ts";
import { claimantOf, WiredStore } from "../testing/wired_store.ts";
import { NodeSystem } from "./system.ts";

const SHARDS = 4;
const RIVAL = claimantOf("b1");

function setup() {
  const clock = new VirtualClock();
  const wire = new WiredStore(clock, { shards: SHARDS });
  const effects: string[] = [];
  const logs: string[] = [];
  const room = { free: 1_000 };
  const system = new NodeSystem({
    clock,
    store: wire.store,
    claimant: claimantOf("a1"),
    shards: SHARDS,
    chance: () => 0.5,
    gate: {
      reserve: () => room.free > 0 && room.free-- > 0 ? "held" : "no-line",
      settled: () => void room.free++,
    },
    log: (_level, message) => void logs.push(message),
  });
  system.register(counter, (effect, { id }) => void effects.push(`${id} ${effect}`));
  const start = async () => {
    system.start();
    await settle();
  };
  const ref = (id: string) => system.ref<CounterMessage, number>("counter", actorId(id));
  const add = (id: string, by = 1) => ref(id).ask({ kind: "add", by });
  const create = (id: string, state: Partial<CounterState> = {}) =>
    system.create(counterDraft(id, state));
  const count = async (id: string) => {
    const snapshot = (await wire.truth.load([actorId(id)]))[0];
    return snapshot && (JSON.parse(snapshot.head) as CounterState).count;
  };
  const epochOf = async (id: string) => {
    const shard = shardOf(actorId(id), SHARDS);
    return (await wire.truth.fences()).find((fence) => fence.shard === shard)?.epoch;
  };
  return { clock, wire, effects, logs, room, system, start, ref, add, create, count, epochOf };
}

Deno.test("create() inserts once; a second one of the same id exists", async () => {
  const { start, create, system } = setup();
  await start();
  const created = await create("c");
  assert.ok(created.kind === "created" && created.snapshot.version === 1);
  assert.deepEqual(await create("c"), { kind: "exists" });
  assert.equal((await system.read(actorId("c")))?.version, 1);
});

Deno.test("create() works without owning anything, and rejects with the store's fault", async () => {
  const { create, wire, count } = setup();
  assert.equal((await create("c")).kind, "created");
  wire.next("apply", { fault: "full" }, { fault: "timeout-after" });
  await assert.rejects(create("d"), { code: "full" });
  await assert.rejects(create("e"), { code: "timeout" });
  assert.equal(await count("d"), undefined);
  assert.equal(await count("e"), 0);
});

Deno.test("ask() answers when it is committed, and the actor leaves memory again", async () => {
  const { start, create, add, count, system } = setup();
  await start();
  await create("c");
  const outcome = await add("c", 5);
  assert.ok(outcome.kind === "replied" && outcome.reply === 5 && outcome.snapshot.version === 2);
  assert.equal(await count("c"), 5);
  assert.deepEqual(system.load(), { actors: 0, window: 0, writes: 2, writesPending: 0 });
});

Deno.test("ask() of an actor that is not there is missing; before the node owns its shard, busy", async () => {
  const { start, add } = setup();
  assert.deepEqual(await add("c"), { kind: "busy" });
  await start();
  assert.deepEqual(await add("c"), { kind: "missing" });
});

Deno.test("ask() stops waiting at its deadline; the message may still be handled", async () => {
  const { start, create, ref, wire, clock, count } = setup();
  await start();
  await create("c");
  wire.next("apply", { replyDelayMs: 200 });
  const outcome = ref("c").ask({ kind: "add", by: 1 }, { deadlineMs: 100 });
  await clock.pass(100);
  assert.deepEqual(await outcome, { kind: "deadline" });
  await clock.pass(100);
  assert.equal(await count("c"), 1);
});

Deno.test("tell() says accepted or busy", async () => {
  const { start, create, ref, count } = setup();
  assert.equal(ref("c").tell({ kind: "add", by: 1 }), "busy");
  await start();
  await create("c");
  assert.equal(ref("c").tell({ kind: "add", by: 1 }), "accepted");
  await settle();
  assert.equal(await count("c"), 1);
});

Deno.test("an actor is woken at its time, once, and its effects follow its commit (B2)", async () => {
  const { start, create, clock, effects, count, room } = setup();
  await start();
  await create("now", { wakeAtMs: clock.wallMs() });
  await create("soon", { wakeAtMs: clock.wallMs() + 5_000 });
  await settle();
  assert.deepEqual(effects, ["now woken"]);
  await clock.pass(5_000);
  await clock.pass(5_000);
  assert.deepEqual(effects, ["now woken", "soon woken"]);
  assert.equal(await count("soon"), 100);
  assert.equal(room.free, 1_000, "all room was given back");
});

Deno.test("a fresh actor is woken without being loaded", async () => {
  const { start, create, clock, wire } = setup();
  await start();
  await create("now", { wakeAtMs: clock.wallMs() });
  await settle();
  assert.ok(!wire.calls.includes("load"));
});

Deno.test("what an earlier process left due is woken after the start (P1)", async () => {
  const { start, create, clock, effects } = setup();
  await create("old", { wakeAtMs: clock.wallMs() - 60_000 });
  await start();
  await settle();
  assert.deepEqual(effects, ["old woken"]);
});

Deno.test("actors that were at work are adopted, once (A1)", async () => {
  const { start, create, effects, clock } = setup();
  await create("r", { resident: true });
  await create("idle");
  await start();
  await clock.pass(3_000);
  assert.deepEqual(effects, ["r adopted"]);
});

Deno.test("an overdue actor is told so while the gate is closed, and woken when there is room", async () => {
  const { start, create, clock, effects, room, system } = setup();
  await start();
  room.free = 0;
  await create("c", { wakeAtMs: clock.wallMs() + 100 });
  await clock.pass(2_000);
  assert.deepEqual(effects, ["c overdue"]);
  room.free = 1;
  system.pump();
  await settle();
  assert.deepEqual(effects, ["c overdue", "c woken"]);
});

Deno.test("a wake-up during an outage is repeated until it is committed (C2)", async () => {
  const { start, create, clock, wire, effects, count } = setup();
  await start();
  await create("c", { wakeAtMs: clock.wallMs() + 500 });
  wire.always(({ op }) => op === "renew" ? {} : { fault: "unavailable" });
  await clock.pass(3_000);
  assert.deepEqual(effects, []);
  wire.always(() => ({}));
  await clock.pass(WINDOW_RESCAN_MS + STORE_RETRY_MIN_MS);
  assert.deepEqual(effects, ["c woken"]);
  assert.equal(await count("c"), 100);
});

Deno.test("a commit that timed out after it was applied is found, and not made twice (C3)", async () => {
  const { start, create, add, wire, count, epochOf } = setup();
  await start();
  await create("c");
  wire.next("apply", { fault: "timeout-after" });
  const outcome = await add("c", 5);
  assert.ok(outcome.kind === "replied" && outcome.reply === 5);
  assert.equal(await count("c"), 5);
  assert.equal(await epochOf("c"), 2, "behind a new fence");
});

Deno.test("a commit that arrives after its time-out is refused, and made once more (C3, S1)", async () => {
  const { start, create, add, wire, clock, count } = setup();
  await start();
  await create("c");
  wire.next("apply", { fault: "timeout-late", lateMs: 5 });
  const outcome = add("c", 5);
  await clock.pass(50);
  assert.deepEqual(await outcome.then(({ kind }) => kind), "replied");
  assert.equal(await count("c"), 5);
});

Deno.test("a time-out while others commit in the same shard harms none of them (C1, C3)", async () => {
  const { start, create, add, wire, clock, count } = setup();
  await start();
  const ids = ["s@1", "s@2", "s@3", "s@4"];
  for (const id of ids) await create(id);
  wire.next("apply", { fault: "timeout-after" }, { delayMs: 10 });
  wire.next("acquire", { delayMs: 5 });
  const first = [add("s@1"), add("s@2")];
  await settle();
  const second = [add("s@3"), add("s@4")];
  await clock.pass(100);
  const outcomes = await Promise.all([...first, ...second]);
  assert.deepEqual(outcomes.map(({ kind }) => kind), ["replied", "replied", "replied", "replied"]);
  for (const id of ids) assert.equal(await count(id), 1);
});

Deno.test("a re-acquisition that timed out after it was applied loses nobody (C1, O2)", async () => {
  const { start, create, add, wire, clock, count } = setup();
  await start();
  for (const id of ["s@1", "s@2"]) await create(id);
  wire.next("apply", { fault: "timeout-after" }, {});
  wire.next("acquire", { fault: "timeout-after" });
  const first = add("s@1");
  await settle();
  const second = add("s@2");
  await clock.pass(1_000);
  assert.equal((await first).kind, "deadline", "its outcome is not known here");
  assert.equal((await second).kind, "busy", "the store refused it");
  assert.deepEqual([await count("s@1"), await count("s@2")], [1, 0]);
  assert.equal((await add("s@2")).kind, "replied", "the shard is ours again");
});

Deno.test("after a lapse, actors of shards that moved are dropped; nothing of theirs is written (O2, P5)", async () => {
  const { start, create, add, wire, clock, count, system } = setup();
  await start();
  await create("c");
  wire.always(() => ({ fault: "unavailable" }));
  await clock.pass(SESSION_TTL_MS + 1);
  await wire.truth.renew(RIVAL, { ttlMs: SESSION_TTL_MS, opening: true });
  await wire.truth.acquire(RIVAL, [shardOf(actorId("c"), SHARDS)]);
  assert.equal(system.readiness().ready, false);
  wire.always(() => ({}));
  const stale = add("c");
  await clock.pass(200);
  assert.equal((await stale).kind, "busy");
  assert.equal(await count("c"), 0);
  assert.deepEqual(system.readiness().reasons, ["shards: 3 of 4 owned"]);
});

Deno.test("nothing is woken while the session is not trusted or the node drains (N1)", async () => {
  const { start, create, clock, wire, effects, system } = setup();
  await start();
  assert.ok(system.mayWork);
  await create("c", { wakeAtMs: clock.wallMs() + 4_000 });
  wire.always(({ op }) => op === "renew" ? { fault: "unavailable" } : {});
  await clock.pass(6_000);
  assert.deepEqual(effects, []);
  assert.ok(!system.mayWork);
  system.drain();
  wire.always(() => ({}));
  await clock.pass(3_000);
  assert.deepEqual(effects, []);
  assert.ok(!system.mayWork);
  assert.deepEqual(system.readiness().reasons, ["draining"]);
});

Deno.test("an actor that another brought into being is woken at its time (S8)", async () => {
  const { start, create, clock, count, system } = setup();
  await start();
  await create("c");
  const later = counterDraft("c@later", { wakeAtMs: clock.wallMs() + 300 });
  const message: CounterMessage = { kind: "add", by: 1, carries: { inserts: [later] } };
  const asked = system.ref<CounterMessage, number>("counter", actorId("c")).ask(message);
  await clock.pass(100);
  assert.equal((await asked).kind, "replied");
  assert.deepEqual([await count("c"), await count("c@later")], [1, 0]);
  await clock.pass(400);
  assert.equal(await count("c@later"), 100);
});

Deno.test("append() writes lines of actors we own, and says false of all others", async () => {
  const { start, create, wire, system, clock } = setup();
  const line = { id: actorId("c"), stream: "log", lines: ["one"] };
  const lines = () => system.journal({ id: actorId("c"), stream: "log", after: 0, limit: 9 });
  assert.equal(await system.append(line), false, "not our shard");
  await start();
  assert.equal(await system.append(line), false, "no such actor");
  await create("c");
  assert.equal(await system.append(line), true);
  await wire.truth.acquire(claimantOf("a1"), [system.shardOf(actorId("c"))]);
  assert.equal(await system.append(line), false, "the fence moved: the shard is given up");
  assert.deepEqual((await lines()).map(({ text }) => text), ["one"]);
  await clock.pass(1);
  wire.next("apply", { fault: "full" });
  await assert.rejects(system.append(line), { code: "full" });
});

Deno.test("append() under an epoch of ours that has grown is made again (N2)", async () => {
  const { start, create, add, wire, system, clock, epochOf } = setup();
  await start();
  await create("c");
  wire.next("apply", { fault: "timeout-after", replyDelayMs: 10 }, { delayMs: 20 });
  const asked = add("c");
  await settle();
  const appended = system.append({ id: actorId("c"), stream: "log", lines: ["one"] });
  await clock.pass(100);
  assert.equal((await asked).kind, "replied");
  assert.equal(await epochOf("c"), 2);
  assert.equal(await appended, true);
});

Deno.test("an actor stopped for its crashes is left alone for a while (V2, Y4)", async () => {
  const { start, create, ref, system, clock, logs } = setup();
  await start();
  await create("c", { resident: true });
  const asked = Array.from({ length: 9 }, () => ref("c").ask({ kind: "crash" }));
  await clock.pass(3_000);
  assert.ok((await Promise.all(asked)).every(({ kind }) => kind === "crashed"));
  const crashes = logs.filter((message) => message === "actor crashed").length;
  assert.ok(crashes <= RESTARTS_MAX + 3, `${crashes} crashes`);
  assert.deepEqual(await ref("c").ask({ kind: "get" }), { kind: "crashed" });
  assert.ok(system.deadLetters.total > 0);
  await clock.pass(60_000);
  assert.equal((await ref("c").ask({ kind: "get" })).kind, "replied");
});

Deno.test("a wake-up that no kind takes gives its room back and harms nobody", async () => {
  const { start, system, clock, room, logs, create, effects } = setup();
  await start();
  const draft = counterDraft("x", { wakeAtMs: clock.wallMs() });
  await system.create({ ...draft, kind: "future", index: { ...draft.index, lane: "future/a" } });
  await create("c", { wakeAtMs: clock.wallMs() });
  await settle();
  assert.ok(logs.includes("nobody takes this wake-up"));
  assert.deepEqual(effects, ["c woken"]);
  assert.equal(room.free, 1_000);
});

Deno.test("expired actors are swept (W5)", async () => {
  const { start, system, clock } = setup();
  await start();
  const draft = counterDraft("x");
  await system.create({ ...draft, index: { ...draft.index, expireAtMs: clock.wallMs() + 100 } });
  await clock.pass(1_000);
  assert.equal(await system.read(actorId("x")), undefined);
});

Deno.test("readiness() says what is missing, shards() who owns what", async () => {
  const { start, system } = setup();
  assert.deepEqual(system.readiness().reasons, ["shards: 0 of 4 owned"]);
  await start();
  assert.deepEqual(system.readiness(), { ready: true, reasons: [] });
  const shards = await system.shards();
  assert.deepEqual(
    shards.map(({ owner, epoch }) => `${owner} ${epoch}`),
    Array(SHARDS).fill("a 1"),
  );
});

Deno.test("close() waits for writes under way, gives the shards back and answers whoever waits (C1)", async () => {
  const { start, create, add, system, wire, clock, count } = setup();
  await start();
  await create("c");
  wire.next("apply", { replyDelayMs: 20 });
  const asked = add("c");
  await settle();
  const closed = system.close();
  await clock.pass(20);
  await closed;
  assert.equal((await asked).kind, "replied");
  assert.equal(await count("c"), 1);
  assert.ok((await wire.truth.fences()).every(({ owner }) => owner === null));
  assert.deepEqual(await add("c"), { kind: "busy" });
  await clock.pass(60_000);
  assert.equal(clock.timers, 0, "nothing goes on");
});
