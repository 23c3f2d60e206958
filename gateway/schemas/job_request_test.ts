import assert from "node:assert/strict";
import { PAYLOAD_BYTES_MAX, RETRY_DEFAULT } from "../../actors/job/spec.ts";
import { handlerRetryPolicy, type JobRequest, jobRequestSchema, jobSpec } from "./job_request.ts";
import { check } from "./validate.ts";

const NOW_MS = Date.UTC(2026, 0, 1);

function request(fields: Record<string, unknown>): JobRequest {
  const checked = check(jobRequestSchema, { name: "mail", ...fields });
  if (!checked.ok) assert.fail(JSON.stringify(checked.errors));
  return checked.value;
}

/** The handler `stubborn` brings rules of its own. */
const HANDLERS = (name: string) =>
  name === "stubborn" ? handlerRetryPolicy({ attempts: 9, base: "5s", jitter: 0 }) : undefined;

function spec(fields: Record<string, unknown>) {
  const made = jobSpec(request(fields), {
    nowMs: NOW_MS,
    retention: { completedMs: 1, failedMs: 2 },
    traceId: null,
    fingerprint: null,
    retryOf: HANDLERS,
  });
  if (!made.ok) assert.fail(JSON.stringify(made.errors));
  return made.spec;
}

Deno.test("jobSpec() takes every field in its own terms", () => {
  assert.deepEqual(
    spec({
      payload: { a: [1, null] },
      queue: "bulk",
      priority: 9,
      runAt: "2027-01-01T01:00:00+01:00",
      retry: {
        ...{ attempts: 5, backoff: "fixed", base: "1s", factor: 3, max: 60_000, jitter: 0 },
        ...{ on: ["Busy"], notOn: ["ValidationError"] },
      },
      timeout: "PT30S",
      sla: { startWithin: "10s", finishWithin: "5m" },
      delivery: "at-most-once",
      tags: ["eu", "b7"],
      retention: { completed: "3d" },
      concurrencyKey: "tenant-9",
    }),
    {
      name: "mail",
      payload: '{"a":[1,null]}',
      queue: "bulk",
      priority: 9,
      runAtMs: Date.UTC(2027, 0, 1),
      retry: {
        ...{ attempts: 5, backoff: "fixed", baseMs: 1_000, factor: 3, maxMs: 60_000, jitter: 0 },
        ...{ on: ["Busy"], notOn: ["ValidationError"] },
      },
      timeoutMs: 30_000,
      sla: { startWithinMs: 10_000, finishWithinMs: 300_000 },
      delivery: "at-most-once",
      tags: ["eu", "b7"],
      retention: { completedMs: 259_200_000, failedMs: 2 },
      concurrencyKey: "tenant-9",
      traceId: null,
      fingerprint: null,
    },
  );
});

Deno.test("jobSpec() takes a handler's retry rules for jobs that bring none of their own", () => {
  const { retry } = spec({ name: "stubborn" });
  assert.deepEqual([retry.attempts, retry.baseMs, retry.jitter], [9, 5_000, 0]);
  assert.equal(
    spec({ name: "stubborn", retry: { base: 1 } }).retry.attempts,
    RETRY_DEFAULT.attempts,
  );
  assert.deepEqual(spec({}).retry, RETRY_DEFAULT);
});

Deno.test("handlerRetryPolicy() is the default where rules contradict each other", () => {
  assert.deepEqual(handlerRetryPolicy({ base: "2h", max: "1h" }), RETRY_DEFAULT);
});

Deno.test("jobSpec() counts a delay from now", () => {
  assert.equal(spec({ delay: "10m" }).runAtMs, NOW_MS + 600_000);
  assert.equal(spec({ delay: 0 }).runAtMs, NOW_MS);
  assert.equal(spec({}).runAtMs, NOW_MS);
});

Deno.test("jobSpec() keeps base and maximum of the backoff in order", () => {
  assert.deepEqual([spec({ retry: { base: "2h" } }).retry.maxMs], [7_200_000]);
  assert.deepEqual([spec({ retry: { max: "100ms" } }).retry.baseMs], [100]);
});

Deno.test("jobSpec() measures the payload in bytes of its JSON", () => {
  const full = "x".repeat(PAYLOAD_BYTES_MAX - 2);
  assert.equal(spec({ payload: full }).payload.length, PAYLOAD_BYTES_MAX);
  const context = {
    nowMs: NOW_MS,
    retention: { completedMs: 1, failedMs: 2 },
    traceId: null,
    fingerprint: null,
    retryOf: HANDLERS,
  };
  for (const payload of [`${full}x`, "é".repeat(PAYLOAD_BYTES_MAX / 2)]) {
    const made = jobSpec(request({ payload }), context);
    assert.deepEqual(made.ok || made.errors.map(({ path }) => path), ["payload"]);
  }
});

Deno.test("check() tells every problem at once, each with its path", () => {
  const checked = check(jobRequestSchema, {
    nam: "x",
    priority: "high",
    retry: { attempts: 0, on: ["ok", 5] },
    tags: ["a b"],
  });
  assert.ok(!checked.ok);
  assert.deepEqual(checked.errors.map(({ path }) => path).sort(), [
    "nam",
    "name",
    "priority",
    "retry.attempts",
    "retry.on[1]",
    "tags[0]",
  ]);
  assert.deepEqual(checked.errors.find(({ path }) => path === "name")?.message, "is required");
});

Deno.test("check() bounds what it tells and what it repeats", () => {
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`f${at}`, 1]));
  const checked = check(jobRequestSchema, { name: "mail", ...many, ["x".repeat(10_000)]: 1 });
  assert.ok(!checked.ok);
  assert.equal(checked.errors.length, 20);
  const long = check(jobRequestSchema, { name: "mail", ["x".repeat(10_000)]: 1 });
  assert.ok(!long.ok && (long.errors[0]?.path.length ?? 0) < 200);
});
