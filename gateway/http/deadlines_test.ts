import assert from "node:assert/strict";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import { Deadlines } from "./deadlines.ts";

function setup() {
  const clock = new VirtualClock();
  const late: string[] = [];
  const deadlines = new Deadlines(clock, 1_000);
  return {
    clock,
    late,
    deadlines,
    watch: (name: string) => deadlines.watch(() => late.push(name)),
  };
}

Deno.test("Deadlines.watch() calls late once the limit has passed, and once only", () => {
  const { clock, late, watch } = setup();
  watch("a");
  clock.advance(999);
  assert.deepEqual(late, []);
  clock.advance(1);
  assert.deepEqual(late, ["a"]);
  clock.advance(10_000);
  assert.deepEqual(late, ["a"]);
});

Deno.test("Deadlines.watch() never calls late after done", () => {
  const { clock, late, watch } = setup();
  watch("a")();
  clock.advance(5_000);
  assert.deepEqual(late, []);
});

Deno.test("Deadlines.watch() serves many waits with one timer", () => {
  const { clock, late, watch } = setup();
  watch("a");
  clock.advance(400);
  const done = watch("b");
  watch("c");
  assert.equal(clock.timers, 1);
  clock.advance(600);
  assert.deepEqual(late, ["a"]);
  done();
  clock.advance(399);
  assert.deepEqual(late, ["a"]);
  clock.advance(1);
  assert.deepEqual(late, ["a", "c"]);
  assert.equal(clock.timers, 0);
});

Deno.test("Deadlines.close() takes the timer back", () => {
  const { clock, late, deadlines, watch } = setup();
  watch("a");
  deadlines.close();
  assert.equal(clock.timers, 0);
  clock.advance(5_000);
  assert.deepEqual(late, []);
});
