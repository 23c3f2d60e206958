import assert from "node:assert/strict";
import { cancel, retry, runNow } from "./commands.ts";
import { start } from "./start.ts";
import { contextOf, jobIn, NOW_MS, runningOf, specOf, TOKEN } from "./testing/samples.ts";

const context = contextOf();

Deno.test("cancel() of a waiting job is final: it never starts (J5)", () => {
  for (const state of ["scheduled", "pending", "retrying"] as const) {
    const cancelled = cancel(jobIn(state, { runAtMs: NOW_MS }), context).state;
    assert.deepEqual([cancelled.state, cancelled.finishedAtMs], ["cancelled", NOW_MS]);
    const started = start(cancelled, context, { armAheadMs: 40 });
    assert.equal(started.state, cancelled);
    assert.deepEqual(started.effects, []);
  }
});

Deno.test("cancel() of a parked job ends its wait for a handler", () => {
  assert.equal(cancel(jobIn("pending", { waiting: "handler" }), context).state.waiting, null);
});

Deno.test("cancel() of a running job asks its attempt to stop and waits for it (J6)", () => {
  const before = jobIn("running");
  const { state, reply, effects } = cancel(before, context);
  assert.deepEqual([state.state, state.running?.cancelling], ["running", true]);
  assert.deepEqual(reply, { kind: "stopping" });
  assert.deepEqual(effects, [
    {
      kind: "abort",
      boot: "boot-1",
      key: { jobId: "job-1", attempt: 1, token: TOKEN },
      reason: "cancelled",
    },
    { kind: "changed", job: state, before },
  ]);
});

Deno.test("cancel() again while the attempt stops repeats the abort and writes nothing", () => {
  const job = jobIn("running", { running: runningOf({ cancelling: true }) });
  const { state, reply, effects } = cancel(job, context);
  assert.equal(state, job);
  assert.deepEqual(reply, { kind: "stopping" });
  assert.deepEqual(effects.map((effect) => effect.kind), ["abort"]);
});

Deno.test("cancel() of a finished job is refused with its state", () => {
  const { reply } = cancel(jobIn("failed"), context);
  assert.deepEqual(reply, { kind: "refused", state: "failed", why: "it is already failed" });
});

Deno.test("retry() gives a fresh budget from now and keeps history and checkpoint", () => {
  const attempts = [{
    number: 3,
    node: "a",
    startedAtMs: NOW_MS - 9,
    finishedAtMs: NOW_MS - 8,
    outcome: "error" as const,
    error: null,
  }];
  const failed = jobIn("failed", { lost: 2, attempts, checkpoint: "5", progress: 80 });
  const { state } = retry(failed, context);
  assert.deepEqual(state, {
    ...failed,
    state: "pending",
    runAtMs: NOW_MS,
    maxAttempts: 6,
    lost: 0,
    finishedAtMs: null,
    error: null,
    progress: null,
  });
});

Deno.test("runNow() makes a scheduled or retrying job due now", () => {
  for (const state of ["scheduled", "retrying"] as const) {
    const step = runNow(jobIn(state), context);
    assert.deepEqual([step.state.state, step.state.runAtMs], ["pending", NOW_MS]);
  }
});

Deno.test("runNow() leaves the time the user first asked for, by which its service levels count", () => {
  const spec = specOf({ runAtMs: NOW_MS + 60_000 });
  const step = runNow(jobIn("scheduled", { spec }), context);
  assert.equal(step.state.spec.runAtMs, NOW_MS + 60_000);
});
