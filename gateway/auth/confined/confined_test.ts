import assert from "node:assert/strict";
import { ANYONE } from "../access.ts";
import { hashOfKey, KeyRing } from "../key_ring.ts";
import { RateLimiter } from "../../rates/rate_limiter_driver.ts";
import { FAKE_EVENTS_HELD_MAX } from "../../testing/fake_feed.ts";
import { type Ask, setup, StreamReader } from "../../testing/setup.ts";
import { VirtualClock } from "../../../runtime/testing/virtual_clock.ts";

const entry = (name: string, namespaces: readonly string[] | null) => ({
  ...{ name, sha256: hashOfKey(name), scopes: [...ANYONE.scopes], namespaces },
  ...{ expiresMs: null, rate: null },
});

/** Two teams and an operator; each team has a job, a schedule and a flow. */
async function teams() {
  const security = {
    keys: new KeyRing([entry("red", ["red"]), entry("blue", ["blue"]), entry("root", null)]),
    limiter: new RateLimiter({ clock: new VirtualClock() }),
  };
  const test = setup({ security });
  const as = (who: string, request: string, { body, headers = {} }: Ask = {}) =>
    test.ask(request, {
      headers: { "authorization": `Bearer ${who}`, ...headers },
      ...(body !== undefined && { body }),
    });
  for (const team of ["red", "blue"]) {
    const job = { name: "mail", queue: team, payload: `${team} secret`, delay: "1h" };
    await as("root", "POST /job", { body: { id: `${team}-job`, ...job } });
    await as("root", "POST /job", { body: { id: `${team}-eu`, ...job, queue: `${team}.eu` } });
    const { delay: _, ...template } = job;
    const schedule = { every: "1h", job: template };
    await as("root", `PUT /schedule/${team}-schedule`, { body: schedule });
    await as("root", "POST /flow", { body: { id: `${team}-flow`, jobs: [{ job: template }] } });
  }
  return { ...test, as };
}

Deno.test("who has a namespace sees its jobs, schedules and flows, and those of no other (N1)", async () => {
  const { as } = await teams();
  for (const path of ["/job/red-job", "/job/red-eu", "/schedule/red-schedule", "/flow/red-flow"]) {
    assert.equal((await as("red", `GET ${path}`)).status, 200, path);
    assert.equal((await as("root", `GET ${path}`)).status, 200, path);
    const hidden = await as("blue", `GET ${path}`);
    assert.equal(hidden.status, 404, path);
    assert.doesNotMatch(hidden.text, /red secret/);
  }
  const more = ["/job/red-job/logs", "/job/red-job/events", "/schedule/red-schedule/next"];
  for (const path of [...more, "/schedule/red-schedule/occurrences"]) {
    assert.equal((await as("blue", `GET ${path}`)).status, 404, path);
  }
});

Deno.test("a hidden job is answered exactly like none at all", async () => {
  const { as } = await teams();
  for (
    const request of ["GET /job/ID", "DELETE /job/ID", "POST /job/ID/retry", "GET /job/ID/logs"]
  ) {
    const [hidden, none] = await Promise.all(["red-job", "red-job2"].map(async (id) => {
      const { status, text, headers } = await as("blue", request.replace("ID", id));
      return [status, text.replaceAll(id, "ID"), [...headers]];
    }));
    assert.deepEqual(hidden, none, request);
  }
});

Deno.test("lists, counts and event streams have nothing of others (N1)", async () => {
  const { as, fetch, jobs } = await teams();
  for (const path of ["/jobs", "/jobs?name=mail", "/jobs?order=oldest", "/schedules"]) {
    const { status, text } = await as("red", `GET ${path}`);
    assert.equal(status, 200, path);
    assert.match(text, /red/);
    assert.doesNotMatch(text, /blue/);
  }
  const counts = await as("red", "GET /jobs/counts");
  assert.deepEqual(Object.keys(counts.json.queues as object), ["red", "red.eu"]);
  assert.equal(counts.json.total, 2);
  const headers = { authorization: "Bearer red", "last-event-id": "boot1:0" };
  const stream = new StreamReader(await fetch("GET /events", { headers }));
  await stream.until("red-eu");
  jobs.change("blue-job", { progress: 1 });
  jobs.change("red-job", { progress: 2 });
  assert.doesNotMatch(await stream.until('"progress":2'), /blue/);
  await stream.stop();
  assert.ok(FAKE_EVENTS_HELD_MAX > 6);
});

