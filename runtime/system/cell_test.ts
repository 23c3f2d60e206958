import assert from "node:assert/strict";
import type { Settled } from "../actor/envelope.ts";
import type { Lane } from "../actor/mailbox.ts";
import { Fault, type FaultCode } from "../fault.ts";
import { actorId, type BootId, type NodeName, type ShardId } from "../ids.ts";
import { MAILBOX_SYSTEM_MAX, MESSAGE_CRASHES_MAX, RESTARTS_MAX } from "../limits.ts";
import type { Snapshot } from "../snapshot.ts";
import type { Transition, WriteOutcome } from "../store/port.ts";
import {
  counter,
  type CounterMessage,
  counterSnapshot,
  type CounterState,
} from "../testing/counter.ts";
import { VirtualClock } from "../testing/virtual_clock.ts";
import { Cell } from "./cell.ts";
import type { CellHost } from "./cell_host.ts";

const SNAPSHOT = counterSnapshot("c", { shards: 1 });
const APPLIED: WriteOutcome = { kind: "applied" };
const ADD: CounterMessage = { kind: "add", by: 1, effects: ["rang"] };
const GET: CounterMessage = { kind: "get" };
const CRASH: CounterMessage = { kind: "crash" };

function fault(code: FaultCode): Fault {
  return new Fault("store.apply", code, { message: "injected" });
}

/** A cell whose host does nothing by itself: the test answers loads, commits and repairs. */
function setup() {
  const clock = new VirtualClock();
  const events: string[] = [];
  const commits: { transition: Transition; done: (outcome: WriteOutcome | Fault) => void }[] = [];
  const repairs: ((snapshot: Snapshot | undefined) => void)[] = [];
  const owned = { epoch: 1 as number | undefined };
  const performing = { act: (_effect: string) => {} };
  const host: CellHost<string> = {
    clock,
    epochOf: () => owned.epoch,
    context: (id, nextVersion) => ({
      id,
      nextVersion,
      nowMs: clock.wallMs(),
      chance: 0.5,
      unique: "unique",
      node: "a" as NodeName,
      boot: "a1" as BootId,
    }),
    load: () => void events.push("load"),
    commit: (transition, done) => void commits.push({ transition, done }),
    readBehindFence: (_id, _shard, done) => void repairs.push(done),
    fenced: (_shard, epoch) => {
      events.push(`fenced ${epoch}`);
      owned.epoch = undefined;
      cell.drop();
    },
    moved: (before, after) => void events.push(`moved ${before.version}-${after.version}`),
    perform: (effect) => {
      events.push(effect);
      performing.act(effect);
    },
    deadLetter: (_id, { reason }) => void events.push(`letter ${reason}`),
    crashed: (_id, { directive }) => void events.push(directive.kind),
    left: () => void events.push("left"),
    retryLater: (act) => void clock.after(50, act),
  };
  const cell = new Cell<CounterState, CounterMessage, number, string>(
    actorId("c"),
    0 as ShardId,
    counter,
    host,
  );
  const settled: string[] = [];
  const send = (message: CounterMessage, lane: Lane = "user") =>
    cell.offer({
      lane,
      message,
      crashes: 0,
      settle: (end: Settled<number>) => {
        const reply = end.kind === "handled" ? ` ${end.reply}` : "";
        settled.push(`${message.kind} ${end.kind}${reply}`);
        if (end.kind === "handled") events.push("replied");
      },
    });
  const answer = (outcome: WriteOutcome | Fault) => commits.shift()!.done(outcome);
  const loaded = () => {
    cell.loaded(SNAPSHOT);
    events.length = 0;
  };
  return {
    cell,
    clock,
    events,
    commits,
    repairs,
    owned,
    performing,
    settled,
    send,
    answer,
    loaded,
  };
}

Deno.test("offer() waits for the load, then handles one message at a time (B1)", () => {
  const { cell, commits, send, answer, settled } = setup();
  send(ADD);
  send(ADD);
  assert.equal(commits.length, 0);
  cell.loaded(SNAPSHOT);
  assert.equal(commits.length, 1);
  answer(APPLIED);
  assert.equal(commits[0]!.transition.expectedVersion, 2);
  assert.deepEqual(settled, ["add handled 1"]);
  answer(APPLIED);
  assert.deepEqual(settled, ["add handled 1", "add handled 2"]);
});

