import assert from "node:assert/strict";
import { Fault, type FaultCode } from "../../runtime/fault.ts";
import { PAYLOAD_BYTES_MAX } from "../../actors/job/spec.ts";
import { jobAnswer, submitAnswer } from "../schemas/answers.ts";
import { scheduleAnswer } from "../schemas/schedule_answers.ts";
import { setup } from "../testing/setup.ts";

Deno.test("POST /job answers 202 with a Location and the whole job", async () => {
  const { ask, jobs, clock } = setup();
  const answer = await ask("POST /job", { body: { name: "mail", payload: { to: "x" } } });
  assert.equal(answer.status, 202);
  assert.equal(answer.headers.get("location"), "/job/job-1");
  assert.equal(answer.headers.get("content-type"), "application/json");
  jobAnswer.parse(answer.json);
  assert.equal(answer.json.state, "pending");
  assert.equal(answer.json.createdAt, new Date(clock.wallMs()).toISOString());
  assert.deepEqual(answer.json.payload, { to: "x" });
  assert.equal(jobs.records.size, 1);
});

Deno.test("POST /job answers with the id alone when the client prefers return=minimal", async () => {
  const { ask, jobs } = setup();
  const headers = { "prefer": "return=minimal", "idempotency-key": "k1" };
  const request = { headers, body: { name: "mail", payload: "x".repeat(1_000) } };
  const first = await ask("POST /job", request);
  assert.equal(first.status, 202);
  assert.deepEqual(Object.keys(submitAnswer.parse(first.json)), ["id"]);
  assert.equal(first.headers.get("location"), `/job/${first.json.id}`);
  const again = await ask("POST /job", request);
  assert.equal(again.status, 200);
  assert.deepEqual(again.json, first.json);
  assert.equal(again.headers.get("idempotency-replayed"), "true");
  assert.equal(jobs.records.size, 1);
});

Deno.test("POST /job fills in the defaults of the spec", async () => {
  const { ask, jobs, clock } = setup({ retention: { completedMs: 1, failedMs: 2 } });
  await ask("POST /job", { body: { name: "mail" } });
  assert.deepEqual(jobs.records.get("job-1")?.job.spec, {
    name: "mail",
    payload: "null",
    queue: "default",
    priority: 0,
    runAtMs: clock.wallMs(),
    retry: {
      attempts: 3,
      backoff: "exponential",
      baseMs: 1_000,
      factor: 2,
      maxMs: 3_600_000,
      jitter: 0.2,
      on: [],
      notOn: [],
    },
    timeoutMs: null,
    sla: { startWithinMs: null, finishWithinMs: null },
    delivery: "at-least-once",
    tags: [],
    retention: { completedMs: 1, failedMs: 2 },
    concurrencyKey: null,
    traceId: null,
    fingerprint: null,
  });
});

Deno.test("POST /job keeps an own id, once", async () => {
  const { ask } = setup();
  const body = { name: "mail", id: "order-7/charge" };
  const first = await ask("POST /job", { body });
  assert.equal(first.status, 202);
  assert.equal(first.headers.get("location"), "/job/order-7%2Fcharge");
  const second = await ask("POST /job", { body });
  assert.equal(second.status, 409);
  assert.deepEqual(second.json.errors, [{ path: "id", message: "a job with this id exists" }]);
});

Deno.test("POST /job refuses ids that belong to other kinds of actors with 422", async () => {
  const { ask, jobs } = setup();
  for (
    const id of [
      ...["nightly@schedule", "a@b@schedule", "@schedule", "orders@flow", "de@calendar"],
      ...["queue~mail", "nightly@2027-01-01T02:00:00Z", "nightly@trigger-1"],
    ]
  ) {
    const answer = await ask("POST /job", { body: { name: "mail", id } });
    assert.equal(answer.status, 422, id);
    assert.match(answer.text, /urn:orrery:problem:reserved.*"path":"id"/);
  }
  assert.equal(jobs.records.size, 0);
  for (const id of ["schedule", "nightly@schedules", "nightly@2027-01-01"]) {
    assert.equal((await ask("POST /job", { body: { name: "mail", id } })).status, 202, id);
  }
});

Deno.test("POST /job replays the same request under the same Idempotency-Key", async () => {
  const { ask, jobs } = setup();
  const headers = { "idempotency-key": "k1" };
  const first = await ask("POST /job", {
    headers,
    body: '{"name":"mail","payload":{"a":1,"b":2}}',
  });
  const again = await ask("POST /job", {
    headers,
    body: '{ "payload": {"b":2, "a":1.0}, "name": "mail" }',
  });
  assert.equal(first.status, 202);
  assert.equal(first.headers.get("idempotency-replayed"), null);
  assert.equal(again.status, 200);
  assert.equal(again.headers.get("idempotency-replayed"), "true");
  assert.equal(again.headers.get("location"), first.headers.get("location"));
  assert.equal(again.json.id, first.json.id);
  assert.equal(jobs.records.size, 1);
});

