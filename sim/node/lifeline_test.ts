import assert from "node:assert/strict";
import { VirtualTime } from "../world/virtual_time.ts";
import { Wall } from "../world/wall.ts";
import { CallRate, CALLS_PER_SECOND_MAX } from "./call_rate.ts";
import { lifeClock, Lifeline } from "./lifeline.ts";

function setup(dieAt = Infinity) {
  const died: string[] = [];
  const lifeline = new Lifeline({ dieAt, died: () => died.push("died") });
  const time = new VirtualTime();
  const clock = lifeClock(lifeline, { time, wall: new Wall(time) });
  return { lifeline, died, time, clock };
}

Deno.test("cross() counts boundaries and dies at the one it was told", () => {
  const { lifeline, died } = setup(3);
  assert.deepEqual([lifeline.cross(), lifeline.cross(), lifeline.cross(), lifeline.cross()], [
    true,
    true,
    false,
    false,
  ]);
  assert.deepEqual([lifeline.dead, died, lifeline.boundaries], [true, ["died"], 3]);
});

Deno.test("immortal() dies at no boundary any more", () => {
  const { lifeline } = setup(1);
  lifeline.immortal();
  assert.ok(lifeline.cross());
});

Deno.test("enter() waits for the end of a pause, in order, and for ever when dead (L1)", () => {
  const { lifeline } = setup();
  const done: number[] = [];
  lifeline.pause();
  lifeline.enter(() => done.push(1));
  lifeline.enter(() => done.push(2));
  assert.equal(done.length, 0);
  lifeline.resume();
  assert.deepEqual(done, [1, 2]);
  lifeline.pause();
  lifeline.enter(() => done.push(3));
  lifeline.kill();
  lifeline.resume();
  lifeline.enter(() => done.push(4));
  assert.deepEqual(done, [1, 2]);
});

Deno.test("lifeClock().after() fires after a pause, unless cancelled meanwhile, and not when dead", async () => {
  const { lifeline, time, clock } = setup();
  const fired: string[] = [];
  clock.after(10, () => fired.push("kept"));
  const timer = clock.after(10, () => fired.push("cancelled"));
  lifeline.pause();
  await time.runUntil(() => false);
  timer.cancel();
  assert.equal(fired.length, 0);
  lifeline.resume();
  assert.deepEqual(fired, ["kept"]);
  clock.after(10, () => fired.push("dead"));
  lifeline.kill();
  await time.runUntil(() => false);
  assert.deepEqual(fired, ["kept"]);
});

Deno.test("CallRate tells of too many calls within a second, once a second", () => {
  const time = { nowMs: 0 };
  const told: number[] = [];
  const rate = new CallRate(time, (calls) => told.push(calls));
  for (let call = 0; call < CALLS_PER_SECOND_MAX; call++) rate.count();
  assert.deepEqual(told, []);
  rate.count();
  rate.count();
  assert.equal(told.length, 1);
  time.nowMs = 1_000;
  rate.count();
  assert.equal(told.length, 1);
});
