import assert from "node:assert/strict";
import type { ShardId } from "../../runtime/ids.ts";
import { LOG_LINE_CHARS_MAX } from "../executor/port.ts";
import { decodeJob, encodeSpec, newJob } from "./codec.ts";
import { cancel, retry, runNow, supersede } from "./commands.ts";
import { jobBehaviour } from "./behaviour.ts";
import { start } from "./start.ts";
import { decodeBody } from "./stored/body.ts";
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

Deno.test("retry() by its flow tells it what its parents left now", () => {
  const failed = jobIn("failed", { spec: specOf({ parents: "{}" }) });
  const { state, carries } = retry(failed, context, { parents: '{"a":1}' });
  assert.equal(state.spec.parents, '{"a":1}');
  assert.equal(decodeBody(carries!.body!, failed.createdAtMs).parents, '{"a":1}');
  assert.equal(retry(failed, context).carries, undefined);
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

Deno.test("retry() with another payload commits that, and logs what it was", () => {
  const failed = jobIn("failed", { spec: specOf({ payload: '{"n":1}' }) });
  const { state, carries } = retry(failed, context, { payload: '{"n":2}' });
  assert.deepEqual([state.state, state.spec.payload], ["pending", '{"n":2}']);
  assert.deepEqual(carries, {
    body: encodeSpec(state),
    lines: {
      stream: "log",
      texts: ['2027-01-15T08:00:00.000Z payload edited for a retry; it was {"n":1}'],
    },
  });
  assert.equal(retry(failed, context, { payload: '{"n":1}' }).carries, undefined);
  assert.equal(retry(jobIn("completed"), context, { payload: "2" }).reply?.kind, "refused");
  const large = jobIn("failed", { spec: specOf({ payload: `"${"x".repeat(200_000)}"` }) });
  const [line = ""] = retry(large, context, { payload: "2" }).carries?.lines?.texts ?? [];
  assert.equal(line.length, LOG_LINE_CHARS_MAX);
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

const LATER = specOf({
  ...{ name: "later", payload: '{"n":2}', queue: "other", runAtMs: NOW_MS + 5, priority: 9 },
  tags: ["eu", "eu"],
});

Deno.test("supersede() makes a job that has not started another one of its id and creation", () => {
  for (const state of ["scheduled", "pending"] as const) {
    const job = jobIn(state, {
      waiting: state === "pending" ? "handler" : null,
      breached: ["start"],
    });
    const step = supersede(job, LATER, context);
    const { createdAtMs } = job;
    assert.deepEqual(step.state, { ...newJob(LATER, NOW_MS), createdAtMs });
    assert.deepEqual(step.state.spec.tags, ["eu"]);
    assert.deepEqual(step.carries, { body: encodeSpec(step.state) });
    assert.deepEqual(step.effects, [{ kind: "changed", job: step.state, before: step.state }]);
    const { head, index } = jobBehaviour().encode(step.state);
    const body = step.carries?.body ?? "";
    const stored = { kind: "job", version: 2, shard: 0 as ShardId, head, index, body, createdAtMs };
    assert.deepEqual(decodeJob({ id: context.id, ...stored }), step.state);
  }
});

Deno.test("supersede() forgets no news that were told of the job before", () => {
  const told = { ...jobIn("pending"), newsVersion: 2 };
  assert.equal(supersede(told, LATER, context).state.newsVersion, 2);
});

Deno.test("supersede() leaves a job that has started, or is over, as it is", () => {
  const jobs = [
    ...[jobIn("running"), jobIn("retrying", { startedAtMs: NOW_MS }), jobIn("completed")],
    ...[jobIn("failed"), jobIn("cancelled"), jobIn("pending", { startedAtMs: NOW_MS })],
  ];
  for (const job of jobs) {
    const step = supersede(job, LATER, context);
    assert.equal(step.state, job);
    assert.equal(step.reply?.kind, "refused");
    assert.equal(step.carries, undefined);
  }
});

Deno.test("a start that was on its way finds a superseded job not due, or runs what superseded it (J5)", () => {
  const later = supersede(jobIn("pending"), { ...LATER, runAtMs: NOW_MS + 1_000 }, context).state;
  assert.equal(start(later, context, { armAheadMs: 40 }).state, later);
  const now = supersede(jobIn("pending"), LATER, context).state;
  const [effect] = start(now, context, { armAheadMs: 40 }).effects;
  assert.equal(effect?.kind === "run" && effect.order.payload, LATER.payload);
});

Deno.test("supersede() brings the deadlines of the new spec, whatever those of the old one were", () => {
  const sla = { startWithinMs: 5_000, finishWithinMs: null };
  const spec = specOf({ sla, runAtMs: NOW_MS + 60_000 });
  const context = contextOf({ nextVersion: 7 });
  const { carries } = supersede(jobIn("scheduled"), spec, context);
  const [deadline] = carries?.inserts ?? [];
  assert.equal(deadline?.id, "job-1@deadline-7");
  assert.ok(deadline.index.wakeAtMs! > NOW_MS + 65_000);
  const plain = supersede(jobIn("scheduled", { spec }), specOf(), context);
  assert.equal(plain.carries?.inserts, undefined);
});