Deno.test("POST /job refuses another request under the same Idempotency-Key with 422", async () => {
  const { ask, jobs } = setup();
  const headers = { "idempotency-key": "k1" };
  await ask("POST /job", { headers, body: { name: "mail", payload: 1 } });
  const other = await ask("POST /job", { headers, body: { name: "mail", payload: 2 } });
  assert.equal(other.status, 422);
  assert.equal(jobs.records.size, 1);
});

Deno.test("POST /job keeps the trace id of a valid traceparent only", async () => {
  const { ask } = setup();
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const good = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
  const bad = { traceparent: `00-${"0".repeat(32)}-00f067aa0ba902b7-01` };
  assert.equal(
    (await ask("POST /job", { headers: good, body: { name: "a" } })).json.traceId,
    trace,
  );
  assert.equal((await ask("POST /job", { headers: bad, body: { name: "a" } })).json.traceId, null);
});

Deno.test("POST /job tells what a fault of the store means", async () => {
  const { ask, jobs, logged } = setup();
  const cases: [FaultCode, number, string | null][] = [
    ["unavailable", 503, "1"],
    ["full", 503, "1"],
    ["read-only", 503, "1"],
    ["overloaded", 503, "1"],
    ["timeout", 504, null],
  ];
  for (const [code, status, retryAfter] of cases) {
    jobs.fault = new Fault("store.apply", code, { message: "/secret/path" });
    const answer = await ask("POST /job", { body: { name: "mail" } });
    assert.equal(answer.status, status, code);
    assert.equal(answer.headers.get("retry-after"), retryAfter, code);
    assert.equal(answer.headers.get("content-type"), "application/problem+json", code);
    assert.doesNotMatch(answer.text, /secret/);
  }
  assert.deepEqual(logged, []);
  assert.equal(jobs.records.size, 0);
});

Deno.test("POST /job hides what a bug throws and logs it once", async () => {
  const { ask, jobs, logged } = setup();
  jobs.fault = new TypeError("cannot read /secret of undefined");
  const answer = await ask("POST /job", { body: { name: "mail" } });
  assert.equal(answer.status, 500);
  assert.doesNotMatch(answer.text, /secret/);
  assert.equal(logged.length, 1);
  assert.match(logged[0] ?? "", /secret/);
});

Deno.test("POST /job takes prototype keys inside of a payload as plain data", async () => {
  const { ask } = setup();
  const payload = '{"__proto__":{"admin":true},"constructor":{"prototype":1}}';
  const answer = await ask("POST /job", { body: `{"name":"mail","payload":${payload}}` });
  assert.equal(answer.status, 202);
  assert.ok(answer.text.includes(`"payload":${payload},`));
  assert.equal(({} as { admin?: boolean }).admin, undefined);
});

Deno.test("POST /job with a schedule creates it: the rest of the body is its job, the id its id", async () => {
  const { ask, jobs, schedules } = setup();
  const body = {
    ...{ name: "mail", payload: { to: "x" }, id: "nightly", queue: "bulk" },
    schedule: { cron: "0 2 * * *", timezone: "Europe/Berlin" },
  };
  const answer = await ask("POST /job", { body });
  assert.equal(answer.status, 201);
  assert.equal(answer.headers.get("location"), "/schedule/nightly");
  const { id, timezone, job } = scheduleAnswer.parse(answer.json);
  assert.deepEqual([id, timezone, job.name, job.queue], [
    "nightly",
    "Europe/Berlin",
    "mail",
    "bulk",
  ]);
  assert.equal((await ask("POST /job", { body })).status, 409);
  const { id: _, ...nameless } = body;
  assert.equal((await ask("POST /job", { body: nameless })).json.id, "schedule-1");
  assert.deepEqual([jobs.records.size, schedules.records.size], [0, 2]);
});

Deno.test("POST /job with a schedule refuses other times, ids of jobs, and what no job takes", async () => {
  const { ask, jobs, schedules } = setup();
  const schedule = { every: "1h" };
  const cases: [Record<string, unknown>, number, string][] = [
    [{ schedule, delay: "1h" }, 400, "delay"],
    [{ schedule, runAt: "2027-01-01T00:00:00Z" }, 400, "runAt"],
    [{ schedule, id: "a/b" }, 400, "id"],
    [{ schedule, id: "x@schedule" }, 400, "id"],
    [{ schedule, nam: 1 }, 400, "nam"],
    [{ schedule: {} }, 400, "schedule"],
    [{ schedule: null }, 400, "schedule"],
    [{ schedule: "0 2 * * *" }, 400, "schedule"],
    [{ schedule: { ...schedule, job: { name: "mail" } } }, 400, "schedule.job"],
    [{ schedule: { every: "1ms" } }, 400, "schedule.every"],
    [{ schedule, payload: "x".repeat(PAYLOAD_BYTES_MAX) }, 413, "payload"],
  ];
  for (const [fields, status, path] of cases) {
    const answer = await ask("POST /job", { body: { name: "mail", ...fields } });
    assert.equal(answer.status, status, answer.text);
    assert.ok(answer.text.includes(`"path":"${path}"`), answer.text);
  }
  assert.deepEqual([jobs.records.size, schedules.records.size], [0, 0]);
});
