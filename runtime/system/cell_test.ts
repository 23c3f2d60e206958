import assert from "node:assert/strict";
import { Fault } from "../fault.ts";
import { MAILBOX_SYSTEM_MAX, MESSAGE_CRASHES_MAX } from "../limits.ts";
import type { WriteOutcome } from "../store/port.ts";
import { ADD, APPLIED, fault, GET, setup, SNAPSHOT } from "../testing/cell_stage.ts";
import { counterDraft } from "../testing/counter.ts";

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

Deno.test("what a reducer wants carried is committed with its state, and told then (S8, B2)", () => {
  const { send, answer, loaded, events, commits, repairs } = setup();
  const { id, ...rest } = counterDraft("c@1", { wakeAtMs: 9 });
  const carries = {
    body: '"new"',
    inserts: [{ id, ...rest }],
    lines: { stream: "log", texts: ["a"] },
  };
  send({ kind: "add", by: 1, effects: ["rang"], carries });
  send(ADD);
  loaded();
  const first = commits[0]!.transition;
  assert.deepEqual(first.carries, { ...carries, inserts: [{ id, ...rest, shard: 0 }] });
  answer(fault("timeout"));
  repairs[0]!({ ...SNAPSHOT, version: 2, head: first.head, body: '"new"' });
  assert.deepEqual(events, ["moved 1-2", "inserted c@1", "rang", "replied"]);
  assert.equal(commits[0]!.transition.carries, undefined, "once");
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

Deno.test("retire() of a cell that commits lets it end, effects and all, and nothing more begin (C4)", () => {
  const { cell, send, answer, loaded, settled, events } = setup();
  send(ADD);
  send(GET);
  loaded();
  cell.retire();
  assert.deepEqual(settled, []);
  answer(APPLIED);
  assert.deepEqual(settled, ["add handled 1", "get busy"]);
  assert.deepEqual(events, ["moved 1-2", "rang", "replied", "left"]);
});

Deno.test("retire() of a cell that has nothing under way ends it at once (C4)", () => {
  for (const status of ["loading", "ready", "resting"] as const) {
    const { cell, send, answer, loaded, events } = setup();
    if (status === "loading") send(GET);
    else send({ kind: "plan", wakeAtMs: null, resident: true });
    if (status !== "loading") {
      loaded();
      answer(APPLIED);
    }
    if (status === "resting") send({ kind: "crash" });
    assert.ok(!events.includes("left"), status);
    cell.retire();
    assert.equal(events.at(-1), "left", status);
  }
});

Deno.test("retire() of a cell whose commit meets a conflict does not handle it again (C4)", () => {
  const { cell, send, answer, loaded, settled, events } = setup();
  send(ADD);
  loaded();
  cell.retire();
  answer({ kind: "conflict", version: 9 });
  assert.deepEqual(settled, ["add busy"]);
  assert.deepEqual(events, ["left"]);
});

Deno.test("retire() of a cell that recovers waits for what the store says (C3, C4)", () => {
  const { cell, send, answer, loaded, settled, repairs } = setup();
  send(ADD);
  loaded();
  answer(fault("timeout"));
  cell.retire();
  repairs[0]!(SNAPSHOT);
  assert.deepEqual(settled, ["add busy"], "not applied, and not begun anew");
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

Deno.test("loaded() of an actor of another kind is missing, and crashes nobody", () => {
  const { cell, send, settled, events } = setup();
  send(ADD);
  cell.loaded({ ...SNAPSHOT, kind: "another", head: "unreadable" });
  assert.deepEqual(settled, ["add missing"]);
  assert.deepEqual(events, ["left"]);
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
