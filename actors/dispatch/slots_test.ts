import assert from "node:assert/strict";
import fc from "fast-check";
import type { ActorId } from "../../runtime/ids.ts";
import type { DueEntry } from "../../runtime/snapshot.ts";
import type { Room } from "../../runtime/wakeups/gate.ts";
import { Slots } from "./slots.ts";

function due(id: string, lane = "job/a"): DueEntry {
  return { id: id as ActorId, lane, wakeAtMs: 0, rank: 0 };
}

Deno.test("reserve() never promises more than the node has (Q1)", () => {
  const slots = new Slots(2);
  assert.equal(slots.reserve(due("1")), "held");
  slots.began("1", { token: "t1", lane: "job/a" });
  assert.equal(slots.reserve(due("2")), "held");
  assert.equal(slots.reserve(due("3")), "no-line", "one runs, one is reserved");
  slots.ended("t1");
  assert.equal(slots.reserve(due("3")), "held");
});

Deno.test("reserve() keeps to a lane's concurrency and leaves other lanes alone (Q1)", () => {
  const slots = new Slots(10);
  slots.limit("job/a", { paused: false, concurrency: 1 });
  assert.equal(slots.reserve(due("1")), "held");
  assert.equal(slots.reserve(due("2")), "no-line");
  assert.equal(slots.reserve(due("3", "job/b")), "held");
});

Deno.test("reserve() gives a paused lane nothing; what runs goes on (Q3)", () => {
  const slots = new Slots(10);
  slots.reserve(due("1"));
  slots.began("1", { token: "t1", lane: "job/a" });
  slots.limit("job/a", { paused: true, concurrency: null });
  assert.equal(slots.reserve(due("2")), "no-line");
  assert.equal(slots.running, 1);
  slots.limit("job/a", { paused: false, concurrency: null });
  assert.equal(slots.reserve(due("2")), "held");
});

Deno.test("reserve() holds one place per actor, however often it is asked", () => {
  const slots = new Slots(10);
  assert.equal(slots.reserve(due("1")), "held");
  assert.equal(slots.reserve(due("1")), "no-line");
});

Deno.test("settled() frees a reservation that came to nothing, and no run (Q2)", () => {
  const slots = new Slots(1);
  slots.reserve(due("1"));
  assert.equal(slots.settled("1"), "job/a");
  assert.equal(slots.settled("1"), undefined);
  slots.reserve(due("2"));
  slots.began("2", { token: "t2", lane: "job/a" });
  assert.equal(slots.settled("2"), undefined);
  assert.equal(slots.reserve(due("3")), "no-line", "it runs");
});

Deno.test("taken counts what runs and what may yet run: a drain waits for both", () => {
  const slots = new Slots(2);
  slots.reserve(due("1"));
  assert.deepEqual([slots.taken, slots.running], [1, 0]);
  slots.began("1", { token: "t1", lane: "job/a" });
  assert.deepEqual([slots.taken, slots.running], [1, 1]);
  slots.ended("t1");
  assert.equal(slots.taken, 0);
});

Deno.test("ended() frees a run once; unknown tokens are told apart (Q2)", () => {
  const slots = new Slots(1);
  slots.began("1", { token: "t1", lane: "job/a" });
  assert.ok(slots.has("t1"));
  assert.deepEqual(slots.tokens(), ["t1"]);
  assert.equal(slots.ended("t1"), "job/a");
  assert.equal(slots.ended("t1"), undefined);
  assert.equal(slots.running, 0);
});

Deno.test("reserve() keeps to each key's concurrency, and the line's for all keys together (Q1)", () => {
  const slots = new Slots(10);
  slots.limit("job/a", { paused: false, concurrency: 3, keyConcurrency: 1 });
  assert.equal(slots.reserve(due("1", "job/a/k")), "held");
  assert.equal(slots.reserve(due("2", "job/a/k")), "no-lane");
  assert.equal(slots.reserve(due("3", "job/a/l")), "held");
  assert.equal(slots.reserve(due("4", "job/a")), "held");
  assert.equal(slots.reserve(due("5", "job/a/m")), "no-line");
  assert.deepEqual([slots.takenIn("job/a"), slots.takenIn("job/a/k")], [3, 1]);
  slots.began("1", { token: "t1", lane: "job/a/k" });
  assert.equal(slots.ended("t1"), "job/a/k");
  assert.deepEqual([slots.takenIn("job/a"), slots.takenIn("job/a/k")], [2, 0]);
});

Deno.test("whatever happens, room is neither lost nor made (Q1, Q2)", () => {
  const step = fc.record({
    kind: fc.constantFrom("reserve", "settle", "begin", "end"),
    id: fc.nat(9),
    lane: fc.constantFrom("job/a", "job/a/k", "job/b"),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 100, size: "max" }), (steps) => {
    const slots = new Slots(5);
    slots.limit("job/a", { paused: false, concurrency: 3, keyConcurrency: 2 });
    const reserved = new Map<string, string>();
    const running = new Map<string, string>();
    const lanes = () => [...reserved.values(), ...running.values()];
    const roomFor = (name: string, lane: string): Room => {
      if (lanes().length >= 5 || reserved.has(name)) return "no-line";
      if (lane === "job/b") return "held";
      if (lanes().filter((each) => each !== "job/b").length >= 3) return "no-line";
      return lane !== "job/a" && lanes().filter((each) => each === lane).length >= 2
        ? "no-lane"
        : "held";
    };
    for (const { kind, id, lane } of steps) {
      const name = `${id}`;
      const token = `t${id}`;
      if (kind === "reserve" && !running.has(token)) {
        const room = roomFor(name, lane);
        assert.equal(slots.reserve(due(name, lane)), room);
        if (room === "held") reserved.set(name, lane);
      } else if (kind === "settle") {
        assert.equal(slots.settled(name), reserved.get(name));
        reserved.delete(name);
      } else if (kind === "begin" && reserved.has(name)) {
        slots.began(name, { token, lane });
        running.set(token, reserved.get(name)!);
        reserved.delete(name);
      } else if (kind === "end") {
        assert.equal(slots.ended(token), running.get(token));
        running.delete(token);
      }
      assert.equal(slots.running, running.size);
      for (const each of ["job/a/k", "job/b"]) {
        assert.equal(slots.takenIn(each), lanes().filter((lane) => lane === each).length);
      }
    }
  }));
});

Deno.test("a lane that is set apart takes none of the node's slots, and waits for none (Q1)", () => {
  const slots = new Slots(1, { "job/own": 2 });
  const own = (id: string) => due(id, "job/own");
  assert.equal(slots.reserve(due("1")), "held");
  assert.deepEqual(["2", "3", "4"].map((id) => slots.reserve(own(id))), [
    "held",
    "held",
    "no-line",
  ]);
  assert.equal(slots.reserve(due("5")), "no-line");
  assert.deepEqual([slots.isFull(due("5")), slots.isFull(own("4"))], [true, false]);
  slots.began("2", { token: "t2", lane: "job/own" });
  slots.settled("1");
  assert.equal(slots.reserve(due("5")), "held", "what runs apart leaves the slots free");
  slots.ended("t2");
  assert.equal(slots.reserve(own("4")), "held");
  assert.equal(slots.taken, 3);
  const none = new Slots(0, { "job/own": 1 });
  assert.deepEqual([none.reserve(due("1")), none.reserve(own("2"))], ["no-line", "held"]);
});
