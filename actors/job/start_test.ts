import assert from "node:assert/strict";
import { handlerKnown, overdue, start } from "./start.ts";
import { contextOf, jobIn, NOW_MS, specOf } from "./testing/samples.ts";

const context = contextOf();
const armed = { armAheadMs: 40 };

Deno.test("start() runs a due job under a token of its own", () => {
  const before = jobIn("pending");
  const { state, effects } = start(before, context, armed);
  assert.deepEqual(state.running, {
    number: 1,
    token: "unique-1",
    node: "a",
    boot: "boot-1",
    startedAtMs: NOW_MS,
    cancelling: false,
  });
  assert.deepEqual(effects, [
    {
      kind: "run",
      boot: "boot-1",
      order: {
        key: { jobId: "job-1", attempt: 1, token: "unique-1" },
        name: "noop",
        payload: "null",
        timeoutMs: null,
        notBeforeMs: NOW_MS,
        scheduledForMs: NOW_MS,
        fence: 2,
        checkpoint: "null",
        exclusive: false,
      },
      repeated: false,
    },
    { kind: "changed", job: state, before },
  ]);
});

Deno.test("start() hands on what the job's parents left", () => {
  const parents = '{"a":{"state":"completed"}}';
  const job = jobIn("pending", { spec: specOf({ parents }) });
  const [run] = start(job, context, armed).effects;
  assert.equal(run?.kind === "run" && run.order.parents, parents);
});

Deno.test("start() of a job due in a moment is armed: run and recorded at its due time (J3)", () => {
  const runAtMs = NOW_MS + 40;
  for (const state of ["scheduled", "pending", "retrying"] as const) {
    const step = start(jobIn(state, { runAtMs }), context, armed);
    assert.equal(step.state.startedAtMs, runAtMs);
    assert.equal(step.effects[0]?.kind === "run" && step.effects[0].order.notBeforeMs, runAtMs);
  }
});

Deno.test("start() declines a job that is due later than the arming span (J4)", () => {
  const job = jobIn("scheduled", { runAtMs: NOW_MS + 41 });
  const step = start(job, context, armed);
  assert.equal(step.state, job);
  assert.deepEqual(step.effects, []);
});

Deno.test("start() records the start of a late job as now", () => {
  const step = start(jobIn("pending", { runAtMs: NOW_MS - 7_000 }), context, armed);
  assert.equal(step.state.startedAtMs, NOW_MS);
});

Deno.test("start() numbers the attempt after those that count", () => {
  const job = jobIn("retrying", { counted: 2, lost: 3, runAtMs: NOW_MS });
  assert.equal(start(job, context, armed).state.running?.number, 3);
});

Deno.test("start() clears the progress of the attempt before and the wait for a handler", () => {
  const job = jobIn("pending", { progress: 70, waiting: "handler" });
  const { state } = start(job, context, armed);
  assert.deepEqual([state.progress, state.waiting], [null, null]);
});

Deno.test("start() notes a start after its service level", () => {
  const spec = specOf({ sla: { startWithinMs: 10, finishWithinMs: null }, runAtMs: NOW_MS - 11 });
  const { state } = start(jobIn("pending", { spec }), context, armed);
  assert.deepEqual(state.breached, ["start"]);
});

Deno.test("overdue() shows a due job as pending and keeps its due time", () => {
  for (const state of ["scheduled", "retrying"] as const) {
    const before = jobIn(state, { runAtMs: NOW_MS - 5 });
    const step = overdue(before, context);
    assert.deepEqual([step.state.state, step.state.runAtMs], ["pending", NOW_MS - 5]);
    assert.deepEqual(step.effects, [{ kind: "changed", job: step.state, before }]);
  }
});

Deno.test("handlerKnown() makes a parked job due now", () => {
  const job = jobIn("pending", { waiting: "handler", runAtMs: NOW_MS - 60_000 });
  const { state } = handlerKnown(job, context);
  assert.deepEqual([state.waiting, state.runAtMs], [null, NOW_MS]);
});