Deno.test("nothing of others is changed (N2)", async () => {
  const { as, jobs, schedules } = await teams();
  const before = JSON.stringify([[...jobs.records], [...schedules.records], [...jobs.queues]]);
  const job = { name: "mail", queue: "red" };
  const schedule = { every: "1h", job };
  const requests: [string, unknown, number][] = [
    ["DELETE /job/red-job", undefined, 404],
    ["POST /job/red-job/run", undefined, 404],
    ["POST /job/red-job/retry", undefined, 404],
    ["POST /job", job, 403],
    ["POST /job", { name: "mail" }, 403],
    ["POST /job", { ...job, queue: "blues" }, 403],
    ["POST /job", { ...job, schedule: { every: "1h" } }, 403],
    ["POST /schedule", schedule, 403],
    ["PUT /schedule/new", schedule, 403],
    ["PUT /schedule/red-schedule", { every: "1h", job: { ...job, queue: "blue" } }, 403],
    ["PUT /schedule/blue-schedule", schedule, 403],
    ["DELETE /schedule/red-schedule", undefined, 404],
    ["POST /schedule/red-schedule/pause", undefined, 404],
    ["POST /schedule/red-schedule/resume", undefined, 404],
    ["POST /schedule/red-schedule/trigger", undefined, 404],
    ["POST /schedule/red-schedule/backfill", {
      from: "2026-01-01T00:00:00Z",
      to: "2026-01-02T00:00:00Z",
    }, 404],
    ["DELETE /flow/red-flow", undefined, 404],
    ["POST /flow/red-flow/retry", undefined, 404],
    ["POST /flow", { jobs: [{ job: { ...job, queue: "blue" } }, { job, key: "b" }] }, 403],
    ["POST /flow", { jobs: [{ job: { ...job, queue: "blue" } }], callback: job }, 403],
    ["POST /jobs/cancel", { all: true }, 403],
    ["POST /jobs/cancel", { name: "mail" }, 403],
    ["POST /jobs/retry", { queue: "red" }, 403],
    ["PUT /queue/red", { paused: true }, 403],
    ["PUT /queue/default", { paused: true }, 403],
    ["PUT /calendar/holidays", { dates: ["2027-01-01"] }, 403],
    ["POST /cluster/node/a/drain", undefined, 403],
  ];
  for (const [request, body, status] of requests) {
    const answer = await as("blue", request, body === undefined ? {} : { body });
    assert.equal(answer.status, status, `${request}: ${answer.text}`);
    assert.doesNotMatch(answer.text, /red secret/);
  }
  const bulk = await as("blue", "POST /jobs", { body: [job, { ...job, queue: "blue", id: "b" }] });
  assert.deepEqual([bulk.json.accepted, bulk.json.rejected], [1, 1]);
  assert.equal((bulk.json.errors as { status: number }[])[0]?.status, 403);
  jobs.records.delete("b");
  assert.equal(
    JSON.stringify([[...jobs.records], [...schedules.records], [...jobs.queues]]),
    before,
  );
});

Deno.test("what a namespace's key may do works as for anyone else", async () => {
  const { as } = await teams();
  const job = { name: "mail", queue: "red.eu" };
  const schedule = { every: "1h", job };
  const requests: [string, unknown, number][] = [
    ["POST /job", job, 202],
    ["PUT /schedule/red-new", schedule, 201],
    ["PUT /schedule/red-new", schedule, 200],
    ["POST /schedule/red-schedule/pause", undefined, 200],
    ["POST /schedule/red-schedule/trigger", undefined, 202],
    ["DELETE /schedule/red-schedule", undefined, 200],
    ["POST /flow", { id: "f", jobs: [{ job }] }, 202],
    ["GET /flow/f", undefined, 200],
    ["DELETE /flow/f", undefined, 200],
    ["POST /jobs/cancel", { queue: "red" }, 200],
    ["DELETE /job/red-eu", undefined, 200],
    ["PUT /queue/red", { paused: true }, 200],
    ["GET /queue/red.eu", undefined, 200],
    ["GET /handlers", undefined, 200],
    ["GET /jobs?queue=red", undefined, 200],
    ["GET /jobs?queue=blue", undefined, 403],
    ["GET /queue/blue", undefined, 403],
    ["GET /cluster", undefined, 403],
    ["GET /flows", undefined, 403],
    ["GET /alerts", undefined, 403],
  ];
  for (const [request, body, status] of requests) {
    const answer = await as("red", request, body === undefined ? {} : { body });
    assert.equal(answer.status, status, `${request}: ${answer.text}`);
  }
});

Deno.test("keys that name jobs are each queue's own for who has namespaces (N3)", async () => {
  const { as, jobs } = await teams();
  const submit = (who: string, queue: string, payload: string) =>
    as(who, "POST /job", {
      body: { name: "mail", queue, payload },
      headers: { "idempotency-key": "invoice-1" },
    });
  const first = await submit("red", "red", "red secret");
  const other = await submit("blue", "blue", "x");
  const again = await submit("red", "red", "red secret");
  const root = await submit("root", "red", "y");
  assert.deepEqual([first.status, other.status, again.status, root.status], [202, 202, 200, 202]);
  assert.equal(new Set([first.json.id, other.json.id, root.json.id]).size, 3);
  const taken = await as("blue", "POST /job", {
    body: { name: "mail", queue: "blue", id: "red-job" },
  });
  assert.equal(taken.status, 409);
  assert.doesNotMatch(taken.text, /red secret/);
  assert.ok(jobs.records.has("red-job"));
});
