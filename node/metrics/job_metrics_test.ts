import assert from "node:assert/strict";
import { draftOfJob } from "../../actors/job/codec.ts";
import { ended } from "../../actors/job/ending.ts";
import type { AttemptOutcome } from "../../actors/executor/port.ts";
import { checkpoint } from "../../actors/job/reports.ts";
import { start } from "../../actors/job/start.ts";
import type { JobStep } from "../../actors/job/step.ts";
import { contextOf, jobIn, NOW_MS, specOf, TOKEN } from "../../actors/job/testing/samples.ts";
import type { SubmitOutcome } from "../../gateway/service.ts";
import { actorId, type ShardId } from "../../runtime/ids.ts";
import { Exposition } from "../../runtime/telemetry/exposition.ts";
import { readExposition, valueOf } from "../../runtime/telemetry/testing/exposition_reader.ts";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import { JobMetrics } from "./job_metrics.ts";
import { JobSeriesBook } from "./job_series.ts";

const SHARD = 0 as ShardId;
const ERROR = { name: "Error", message: "no" };

function setup() {
  const clock = new VirtualClock(NOW_MS);
  const metrics = new JobMetrics(new JobSeriesBook(), clock);
  const exposition = new Exposition(metrics.metrics());
  return {
    clock,
    metrics,
    /** Counts what a step tells of. */
    step: ({ effects }: JobStep) => {
      for (const effect of effects) if (effect.kind === "changed") metrics.changed(effect);
    },
    value: async (name: string, labels: Record<string, string>) =>
      valueOf(readExposition((await exposition.render()).text), name, labels),
  };
}

const OF = { queue: "default", name: "noop" };
const endedBy = (outcome: AttemptOutcome, job = jobIn("running")) =>
  ended(job, { token: TOKEN, outcome }, contextOf());

Deno.test("changed() counts the states that jobs came to, and not what happens within one", async () => {
  const { step, value } = setup();
  step(start(jobIn("pending"), contextOf(), { armAheadMs: 0 }));
  step(checkpoint(jobIn("running"), { kind: "checkpoint", token: TOKEN, value: "1" }, contextOf()));
  step(endedBy({ kind: "ok", result: "null" }));
  const name = "orrery_job_transitions_total";
  assert.equal(await value(name, { ...OF, state: "running" }), 1);
  assert.equal(await value(name, { ...OF, state: "completed" }), 1);
  assert.equal(await value(name, { ...OF, state: "failed" }), 0, "zeros are told too");
});

Deno.test("changed() counts attempts that are to be repeated, by what ended them", async () => {
  const { step, value } = setup();
  const error = ERROR;
  step(endedBy({ kind: "error", error, retryable: true }));
  step(endedBy({ kind: "timeout", error }));
  step(endedBy({ kind: "lost", error }));
  step(endedBy({ kind: "interrupted", error }));
  step(endedBy({ kind: "interrupted", error, begun: false }));
  step(endedBy({ kind: "unknown-handler" }));
  for (const cause of ["error", "timeout", "lost", "interrupted"]) {
    assert.equal(await value("orrery_job_retries_total", { ...OF, cause }), 1, cause);
  }
  assert.equal(await value("orrery_job_retries_total", { ...OF, cause: "other" }), 0);
  assert.equal(await value("orrery_job_failures_total", { ...OF, cause: "error" }), 0);
});

Deno.test("changed() counts failed jobs by what ended their last attempt", async () => {
  const { step, value } = setup();
  step(endedBy({ kind: "error", error: ERROR, retryable: false }));
  const once = jobIn("running", { spec: specOf({ delivery: "at-most-once" }) });
  step(endedBy({ kind: "lost", error: ERROR }, once));
  assert.equal(await value("orrery_job_failures_total", { ...OF, cause: "error" }), 1);
  assert.equal(await value("orrery_job_failures_total", { ...OF, cause: "lost" }), 1);
  assert.equal(await value("orrery_job_retries_total", { ...OF, cause: "lost" }), 0);
});

Deno.test("changed() counts a missed service level once", async () => {
  const { step, value } = setup();
  const sla = { startWithinMs: 10, finishWithinMs: 20 };
  const spec = specOf({ sla, runAtMs: NOW_MS - 15 });
  const started = start(jobIn("pending", { spec }), contextOf(), { armAheadMs: 0 });
  step(started);
  const outcome: AttemptOutcome = { kind: "ok", result: "null" };
  const message = { token: started.state.running?.token ?? "", outcome };
  step(ended(started.state, message, contextOf({ nowMs: NOW_MS + 100 })));
  const name = "orrery_job_sla_breaches_total";
  assert.equal(await value(name, { ...OF, level: "start" }), 1);
  assert.equal(await value(name, { ...OF, level: "finish" }), 1);
});

Deno.test("created() tells by whom a job was asked for, and counts no other kind of actor", async () => {
  const { metrics, value } = setup();
  const draft = (overrides = {}) => ({
    ...draftOfJob(specOf(overrides), { id: actorId("a"), nowMs: NOW_MS }),
    shard: SHARD,
  });
  metrics.created(draft());
  metrics.created(draft({ scheduleId: "nightly" }));
  metrics.created({ ...draft(), kind: "schedule" });
  const name = "orrery_jobs_created_total";
  assert.equal(await value(name, { ...OF, origin: "request" }), 1);
  assert.equal(await value(name, { ...OF, origin: "schedule" }), 1);
});

Deno.test("submitted() measures a submission by its outcome, failures too", async () => {
  const { metrics, clock, value } = setup();
  const taken = Promise.withResolvers<SubmitOutcome>();
  const failed = Promise.withResolvers<SubmitOutcome>();
  metrics.submitted(taken.promise);
  metrics.submitted(failed.promise);
  clock.advance(30);
  taken.resolve({ kind: "taken", id: "a" });
  failed.reject(new Error("away"));
  await Promise.allSettled([taken.promise, failed.promise]);
  const name = "orrery_job_submit_seconds";
  assert.equal(await value(`${name}_bucket`, { outcome: "taken", le: "0.02" }), 0);
  assert.equal(await value(`${name}_bucket`, { outcome: "taken", le: "0.05" }), 1);
  assert.equal(await value(`${name}_count`, { outcome: "fault" }), 1);
});
