import assert from "node:assert/strict";
import { EndingClock } from "./ending_clock.ts";
import { VirtualClock } from "./testing/virtual_clock.ts";

function setup() {
  const inner = new VirtualClock();
  return { inner, clock: new EndingClock(inner), fired: [] as string[] };
}

Deno.test("EndingClock shows the time of the clock behind it, after its end too", () => {
  const { inner, clock } = setup();
  inner.advance(70);
  clock.end();
  inner.jumpWall(1_000);
  inner.advance(7);
  assert.deepEqual([clock.monotonicMs(), clock.wallMs()], [77, inner.wallMs()]);
});

Deno.test("after() fires once, and can be cancelled before and after that", () => {
  const { inner, clock, fired } = setup();
  const first = clock.after(10, () => fired.push("first"));
  clock.after(10, () => fired.push("cancelled")).cancel();
  inner.advance(10);
  first.cancel();
  inner.advance(100);
  assert.deepEqual(fired, ["first"]);
  assert.equal(inner.timers, 0);
});

Deno.test("end() leaves no timer, and none is set afterwards (EC1)", () => {
  const { inner, clock, fired } = setup();
  for (const delayMs of [0, 5, 1_000_000]) clock.after(delayMs, () => fired.push(`${delayMs}`));
  clock.end();
  clock.end();
  const late = clock.after(1, () => fired.push("late"));
  assert.equal(inner.timers, 0);
  inner.advance(2_000_000);
  late.cancel();
  assert.deepEqual(fired, []);
});

Deno.test("end() from within a timer ends what that timer sets again (EC1)", () => {
  const { inner, clock, fired } = setup();
  const again = () => {
    fired.push("again");
    if (fired.length === 3) clock.end();
    clock.after(5, again);
  };
  clock.after(5, again);
  inner.advance(100);
  assert.equal(fired.length, 3);
  assert.equal(inner.timers, 0);
});
