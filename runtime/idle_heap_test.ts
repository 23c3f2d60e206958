import assert from "node:assert/strict";
import { collectWhenIdle, IDLE_LOOK_MS, WORK_MIN } from "./idle_heap.ts";
import { VirtualClock } from "./testing/virtual_clock.ts";

function setup() {
  const clock = new VirtualClock();
  const state = { worked: 0, collected: 0 };
  const end = collectWhenIdle(clock, {
    worked: () => state.worked,
    collect: () => void state.collected++,
  });
  const look = (worked: number) => {
    state.worked += worked;
    clock.advance(IDLE_LOOK_MS);
    return state.collected;
  };
  return { clock, look, end };
}

Deno.test("collectWhenIdle() collects once when much work is over (I1)", () => {
  const { look } = setup();
  assert.equal(look(WORK_MIN), 0, "it may go on");
  assert.equal(look(1), 0, "it goes on");
  assert.equal(look(0), 1);
  assert.equal(look(0), 1, "once is enough");
});

Deno.test("collectWhenIdle() leaves sparse work alone until it adds up (I1)", () => {
  const { look } = setup();
  for (let round = 0; round < 9; round++) look(WORK_MIN / 10);
  assert.equal(look(0), 0);
  look(WORK_MIN / 10);
  assert.equal(look(0), 1);
});

Deno.test("collectWhenIdle() ends, and does nothing without a collector (I2)", () => {
  const { clock, end } = setup();
  end();
  collectWhenIdle(clock, { worked: () => 1, collect: undefined })();
  assert.equal(clock.timers, 0);
});