Deno.test("effects come after the commit, then the reply, then the cell leaves (B2)", () => {
  const { send, answer, loaded, events, cell } = setup();
  send(ADD);
  loaded();
  assert.equal(events.length, 0);
  answer(APPLIED);
  assert.deepEqual(events, ["moved 1-2", "rang", "replied", "left"]);
  cell.loaded(SNAPSHOT);
  assert.equal(events.length, 4, "a cell that left does nothing more");
});

Deno.test("a message that changes nothing is answered without a commit", () => {
  const { send, loaded, commits, settled } = setup();
  send(GET);
  loaded();
  assert.equal(commits.length, 0);
  assert.deepEqual(settled, ["get handled 0"]);
});

Deno.test("a resident actor stays in memory", () => {
  const { send, answer, loaded, events } = setup();
  send({ kind: "plan", wakeAtMs: null, resident: true });
  loaded();
  answer(APPLIED);
  assert.ok(!events.includes("left"));
});

Deno.test("an effect that speaks to its own actor is handled after the message (B1)", () => {
  const { send, answer, loaded, settled, performing } = setup();
  performing.act = () => send(GET);
  send(ADD);
  loaded();
  answer(APPLIED);
  assert.deepEqual(settled, ["add handled 1", "get handled 1"]);
});

Deno.test("an effect that throws harms neither the others nor the answer (C1)", () => {
  const { send, answer, loaded, settled, events, performing } = setup();
  performing.act = (effect) => {
    if (effect === "bad") throw new Error("as told");
  };
  send({ kind: "add", by: 1, effects: ["bad", "good"] });
  loaded();
  answer(APPLIED);
  assert.deepEqual(events, ["moved 1-2", "bad", "resume", "good", "replied", "left"]);
  assert.deepEqual(settled, ["add handled 1"]);
});

Deno.test("a definite fault is busy to a user and changes nothing (C2)", () => {
  const { send, answer, loaded, settled, events, commits } = setup();
  send(ADD);
  send(ADD);
  loaded();
  answer(fault("full"));
  assert.deepEqual(settled, ["add busy"]);
  assert.equal(events.length, 0);
  assert.equal(commits[0]!.transition.expectedVersion, 1);
  answer(APPLIED);
  assert.deepEqual(settled, ["add busy", "add handled 1"]);
});

Deno.test("a definite fault makes the system's message wait and commit again, under the epoch of then (C2)", () => {
  const { send, answer, loaded, settled, commits, clock, owned } = setup();
  send(ADD, "system");
  loaded();
  answer(fault("unavailable"));
  owned.epoch = 2;
  clock.advance(50);
  assert.equal(commits[0]!.transition.epoch, 2);
  answer(APPLIED);
  assert.deepEqual(settled, ["add handled 1"]);
});

Deno.test("a fault that no repetition mends is a crash; three set the message aside (C2, V1)", () => {
  const { send, answer, loaded, settled, events, commits, clock, cell } = setup();
  send(ADD, "system");
  loaded();
  for (let crash = 1; crash < MESSAGE_CRASHES_MAX; crash++) {
    answer(fault("corrupt"));
    clock.advance(1_000);
    cell.loaded(SNAPSHOT);
  }
  answer(fault("corrupt"));
  assert.deepEqual(settled, ["add crashed"]);
  assert.equal(commits.length, 0);
  assert.deepEqual(events.slice(-3), ["resume", "letter poison", "left"]);
});

Deno.test("an unknown outcome is looked up behind a new fence; it was applied (C3)", () => {
  const { send, answer, loaded, settled, events, repairs, commits } = setup();
  send(ADD);
  send(GET);
  loaded();
  const { transition } = commits[0]!;
  answer(fault("timeout"));
  assert.deepEqual(settled, [], "nothing is handled before the store was read");
  repairs[0]!({ ...SNAPSHOT, version: 2, head: transition.head });
  assert.deepEqual(settled, ["add handled 1", "get handled 1"]);
  assert.equal(events[0], "moved 1-2");
  assert.equal(commits.length, 0);
});

