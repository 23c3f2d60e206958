import assert from "node:assert/strict";
import { Fault } from "../fault.ts";
import { SWEEP_ACTORS_MAX, SWEEP_EVERY_MS } from "../limits.ts";
import { VirtualClock } from "../testing/virtual_clock.ts";
import { Sweeper } from "./sweeper.ts";

function setup(sweep: () => Promise<number> = () => Promise.resolve(SWEEP_ACTORS_MAX)) {
  const clock = new VirtualClock(1_000);
  const calls: string[] = [];
  const may = { now: true };
  const sweeper = new Sweeper({
    clock,
    store: {
      sweep: ({ nowMs, limit }) => {
        calls.push(`${nowMs}/${limit}`);
        return sweep();
      },
    },
    may: () => may.now,
  });
  return { clock, calls, may, sweeper };
}

Deno.test("start() sweeps a bounded number at each pause, by the wall clock (W5)", async () => {
  const { clock, calls, sweeper } = setup();
  sweeper.start();
  await clock.pass(2 * SWEEP_EVERY_MS);
  assert.deepEqual(calls, [
    `${1_000 + SWEEP_EVERY_MS}/${SWEEP_ACTORS_MAX}`,
    `${1_000 + 2 * SWEEP_EVERY_MS}/${SWEEP_ACTORS_MAX}`,
  ]);
  assert.equal(sweeper.swept, 2 * SWEEP_ACTORS_MAX);
});

Deno.test("a sweep under way is waited for: never two at once (W5)", async () => {
  const { clock, calls, sweeper } = setup(() => new Promise(() => {}));
  sweeper.start();
  await clock.pass(10 * SWEEP_EVERY_MS);
  assert.equal(calls.length, 1);
});

Deno.test("faults and a node that may not work only postpone (N1)", async () => {
  const unavailable = new Fault("store.sweep", "unavailable", { message: "injected" });
  const { clock, calls, may, sweeper } = setup(() => Promise.reject(unavailable));
  sweeper.start();
  await clock.pass(SWEEP_EVERY_MS);
  may.now = false;
  await clock.pass(3 * SWEEP_EVERY_MS);
  assert.equal(calls.length, 1);
  may.now = true;
  await clock.pass(SWEEP_EVERY_MS);
  assert.equal(calls.length, 2);
  assert.equal(sweeper.swept, 0);
});

Deno.test("close() ends it, even while a sweep is under way", async () => {
  const { clock, calls, sweeper } = setup();
  sweeper.start();
  clock.advance(SWEEP_EVERY_MS);
  sweeper.close();
  sweeper.close();
  await clock.pass(5 * SWEEP_EVERY_MS);
  assert.equal(calls.length, 1);
  assert.equal(clock.timers, 0);
});
