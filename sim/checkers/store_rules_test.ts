import assert from "node:assert/strict";
import type { ShardId } from "../../runtime/ids.ts";
import { BOOT, JOB, Watching } from "../testing/watching.ts";
import { fence, versions } from "./store_rules.ts";

const S0 = 0 as ShardId;

function owned() {
  const run = new Watching(fence);
  run.tell({ kind: "acquired", boot: BOOT, shard: S0, epoch: 1 });
  run.insert();
  return run;
}

Deno.test("fence accepts the owner's writes under its epoch", () => {
  const run = owned();
  run.move({ state: "cancelled" });
  assert.deepEqual(run.failures, []);
});

Deno.test("fence catches a write under another epoch, and one by another process start", () => {
  const run = owned();
  run.move({ state: "cancelled" }, { epoch: 2 });
  run.move({ state: "pending" }, { boot: "a.0" });
  assert.deepEqual(run.failures, [
    `${JOB}: a.1 wrote under epoch 2, owner is a.1 1`,
    `${JOB}: a.0 wrote under epoch 1, owner is a.1 1`,
  ]);
});

Deno.test("fence catches an epoch that does not grow", () => {
  const run = owned();
  run.tell({ kind: "acquired", boot: "a.2", shard: S0, epoch: 1 });
  assert.deepEqual(run.failures, ["null: shard 0: epoch 1 after 1"]);
});

Deno.test("versions accepts one insert and transitions in a row", () => {
  const run = new Watching(versions);
  run.insert();
  run.move({ state: "cancelled" });
  run.move({ state: "pending" });
  assert.deepEqual(run.failures, []);
});

Deno.test("versions catches a second insert and a transition from an old version", () => {
  const run = new Watching(versions);
  run.insert();
  run.insert();
  run.move({ state: "cancelled" });
  run.move({ state: "pending" }, { version: 1 });
  assert.deepEqual(run.failures, [
    `${JOB}: inserted over an existing job`,
    `${JOB}: version 1 expected, 2 overwritten`,
  ]);
});

Deno.test("versions accepts a second life once the first one's retention is over", () => {
  const run = new Watching(versions);
  run.insert({ retention: { completedMs: 10, failedMs: 10 } });
  run.move({ state: "cancelled", finishedAtMs: run.wall.nowMs() });
  run.time.nowMs = 11;
  run.insert();
  assert.deepEqual(run.failures, []);
});
