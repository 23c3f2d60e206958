import type { BootId } from "../../runtime/ids.ts";
import assert from "node:assert/strict";
import { type JobSpec, RETRY_DEFAULT } from "../../actors/job/spec.ts";
import type { JobState } from "../../actors/job/state.ts";
import { jobAnswer } from "../schemas/answers.ts";
import type { JobRecord } from "../service.ts";
import { newJob } from "../../actors/job/codec.ts";
import { jobText, recordEventView, shownState } from "./job_view.ts";

const NOW_MS = Date.UTC(2026, 0, 1);
const SPEC: JobSpec = {
  name: "mail",
  payload: '{"to":"x"}',
  queue: "default",
  priority: 3,
  runAtMs: NOW_MS,
  retry: RETRY_DEFAULT,
  timeoutMs: null,
  sla: { startWithinMs: null, finishWithinMs: null },
  delivery: "at-least-once",
  tags: [],
  retention: { completedMs: 1, failedMs: 2 },
  concurrencyKey: null,
  traceId: null,
  fingerprint: "f".repeat(64),
};

function record(changes: Partial<JobState> = {}, spec: Partial<JobSpec> = {}): JobRecord {
  const job = { ...newJob({ ...SPEC, ...spec }, NOW_MS), ...changes };
  return { id: "j1", version: 4, job, shard: 17, waiting: null };
}

function view(...parts: Parameters<typeof record>) {
  const text = jobText(record(...parts), NOW_MS);
  return jobAnswer.parse(JSON.parse(text));
}

Deno.test("jobText() always has every field (V1), and keeps the fingerprint to itself", () => {
  const fields = Object.keys(view());
  assert.deepEqual(fields.sort(), Object.keys(jobAnswer.shape).sort());
});

Deno.test("jobText() splices stored JSON as it is (V2)", () => {
  const payload = '{"__proto__":1,"n":1e400,"s":"\\u00e9 </script>"}';
  const text = jobText(record({ result: "[1,2]", checkpoint: '{"at":5}' }, { payload }), NOW_MS);
  assert.ok(text.includes(`"payload":${payload},"result":[1,2],"checkpoint":{"at":5},`), text);
  JSON.parse(text);
});

Deno.test("jobText() shows a running attempt and those before it", () => {
  const error = { name: "Error", message: "no", stack: "at x" };
  const shown = view({
    state: "running",
    counted: 1,
    startedAtMs: NOW_MS + 5,
    running: {
      ...{ number: 2, token: "t", node: "b", boot: "b1" as BootId, startedAtMs: NOW_MS + 5 },
      cancelling: false,
    },
    attempts: [{
      ...{ number: 1, node: "a", startedAtMs: NOW_MS, finishedAtMs: NOW_MS + 1 },
      ...{ outcome: "error", error },
    }],
  });
  assert.deepEqual([shown.attempt, shown.node], [2, "b"]);
  assert.deepEqual(shown.attempts, [{
    ...{ number: 1, node: "a", outcome: "error", error },
    startedAt: "2026-01-01T00:00:00.000Z",
    finishedAt: "2026-01-01T00:00:00.001Z",
  }]);
  assert.doesNotMatch(JSON.stringify(shown), /token|boot/);
});

Deno.test("jobText() counts service levels from the time that was asked for", () => {
  const sla = { startWithinMs: 10_000, finishWithinMs: null };
  const { sla: shown } = view({ runAtMs: NOW_MS + 99_000, breached: ["start"] }, { sla });
  assert.deepEqual(shown, {
    startBy: "2026-01-01T00:00:10.000Z",
    finishBy: null,
    succeedBy: null,
    breached: ["start"],
  });
});

Deno.test("jobText() names the schedule that made the job", () => {
  assert.equal(view().scheduleId, null);
  assert.equal(view({}, { scheduleId: "nightly" }).scheduleId, "nightly");
});

Deno.test("jobText() names the flow that made the job; what its parents left stays inside", () => {
  assert.equal(view().flowId, null);
  const shown = view({}, { flowId: "order-7", parents: '{"a":{"state":"completed"}}' });
  assert.equal(shown.flowId, "order-7");
  assert.ok(!("parents" in shown));
});

Deno.test("shownState() shows a scheduled job as pending once it is due (V3)", () => {
  const { job } = record({ state: "scheduled" });
  assert.equal(shownState(job, NOW_MS - 1), "scheduled");
  assert.equal(shownState(job, NOW_MS), "pending");
  assert.equal(shownState({ ...job, state: "retrying" }, NOW_MS), "retrying");
});

Deno.test("recordEventView() tells a job's state in the form of its events", () => {
  assert.deepEqual(recordEventView(record({ state: "failed", counted: 3 }), NOW_MS), {
    ...{ jobId: "j1", version: 4, state: "failed", name: "mail", queue: "default" },
    ...{ attempt: 3, progress: null, lag: null, at: "2026-01-01T00:00:00.000Z" },
  });
});
