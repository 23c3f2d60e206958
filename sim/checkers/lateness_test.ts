import assert from "node:assert/strict";
import { JOB, runningOf, Watching } from "../testing/watching.ts";
import { RUN_BEGAN_MS } from "../world/wall.ts";
import { lateness } from "./lateness.ts";
import { match } from "./matching.ts";

/** A job due at 1,000 ms whose handler is called at `begunAtMs`. */
async function begun(begunAtMs: number, plan = {}): Promise<string[]> {
  const run = new Watching(lateness, plan);
  run.insert({ runAtMs: RUN_BEGAN_MS + 1_000 });
  run.time.nowMs = begunAtMs;
  run.start("t1", { startedAtMs: RUN_BEGAN_MS + begunAtMs });
  await run.rest();
  return run.failures;
}

Deno.test("lateness accepts a start in time and catches a late one", async () => {
  assert.deepEqual(await begun(1_000), []);
  assert.deepEqual(await begun(1_060), []);
  assert.deepEqual(await begun(1_061), [
    `${JOB}: due at 1000 ms, and no run began by 1060 ms`,
  ]);
});

Deno.test("lateness asks less of a cramped window, and nothing of a run that is not calm", async () => {
  const window = { laneReadyMax: 2, futureMax: 4 };
  assert.deepEqual(await begun(2_000, { window }), []);
  assert.equal((await begun(3_000, { window })).length, 1);
  assert.deepEqual(await begun(3_000, { character: "stormy" }), []);
});

Deno.test("lateness asks for no run of a job that was taken back in time", async () => {
  const run = new Watching(lateness);
  run.insert({ runAtMs: RUN_BEGAN_MS + 1_000 });
  run.time.nowMs = 1_030;
  run.move({ state: "cancelled", finishedAtMs: RUN_BEGAN_MS });
  await run.rest();
  assert.deepEqual(run.failures, []);
});

Deno.test("lateness wants a run for each due time, not one for two", async () => {
  const run = new Watching(lateness);
  run.insert();
  run.start("t1");
  run.move({ state: "retrying", running: null, runAtMs: RUN_BEGAN_MS + 10 });
  run.time.nowMs = 500;
  run.move({ state: "running", running: runningOf("t2") });
  run.begin("t2");
  await run.rest();
  assert.deepEqual(run.failures, [`${JOB}: due at 10 ms, and no run began by 70 ms`]);
});

Deno.test("match() finds a pairing that a greedy choice would miss", () => {
  const fits = [[0, 1], [0]];
  assert.deepEqual(match(2, (target) => fits[target]!), [1, 0]);
});

Deno.test("match() leaves out as few targets as possible", () => {
  const fits = [[0], [0], [1]];
  assert.deepEqual(match(3, (target) => fits[target]!), [0, undefined, 1]);
});