Deno.test("an unknown outcome is looked up behind a new fence; it was not applied (C3)", () => {
  const { send, answer, loaded, settled, repairs, commits, owned } = setup();
  send(ADD);
  loaded();
  answer(fault("timeout"));
  owned.epoch = 2;
  repairs[0]!(SNAPSHOT);
  assert.equal(commits[0]!.transition.epoch, 2);
  answer(APPLIED);
  assert.deepEqual(settled, ["add handled 1"]);
});

Deno.test("an unknown outcome of an actor that is gone ends as missing (C1, C3)", () => {
  const { send, answer, loaded, settled, repairs } = setup();
  send(ADD);
  loaded();
  answer(fault("timeout"));
  repairs[0]!(undefined);
  assert.deepEqual(settled, ["add missing"]);
});

Deno.test("a conflict reads again and handles the message on what is committed", () => {
  const { send, answer, loaded, settled, events, cell, commits } = setup();
  send(ADD);
  loaded();
  answer({ kind: "conflict", version: 5 });
  assert.deepEqual(events, ["load"]);
  cell.loaded({ ...SNAPSHOT, version: 5, head: JSON.stringify({ count: 40 }) });
  assert.equal(commits[0]!.transition.expectedVersion, 5);
  answer(APPLIED);
  assert.deepEqual(settled, ["add handled 41"]);
});

Deno.test("a fenced commit is made again when we hold a newer epoch ourselves", () => {
  const { send, answer, loaded, settled, owned, commits } = setup();
  send(ADD);
  loaded();
  owned.epoch = 2;
  answer({ kind: "fenced", epoch: 2 });
  assert.equal(commits[0]!.transition.epoch, 2);
  answer(APPLIED);
  assert.deepEqual(settled, ["add handled 1"]);
});

Deno.test("a fenced commit gives the shard up and answers everyone busy (O2, C1)", () => {
  const { send, answer, loaded, settled, events } = setup();
  send(ADD);
  send(GET);
  loaded();
  answer({ kind: "fenced", epoch: 9 });
  assert.deepEqual(settled, ["add busy", "get busy"]);
  assert.deepEqual(events, ["fenced 1", "left"]);
});

Deno.test("drop() during a commit settles its message by what is known of it, once (C1)", () => {
  const ends: [WriteOutcome | Fault, string][] = [
    [APPLIED, "unknown"],
    [fault("timeout"), "unknown"],
    [fault("full"), "busy"],
    [{ kind: "fenced", epoch: 9 }, "busy"],
    [{ kind: "conflict", version: 9 }, "busy"],
  ];
  for (const [outcome, end] of ends) {
    const { cell, send, answer, loaded, settled, events } = setup();
    send(ADD);
    send(GET);
    loaded();
    cell.drop();
    cell.drop();
    assert.deepEqual(settled, ["get busy"]);
    answer(outcome);
    assert.deepEqual(settled, ["get busy", `add ${end}`]);
    assert.deepEqual(events, ["left"], "no effect of a cell that is gone");
  }
});

Deno.test("drop() during the recovery leaves the outcome unknown (C1, C3)", () => {
  const { cell, send, answer, loaded, settled, repairs, events } = setup();
  send(ADD);
  loaded();
  answer(fault("timeout"));
  cell.drop();
  repairs[0]!({ ...SNAPSHOT, version: 2 });
  assert.deepEqual(settled, ["add unknown"]);
  assert.deepEqual(events, ["left"]);
});

Deno.test("drop() during the pause after a definite fault settles busy (C1)", () => {
  const { cell, send, answer, loaded, settled, clock } = setup();
  send(ADD, "system");
  loaded();
  answer(fault("full"));
  cell.drop();
  clock.advance(50);
  assert.deepEqual(settled, ["add busy"]);
});

