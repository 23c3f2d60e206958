import assert from "node:assert/strict";
import type { ShardId } from "../../runtime/ids.ts";
import { BOOT, JOB, Watching } from "../testing/watching.ts";
import { fence, takeover, versions } from "./store_rules.ts";

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

function taken(how: "released" | "lapsed" | "reborn" | "left" | "alive"): string[] {
  const run = new Watching(takeover);
  const untilMs = run.wall.nowMs() + 1_000;
  run.tell({ kind: "session", boot: BOOT, untilMs });
  run.tell({ kind: "acquired", boot: BOOT, shard: S0, epoch: 1 });
  if (how === "released") run.tell({ kind: "released", boot: BOOT, shard: S0 });
  if (how === "lapsed") run.time.nowMs += 1_000;
  if (how === "left") run.tell({ kind: "session", boot: BOOT, untilMs: 0 });
  if (how === "reborn") run.tell({ kind: "session", boot: "a.2", untilMs });
  run.tell({ kind: "acquired", boot: "b.1", shard: S0, epoch: 2 });
  return run.failures;
}

Deno.test("takeover accepts what was released, lapsed, left or ended by the node's next start", () => {
  for (const how of ["released", "lapsed", "left", "reborn"] as const) {
    assert.deepEqual(taken(how), [], how);
  }
});

Deno.test("takeover catches a shard that is taken from a living owner", () => {
  assert.deepEqual(taken("alive"), ["null: b.1 took shard 0 of a.1, alive for 1000 ms"]);
});

Deno.test("takeover ignores what somebody else says of a shard", () => {
  const run = new Watching(takeover);
  run.tell({ kind: "session", boot: BOOT, untilMs: run.wall.nowMs() + 1_000 });
  run.tell({ kind: "acquired", boot: BOOT, shard: S0, epoch: 1 });
  run.tell({ kind: "released", boot: "b.1", shard: S0 });
  run.tell({ kind: "acquired", boot: "b.1", shard: S0, epoch: 2 });
  assert.equal(run.failures.length, 1);
});
