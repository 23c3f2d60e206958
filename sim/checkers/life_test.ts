import assert from "node:assert/strict";
import type { AttemptOutcome } from "../../actors/executor/port.ts";
import { JOB, runningOf, Watching } from "../testing/watching.ts";
import { RUN_BEGAN_MS } from "../world/wall.ts";
import { completion, transitions } from "./life.ts";

const OK: AttemptOutcome = { kind: "ok", result: "1" };
const DONE = { state: "completed", running: null, finishedAtMs: RUN_BEGAN_MS } as const;

Deno.test("transitions accepts a life from start to completion", () => {
  const run = new Watching(transitions);
  run.insert();
  run.move({ state: "running", running: runningOf("t1") });
  run.move(DONE);
  assert.deepEqual(run.failures, []);
});

Deno.test("transitions catches a way back from completed", () => {
  const run = new Watching(transitions);
  run.insert();
  run.move({ state: "running", running: runningOf("t1") });
  run.move(DONE);
  run.move({ state: "pending", finishedAtMs: null });
  assert.deepEqual(run.failures, [`${JOB}: completed → pending`]);
});

Deno.test("transitions catches a state whose attempt, end or count contradicts it", () => {
  const run = new Watching(transitions);
  run.insert();
  run.move({ state: "running" });
  run.move({ state: "failed", running: null, finishedAtMs: null });
  run.move({ state: "pending", finishedAtMs: null, counted: 4 });
  assert.deepEqual(run.failures, [
    `${JOB}: running with a wrong attempt`,
    `${JOB}: failed with a wrong end`,
    `${JOB}: 4 of 3 attempts`,
  ]);
});

Deno.test("completion accepts one, by the attempt that ended well", () => {
  const run = new Watching(completion);
  run.insert();
  run.start("t1");
  run.end("t1", OK);
  run.move(DONE);
  assert.deepEqual(run.failures, []);
});

Deno.test("completion catches a second one", () => {
  const run = new Watching(completion);
  run.insert();
  run.start("t1");
  run.end("t1", OK);
  run.move(DONE);
  run.move({ ...DONE, running: runningOf("t1"), state: "running" });
  run.move(DONE);
  assert.deepEqual(run.failures, [`${JOB}: completed 2 times`]);
});

Deno.test("completion catches one by an attempt that never ended well", () => {
  const run = new Watching(completion);
  run.insert();
  run.start("t1");
  run.end("t0", OK);
  run.move(DONE);
  assert.deepEqual(run.failures, [`${JOB}: completed, but its attempt t1 never ended well`]);
});