Deno.test("loaded(undefined) tells strangers missing and sets the system's messages aside (C1)", () => {
  const { cell, send, settled, events } = setup();
  send(GET);
  send(ADD, "system");
  cell.loaded(undefined);
  assert.deepEqual(events, ["load"], "who came during the read may know of a later insert");
  events.length = 0;
  cell.loaded(undefined);
  assert.deepEqual(settled, ["add missing", "get missing"]);
  assert.deepEqual(events, ["left", "letter no-such-actor"]);
});

Deno.test("loadFailed() is busy to users; the system's messages wait for the next try (C1, C2)", () => {
  const { cell, send, settled, events, clock, loaded, answer } = setup();
  send(GET);
  send(ADD, "system");
  cell.loadFailed();
  assert.deepEqual(settled, ["get busy"]);
  clock.advance(50);
  assert.deepEqual(events, ["load"]);
  loaded();
  answer(APPLIED);
  assert.deepEqual(settled, ["get busy", "add handled 1"]);
});

Deno.test("loadFailed() loses no message of a full mailbox into which one was put back (C1, M3)", () => {
  const { cell, send, settled, answer, loaded, clock } = setup();
  send(ADD, "system");
  loaded();
  for (let at = 0; at < MAILBOX_SYSTEM_MAX; at++) assert.ok(send(GET, "system"));
  answer({ kind: "conflict", version: 2 });
  cell.loadFailed();
  clock.advance(50);
  cell.loaded({ ...SNAPSHOT, version: 2 });
  answer(APPLIED);
  assert.equal(settled.length, MAILBOX_SYSTEM_MAX + 1);
  assert.equal(settled[0], "add handled 1", "and their order stays (M1)");
});

Deno.test("loadFailed() lets a cell go that only strangers wanted", () => {
  const { cell, send, events, clock } = setup();
  send(GET);
  cell.loadFailed();
  assert.deepEqual(events, ["left"]);
  assert.equal(clock.timers, 0);
});

Deno.test("a crash reads the committed state again after a pause, and the message is tried again (V3)", () => {
  const { cell, send, events, clock, loaded, settled } = setup();
  send(CRASH);
  send(GET);
  loaded();
  assert.deepEqual(settled, []);
  clock.advance(10);
  assert.deepEqual(events, ["load"]);
  cell.loaded(SNAPSHOT);
  clock.advance(20);
  cell.loaded(SNAPSHOT);
  assert.deepEqual(settled, ["crash crashed", "get handled 0"], "set aside at its third (V1)");
});

Deno.test("an actor that crashes on everything is stopped, and nobody waits for it in vain (V2, C1)", () => {
  const { cell, send, clock, loaded, settled, events } = setup();
  for (let at = 0; at < 9; at++) send(CRASH);
  send(GET);
  loaded();
  for (let restarts = 0; restarts < RESTARTS_MAX + 1; restarts++) {
    clock.advance(1_000);
    cell.loaded(SNAPSHOT);
  }
  assert.equal(settled.length, 10);
  assert.ok(settled.every((end) => end.endsWith("crashed")));
  // The first restart came with the load, before the events were cleared.
  assert.equal(events.filter((event) => event === "restart").length, RESTARTS_MAX - 1);
  assert.ok(events.includes("stop"));
});

Deno.test("a state that cannot be read escalates after its restarts (V2)", () => {
  const { cell, send, clock, settled, events } = setup();
  send(GET);
  for (let loads = 0; loads <= RESTARTS_MAX; loads++) {
    cell.loaded({ ...SNAPSHOT, head: "not json" });
    clock.advance(1_000);
  }
  assert.deepEqual(settled, ["get crashed"]);
  assert.ok(events.includes("escalate"));
  assert.equal(clock.timers, 0);
});

Deno.test("drop() during a restart's pause ends it (C1)", () => {
  const { cell, send, clock, loaded, settled, events } = setup();
  send(CRASH);
  loaded();
  cell.drop();
  clock.advance(1_000);
  assert.deepEqual(settled, ["crash busy"]);
  assert.deepEqual(events, ["left"]);
});
