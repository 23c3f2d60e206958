import assert from "node:assert/strict";
import { settle, VirtualClock } from "./virtual_clock.ts";

Deno.test("advance() fires timers in the order of their times, each at its own time (K2)", () => {
  const clock = new VirtualClock(1_000);
  const fired: string[] = [];
  clock.after(30, () => fired.push(`c@${clock.wallMs()}`));
  clock.after(10, () => fired.push(`a@${clock.wallMs()}`));
  clock.after(10, () => fired.push(`b@${clock.wallMs()}`));
  clock.advance(20);
  assert.deepEqual(fired, ["a@1010", "b@1010"]);
  clock.advance(10);
  assert.deepEqual(fired, ["a@1010", "b@1010", "c@1030"]);
  assert.equal(clock.timers, 0);
});

Deno.test("advance() fires what a timer sets within the same span", () => {
  const clock = new VirtualClock();
  const fired: number[] = [];
  const again = () => {
    fired.push(clock.monotonicMs());
    clock.after(10, again);
  };
  clock.after(10, again);
  clock.advance(35);
  assert.deepEqual(fired, [10, 20, 30]);
  assert.equal(clock.nextTimerInMs, 5);
});

Deno.test("after() fires nothing without advance, nor once it is cancelled (K3)", async () => {
  const clock = new VirtualClock();
  let fired = 0;
  clock.after(0, () => fired++);
  const cancelled = clock.after(0, () => fired += 10);
  cancelled.cancel();
  cancelled.cancel();
  await settle();
  assert.equal(fired, 0);
  clock.advance(0);
  assert.equal(fired, 1);
});

Deno.test("jumpWall() moves the wall clock and neither the monotonic one nor timers", () => {
  const clock = new VirtualClock(1_000);
  let fired = 0;
  clock.after(10, () => fired++);
  clock.jumpWall(3_600_000);
  assert.equal(clock.wallMs(), 3_601_000);
  assert.equal(clock.monotonicMs(), 0);
  clock.advance(9);
  assert.equal(fired, 0);
  clock.jumpWall(-7_200_000);
  clock.advance(1);
  assert.equal(fired, 1);
});

Deno.test("pass() lets promises drain between timers", async () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  clock.after(10, () => void Promise.resolve().then(() => seen.push("promise of the first")));
  clock.after(20, () => seen.push("second"));
  await clock.pass(20);
  assert.deepEqual(seen, ["promise of the first", "second"]);
});
