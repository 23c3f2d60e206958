import assert from "node:assert/strict";
import { ARM_AHEAD_MS } from "../../runtime/limits.ts";
import { BOOT, JOB, runningOf, Watching } from "../testing/watching.ts";
import { RUN_BEGAN_MS } from "../world/wall.ts";
import { backoff, cancelled, noEarlyStart, startedAsCommitted } from "./starts.ts";

const DUE_MS = RUN_BEGAN_MS + 1_000;
const ARMED = { state: "running", running: runningOf("t1", { startedAtMs: DUE_MS }) } as const;

Deno.test("no-early-start accepts an armed start whose handler waits for its time", () => {
  const run = new Watching(noEarlyStart);
  run.insert({ runAtMs: DUE_MS });
  run.time.nowMs = 1_000 - ARM_AHEAD_MS;
  run.move(ARMED);
  run.time.nowMs = 1_000;
  run.begin("t1");
  assert.deepEqual(run.failures, []);
});

Deno.test("no-early-start catches a commit before the arming span and a handler before its time", () => {
  const run = new Watching(noEarlyStart);
  run.insert({ runAtMs: DUE_MS });
  run.time.nowMs = 1_000 - ARM_AHEAD_MS - 1;
  run.move(ARMED);
  run.time.nowMs = 998;
  run.begin("t1");
  assert.deepEqual(run.failures, [
    `${JOB}: its start was committed 1 ms too early`,
    `${JOB}: t1 began 2 ms before its time`,
  ]);
});

Deno.test("no-early-start accepts a start that was right until the clock was set back", () => {
  const run = new Watching(noEarlyStart);
  run.insert({ runAtMs: DUE_MS });
  run.time.nowMs = 1_000;
  run.wall.jump(-500);
  run.move(ARMED);
  assert.deepEqual(run.failures, []);
});

Deno.test("started-as-committed accepts one order and one call of the committed attempt", () => {
  const run = new Watching(startedAsCommitted);
  run.insert();
  run.start("t1");
  assert.deepEqual(run.failures, []);
});

Deno.test("started-as-committed catches an order before the commit, a second one, and a late call", () => {
  const run = new Watching(startedAsCommitted);
  run.insert();
  run.order("t1");
  run.move({ state: "running", running: runningOf("t1") });
  run.order("t1");
  run.move({ state: "cancelled", running: null });
  run.begin("t1");
  assert.deepEqual(run.failures, [
    `${JOB}: t1 was ordered, but no attempt is committed`,
    `${JOB}: t1 was ordered 2 times`,
    `${JOB}: t1 was begun, but no attempt is committed`,
  ]);
});

function confirmedCancel(run: Watching) {
  const { snapshot } = run.move({ state: "cancelled", finishedAtMs: RUN_BEGAN_MS });
  run.tell({
    kind: "commanded",
    id: JOB,
    command: "cancel",
    askedAtMs: 0,
    alone: true,
    outcome: { kind: "replied", reply: { kind: "done" }, snapshot },
  });
}

Deno.test("started-as-committed accepts a late call by a process whose shard was taken, and no other", () => {
  const late = (how: "robbed" | "released" | "kept") => {
    const run = new Watching(startedAsCommitted);
    const { snapshot: { shard } } = run.insert();
    run.tell({ kind: "acquired", boot: BOOT, shard, epoch: 1 });
    run.move(ARMED);
    run.order("t1");
    if (how === "released") run.tell({ kind: "released", boot: BOOT, shard });
    if (how !== "kept") run.tell({ kind: "acquired", boot: "b.1", shard, epoch: 2 });
    run.move({ state: "pending", running: null });
    run.begin("t1");
    return run.failures.length;
  };
  assert.deepEqual([late("robbed"), late("released"), late("kept")], [0, 1, 1]);
});

Deno.test("cancelled catches a call of the handler after a confirmed cancellation", () => {
  const run = new Watching(cancelled);
  run.insert();
  confirmedCancel(run);
  run.begin("t1");
  assert.deepEqual(run.failures, [
    `${JOB}: it began after its cancellation was confirmed at version 2`,
  ]);
});

Deno.test("cancelled accepts a call after a retry", () => {
  const run = new Watching(cancelled);
  run.insert();
  confirmedCancel(run);
  run.move({ state: "pending", finishedAtMs: null });
  run.start("t1");
  assert.deepEqual(run.failures, []);
});

Deno.test("backoff accepts a delay within the policy, and catches a shorter and a longer one", () => {
  for (const [delayMs, broken] of [[1_000, 0], [799, 0], [790, 1], [1_300, 1]] as const) {
    const run = new Watching(backoff);
    run.insert();
    run.start("t1");
    run.move({
      state: "retrying",
      running: null,
      counted: 1,
      runAtMs: RUN_BEGAN_MS + delayMs,
      attempts: [{
        number: 1,
        node: "a",
        startedAtMs: RUN_BEGAN_MS,
        finishedAtMs: RUN_BEGAN_MS,
        outcome: "error",
        error: null,
      }],
    });
    assert.equal(run.failures.length, broken, `${delayMs} ms`);
  }
});
