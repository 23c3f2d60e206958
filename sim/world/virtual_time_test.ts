import assert from "node:assert/strict";
import { Livelock, VirtualTime } from "./virtual_time.ts";

Deno.test("runUntil() fires timers in the order of time, then of their setting (T1)", async () => {
  const time = new VirtualTime();
  const fired: string[] = [];
  time.after(20, () => fired.push(`c ${time.nowMs}`));
  time.after(10, () => fired.push(`a ${time.nowMs}`));
  time.after(10, () => fired.push(`b ${time.nowMs}`));
  await time.runUntil(() => false);
  assert.deepEqual(fired, ["a 10", "b 10", "c 20"]);
});

Deno.test("runUntil() lets every promise go on before time does (T2)", async () => {
  const time = new VirtualTime();
  const seen: number[] = [];
  time.after(1, async () => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    seen.push(time.nowMs);
  });
  time.after(2, () => {});
  await time.runUntil(() => false);
  assert.deepEqual(seen, [1]);
});

Deno.test("after() rounds up to a whole ms, takes nothing from the past, and can be cancelled", async () => {
  const time = new VirtualTime();
  const fired: number[] = [];
  time.after(0.2, () => fired.push(time.nowMs));
  time.after(-5, () => fired.push(time.nowMs));
  time.after(3, () => fired.push(-1)).cancel();
  await time.runUntil(() => false);
  assert.deepEqual(fired, [0, 1]);
});

Deno.test("runUntil() stops when it is done, and when nothing is left", async () => {
  const time = new VirtualTime();
  const again = () => void time.after(10, again);
  again();
  await time.runUntil(() => time.nowMs >= 50);
  assert.equal(time.nowMs, 50);
  const empty = new VirtualTime();
  await empty.runUntil(() => false);
  assert.equal(empty.ticks, 0);
});

Deno.test("runUntil() calls a moment that never ends a livelock (T3)", async () => {
  const time = new VirtualTime();
  const again = () => void time.after(0, again);
  again();
  await assert.rejects(time.runUntil(() => false), Livelock);
  const bounded = new VirtualTime(10);
  const slowly = () => void bounded.after(1, slowly);
  slowly();
  await assert.rejects(bounded.runUntil(() => false), Livelock);
});
