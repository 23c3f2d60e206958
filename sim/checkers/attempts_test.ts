import assert from "node:assert/strict";
import type { AttemptOutcome } from "../../actors/executor/port.ts";
import type { JobState } from "../../actors/job/state.ts";
import { RETRY_DEFAULT } from "../../actors/job/spec.ts";
import { JOB, runningOf, Watching } from "../testing/watching.ts";
import { RUN_BEGAN_MS } from "../world/wall.ts";
import { atMostOnce, attempts } from "./attempts.ts";

const ERROR: AttemptOutcome = { kind: "error", retryable: true, error: { name: "E", message: "" } };
const LOST: AttemptOutcome = { kind: "lost", error: { name: "L", message: "" } };
const FATAL: AttemptOutcome = { ...ERROR, retryable: false } as AttemptOutcome;
const FAILED: Partial<JobState> = { state: "failed", finishedAtMs: RUN_BEGAN_MS };

/** What `attempts` says of a job that became `after` when its attempt ended with `outcome`. */
function judged(
  outcome: AttemptOutcome | null,
  after: Partial<JobState>,
  before: Partial<JobState> = {},
) {
  const run = new Watching(attempts);
  run.insert();
  run.move({
    ...before,
    state: "running",
    running: runningOf("t1", { number: (before.counted ?? 0) + 1 }),
  });
  run.order("t1");
  if (outcome) run.end("t1", outcome);
  run.failures.length = 0;
  run.move({ ...after, running: null });
  return run.failures.length === 0;
}

Deno.test("attempts accepts what each end may make of a job", () => {
  assert.ok(judged({ kind: "ok", result: "1" }, { state: "completed", counted: 1 }));
  assert.ok(judged(ERROR, { state: "retrying", counted: 1 }));
  assert.ok(judged(FATAL, { ...FAILED, counted: 1 }));
  assert.ok(judged(ERROR, { ...FAILED, counted: 3 }, { counted: 2 }));
  assert.ok(judged(LOST, { state: "pending", lost: 1 }));
  assert.ok(judged(LOST, { ...FAILED, lost: 4 }, { lost: 3 }));
  assert.ok(judged({ kind: "unknown-handler" }, { state: "pending", waiting: "handler" }));
  assert.ok(
    judged({ kind: "interrupted", error: { name: "", message: "" } }, { state: "pending" }),
  );
});

Deno.test("attempts catches what an end may not make of a job", () => {
  assert.ok(!judged(null, { state: "completed", counted: 1 }));
  assert.ok(!judged(ERROR, { state: "completed", counted: 1 }));
  assert.ok(!judged(ERROR, { state: "pending" }));
  assert.ok(!judged(ERROR, { state: "retrying", counted: 3 }, { counted: 2 }));
  assert.ok(!judged(FATAL, { state: "retrying", counted: 1 }));
  assert.ok(!judged(LOST, { state: "retrying", counted: 1 }));
  assert.ok(!judged(LOST, { state: "pending", lost: 4 }, { lost: 3 }));
  assert.ok(!judged({ kind: "ok", result: "1" }, { state: "completed" }));
});

Deno.test("attempts accepts a loss that a new process start found, not one that its own found", () => {
  for (const boot of ["a.1", "a.2"]) {
    const run = new Watching(attempts);
    run.insert();
    run.start("t1");
    run.move({ state: "pending", running: null, lost: 1 }, { boot });
    assert.equal(run.failures.length, boot === "a.1" ? 1 : 0);
  }
});

Deno.test("attempts catches a token given twice and a wrong number", () => {
  const run = new Watching(attempts);
  run.insert();
  run.start("t1");
  run.end("t1", ERROR);
  run.move({ state: "retrying", running: null, counted: 1 });
  run.move({ state: "running", running: runningOf("t1", { number: 3 }) });
  assert.deepEqual(run.failures, [
    `${JOB}: the token t1 was given twice`,
    `${JOB}: attempt 3 after 1 of 3`,
  ]);
});

Deno.test("attempts catches a budget that nobody granted, and accepts a user's retry", () => {
  const run = new Watching(attempts);
  run.insert();
  run.move({ state: "cancelled", finishedAtMs: RUN_BEGAN_MS });
  run.move({ state: "pending", finishedAtMs: null, maxAttempts: RETRY_DEFAULT.attempts });
  assert.deepEqual(run.failures, []);
  run.move({ maxAttempts: 9 });
  assert.deepEqual(run.failures, [`${JOB}: 9 attempts allowed, not 3`]);
});

Deno.test("at-most-once catches a second call of the handler", () => {
  const run = new Watching(atMostOnce);
  run.insert({ delivery: "at-most-once" });
  run.start("t1");
  run.move({ state: "pending", running: null });
  run.start("t2");
  assert.deepEqual(run.failures, [`${JOB}: begun 2 times`]);
});

Deno.test("at-most-once accepts a second call that a user asked for, and any of other jobs", () => {
  const asked = new Watching(atMostOnce);
  asked.insert({ delivery: "at-most-once" });
  asked.start("t1");
  asked.move({ ...FAILED, running: null });
  asked.move({ state: "pending", finishedAtMs: null });
  asked.start("t2");
  const other = new Watching(atMostOnce);
  other.insert();
  other.start("t1");
  other.move({ state: "pending", running: null });
  other.start("t2");
  assert.deepEqual([...asked.failures, ...other.failures], []);
});
