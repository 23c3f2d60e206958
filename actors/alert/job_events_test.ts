import assert from "node:assert/strict";
import { actorId } from "../../runtime/ids.ts";
import { jobBehaviour } from "../job/behaviour.ts";
import type { JobMessage } from "../job/messages.ts";
import type { JobState } from "../job/state.ts";
import { contextOf, jobIn, NOW_MS, specOf, TOKEN } from "../job/testing/samples.ts";
import { eventsOf } from "./job_events.ts";

const RETRY_ONCE = { ...specOf().retry, attempts: 1 };

/** What `messages`, one second apart, make of a job, as `kind status`. */
function told(job: JobState, ...messages: readonly JobMessage[]): string[] {
  let state = job;
  const lines: string[] = [];
  const behaviour = jobBehaviour({
    reports: ({ before, after }, context) => {
      const events = eventsOf({ before, after, context });
      lines.push(...events.map(({ kind, status }) => `${kind} ${status}`));
      return [];
    },
  });
  for (const [at, message] of messages.entries()) {
    const context = contextOf({ nowMs: NOW_MS + at * 1_000, unique: TOKEN, nextVersion: at + 2 });
    state = behaviour.receive(state, message, context).state;
  }
  return lines;
}

const failure: JobMessage = {
  kind: "ended",
  token: TOKEN,
  outcome: { kind: "error", error: { name: "Error", message: "no\nmoney" }, retryable: true },
};
const success: JobMessage = { kind: "ended", token: TOKEN, outcome: { kind: "ok", result: "1" } };

Deno.test("a job that is tried again has not failed; one whose attempts are spent has", () => {
  assert.deepEqual(told(jobIn("running"), failure), []);
  const spent = jobIn("running", { spec: specOf({ retry: RETRY_ONCE }) });
  assert.deepEqual(told(spent, failure), ["job.failed firing"]);
});

Deno.test("a job that completes after a retry by hand is mended; one that just completes is no news", () => {
  const spent = jobIn("running", { spec: specOf({ retry: RETRY_ONCE }) });
  assert.deepEqual(
    told(spent, failure, { kind: "retry" }, { kind: "start" }, success),
    ["job.failed firing", "job.failed resolved"],
  );
  assert.deepEqual(told(jobIn("running"), success), []);
});

Deno.test("a service level is missed once, and made up for when the job is there", () => {
  const spec = specOf({
    retry: RETRY_ONCE,
    sla: { startWithinMs: 500, finishWithinMs: 1_500, succeedWithinMs: 1_500 },
  });
  const deadline = (ms: number): JobMessage => ({ kind: "deadline", atMs: NOW_MS + ms });
  assert.deepEqual(
    told(jobIn("pending", { spec }), deadline(500), { kind: "start" }, deadline(1_500), success),
    [
      ["sla.start firing", "sla.start resolved"],
      ["sla.finish firing", "sla.finish firing"],
      ["sla.finish resolved", "sla.finish resolved"],
    ].flat(),
  );
});

Deno.test("a job that starts late by itself is late and there in one event each", () => {
  const spec = specOf({ sla: { startWithinMs: 0, finishWithinMs: null }, runAtMs: NOW_MS - 10 });
  assert.deepEqual(told(jobIn("pending", { spec }), { kind: "start" }), [
    "sla.start firing",
    "sla.start resolved",
  ]);
});

Deno.test("a schedule's job that does not succeed in time is a miss of the schedule", () => {
  const spec = specOf({
    scheduleId: "nightly",
    sla: { startWithinMs: null, finishWithinMs: null, succeedWithinMs: 5 },
  });
  const failed = jobIn("failed", { spec });
  assert.deepEqual(told(failed, { kind: "deadline", atMs: NOW_MS + 5 }), [
    "schedule.missed firing",
  ]);
});

Deno.test("an event says what, where and why on one line, and its id is its own (AE1)", () => {
  const before = jobIn("running", { spec: specOf({ tags: ["eu"], scheduleId: "nightly" }) });
  const error = { name: "Error", message: "no\nmoney" };
  const after: JobState = { ...before, state: "failed", running: null, counted: 3, error };
  const context = contextOf({ id: actorId("order-7"), nextVersion: 9 });
  const [event] = eventsOf({ before, after, context });
  assert.deepEqual(event, {
    id: "order-7/9/job.failed/firing",
    kind: "job.failed",
    status: "firing",
    subject: "order-7",
    labels: { queue: "default", name: "noop", schedule: "nightly" },
    tags: ["eu"],
    message: "noop failed after 3 attempts: Error: no money",
    atMs: NOW_MS,
  });
});

Deno.test("jobs of the program's own raise nothing (AE2)", () => {
  const own = jobIn("running", { spec: specOf({ queue: "orrery.alerts", retry: RETRY_ONCE }) });
  assert.deepEqual(told(own, failure), []);
});
