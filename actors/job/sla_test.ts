import assert from "node:assert/strict";
import { deadlinesOf, withBreaches } from "./sla.ts";
import { jobIn, NOW_MS, runningOf, specOf } from "./testing/samples.ts";

const sla = { startWithinMs: 1_000, finishWithinMs: 5_000 };
const spec = specOf({ sla });
const SUCCESS = { startWithinMs: null, finishWithinMs: null, succeedWithinMs: 5_000 };

Deno.test("deadlinesOf() counts from the moment the user asked for", () => {
  assert.deepEqual(deadlinesOf(spec), {
    startByMs: NOW_MS + 1_000,
    finishByMs: NOW_MS + 5_000,
    succeedByMs: null,
  });
  assert.equal(deadlinesOf(specOf({ sla: SUCCESS })).succeedByMs, NOW_MS + 5_000);
  const none = { startByMs: null, finishByMs: null, succeedByMs: null };
  assert.deepEqual(deadlinesOf(specOf()), none);
});

Deno.test("withBreaches() returns the same job while nothing is late", () => {
  const job = jobIn("pending", { spec });
  assert.equal(withBreaches(job, NOW_MS + 1_000), job);
  const carefree = jobIn("pending");
  assert.equal(withBreaches(carefree, NOW_MS + 1e9), carefree);
});

Deno.test("withBreaches() notes a start that has not come in time, and then the end", () => {
  const late = withBreaches(jobIn("pending", { spec }), NOW_MS + 1_001);
  assert.deepEqual(late.breached, ["start"]);
  assert.deepEqual(withBreaches(late, NOW_MS + 5_001).breached, ["start", "finish"]);
});

Deno.test("withBreaches() judges the start by when it was, not by when it is looked at", () => {
  const started = (startedAtMs: number) =>
    jobIn("running", { spec, running: runningOf({ startedAtMs }) });
  assert.deepEqual(withBreaches(started(NOW_MS + 900), NOW_MS + 4_000).breached, []);
  assert.deepEqual(withBreaches(started(NOW_MS + 1_001), NOW_MS + 4_000).breached, ["start"]);
});

Deno.test("withBreaches() does not judge the start again once an attempt has ended", () => {
  const attempt = {
    number: 1,
    node: "a",
    startedAtMs: NOW_MS,
    finishedAtMs: NOW_MS + 1,
    outcome: "error" as const,
    error: null,
  };
  const job = jobIn("retrying", { spec, attempts: [attempt] });
  assert.equal(withBreaches(job, NOW_MS + 4_000), job);
});

Deno.test("withBreaches() leaves a finished job as it finished, whenever it is looked at", () => {
  const inTime = jobIn("completed", { spec, finishedAtMs: NOW_MS + 1_000 });
  assert.equal(withBreaches(inTime, NOW_MS + 1e9), inTime);
  const cancelledLate = jobIn("cancelled", { spec, finishedAtMs: NOW_MS + 2_000 });
  assert.deepEqual(withBreaches(cancelledLate, NOW_MS + 1e9).breached, ["start"]);
});

Deno.test("withBreaches() takes no miss back and notes none twice", () => {
  const job = jobIn("pending", { spec, breached: ["start", "finish"] });
  assert.equal(withBreaches(job, NOW_MS + 1e9), job);
});

Deno.test("withBreaches() misses the success of a job that has not completed, whatever became of it", () => {
  const spec = specOf({ sla: SUCCESS });
  const states = ["pending", "running", "failed", "cancelled"] as const;
  for (const state of states) {
    const job = jobIn(state, { spec });
    assert.equal(withBreaches(job, NOW_MS + 5_000), job, state);
    assert.deepEqual(withBreaches(job, NOW_MS + 5_001).breached, ["success"], state);
  }
  const completed = (finishedAtMs: number) => jobIn("completed", { spec, finishedAtMs });
  assert.deepEqual(withBreaches(completed(NOW_MS + 5_000), NOW_MS + 1e9).breached, []);
  assert.deepEqual(withBreaches(completed(NOW_MS + 5_001), NOW_MS + 1e9).breached, ["success"]);
});
