import assert from "node:assert/strict";
import { Fault } from "../../runtime/fault.ts";
import { scheduleAnswer } from "../schemas/schedule_answers.ts";
import { NEVER_RULE, UNKNOWN_ZONE, UNREADABLE_RULE } from "../testing/fake_schedules.ts";
import { setup } from "../testing/setup.ts";

const BODY = { cron: "0 * * * *", job: { name: "mail", payload: { to: "x" } } };

async function withSchedule() {
  const test = setup();
  await test.ask("PUT /schedule/nightly", { body: BODY });
  return test;
}

Deno.test("POST /schedule answers 201 with a Location and the whole schedule", async () => {
  const { ask, schedules } = setup();
  const answer = await ask("POST /schedule", { body: { id: "nightly:1", ...BODY } });
  assert.equal(answer.status, 201);
  assert.equal(answer.headers.get("location"), "/schedule/nightly%3A1");
  const { id, cron, state, job, nextAt } = scheduleAnswer.parse(answer.json);
  assert.deepEqual([id, cron, state, job.name, job.payload, nextAt], [
    ...["nightly:1", "0 * * * *", "active", "mail", { to: "x" }],
    "2026-01-01T01:00:00.000Z",
  ]);
  const other = await ask("POST /schedule", { body: BODY });
  assert.deepEqual([other.status, other.json.id], [201, "schedule-1"]);
  assert.equal(schedules.records.size, 2);
});

Deno.test("POST /schedule refuses an id that is taken, and changes nothing", async () => {
  const { ask, schedules } = await withSchedule();
  const answer = await ask("POST /schedule", { body: { ...BODY, id: "nightly", cron: "@daily" } });
  assert.equal(answer.status, 409);
  assert.deepEqual(answer.json.errors, [{ path: "id", message: "a schedule with this id exists" }]);
  assert.equal(schedules.records.get("nightly")?.version, 1);
});

Deno.test("POST /schedule takes retention and retry rules that the node and the handler bring", async () => {
  const retry = {
    ...{ attempts: 9, backoff: "fixed", baseMs: 5, factor: 1, maxMs: 9, jitter: 0 } as const,
    ...{ on: [], notOn: [] },
  };
  const { ask } = setup({ retention: { completedMs: 1, failedMs: 2 }, retryOf: () => retry });
  const { job } = scheduleAnswer.parse((await ask("POST /schedule", { body: BODY })).json);
  assert.deepEqual([job.retention, job.retry.attempts], [{ completed: 1, failed: 2 }, 9]);
});

/** What can't be, with the path that is to blame and a word of the reason. */
const REFUSED: [Record<string, unknown>, string, RegExp][] = [
  [{ cron: UNREADABLE_RULE }, "cron", /too few fields/],
  [{ cron: undefined, rrule: UNREADABLE_RULE }, "rrule", /too few fields/],
  [{ timezone: UNKNOWN_ZONE }, "timezone", /no zone/],
  [{ cron: NEVER_RULE }, "cron", /would never fire: no time/],
  [{ endAt: "2025-12-31T00:00:00Z" }, "endAt", /has passed/],
  [{ endAt: "2026-01-01T00:30:00Z" }, "cron", /would never fire: no time/],
  [
    { endAt: "2026-01-01T05:00:00Z", exclude: { dates: ["2026-01-01"] } },
    "cron",
    /each of its times is excluded/,
  ],
];

Deno.test("a schedule that nobody can read or that never fires is refused, by every way in", async () => {
  const { ask, schedules } = setup();
  for (const [fields, path, why] of REFUSED) {
    const body = { ...BODY, ...fields };
    const { job: _, ...schedule } = body;
    const ways: [string, unknown, string][] = [
      ["POST /schedule", body, path],
      ["PUT /schedule/nightly", body, path],
      ["POST /job", { name: "mail", schedule }, `schedule.${path}`],
    ];
    for (const [request, body, at] of ways) {
      const answer = await ask(request, { body });
      assert.equal(answer.status, 400, answer.text);
      const [error] = answer.json.errors as { path: string; message: string }[];
      assert.equal(error?.path, at);
      assert.match(error?.message ?? "", why);
    }
  }
  assert.equal(schedules.records.size, 0);
});

Deno.test("a schedule whose first times are all excluded may still fire", async () => {
  const { ask } = setup();
  const dates = ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05"];
  assert.equal(
    (await ask("POST /schedule", { body: { ...BODY, exclude: { dates } } })).status,
    201,
  );
});

Deno.test("schedules take no Idempotency-Key: it would promise what is not kept", async () => {
  const { ask, schedules } = setup();
  const headers = { "idempotency-key": "k1" };
  const scheduled = { name: "mail", schedule: { every: "1h" } };
  for (const [request, body] of [["POST /schedule", BODY], ["POST /job", scheduled]] as const) {
    const answer = await ask(request, { body, headers });
    assert.equal(answer.status, 400);
    assert.match(answer.text, /"path":"Idempotency-Key"/);
  }
  assert.equal(schedules.records.size, 0);
});

Deno.test("PUT /schedule/{id} creates, then replaces", async () => {
  const { ask, schedules } = setup();
  const first = await ask("PUT /schedule/nightly", { body: BODY });
  assert.deepEqual([first.status, first.headers.get("location")], [201, "/schedule/nightly"]);
  const body = { ...BODY, id: "nightly", overlap: "allow" };
  const second = await ask("PUT /schedule/nightly", { body });
  assert.deepEqual([second.status, second.json.overlap, second.json.version], [200, "allow", 2]);
  const third = await ask("PUT /schedule/nightly", { body: BODY });
  assert.equal(third.json.overlap, "skip", "what is left out has its default again");
  const other = await ask("PUT /schedule/nightly", { body: { ...BODY, id: "daily" } });
  assert.equal(other.status, 400);
  assert.match(other.text, /"path":"id"/);
  assert.equal(schedules.records.size, 1);
});

Deno.test("what GET shows of the request can be sent to PUT (V4)", async () => {
  const { ask, schedules } = await withSchedule();
  const before = schedules.records.get("nightly")?.schedule.spec;
  const shown = scheduleAnswer.parse((await ask("GET /schedule/nightly")).json);
  const { state: _, pauseNote: __, createdAt: ___, nextAt: ____, ...others } = shown;
  const { fired: _____, last: ______, waiting: _______, version: ________, ...body } = others;
  assert.equal((await ask("PUT /schedule/nightly", { body })).status, 200);
  assert.deepEqual(schedules.records.get("nightly")?.schedule.spec, before);
});

Deno.test("GET /schedule/{id} answers the schedule, or 404", async () => {
  const { ask } = await withSchedule();
  const answer = await ask("GET /schedule/nightly");
  assert.deepEqual([answer.status, scheduleAnswer.parse(answer.json).id], [200, "nightly"]);
  assert.equal((await ask("HEAD /schedule/nightly")).status, 200);
  const missing = await ask("GET /schedule/nope");
  assert.deepEqual([missing.status, missing.json.detail], [404, "there is no schedule nope"]);
});

Deno.test("DELETE /schedule/{id} answers the deleted schedule, once", async () => {
  const { ask } = await withSchedule();
  const answer = await ask("DELETE /schedule/nightly");
  assert.deepEqual([answer.status, scheduleAnswer.parse(answer.json).state], [200, "deleted"]);
  for (const request of ["DELETE /schedule/nightly", "GET /schedule/nightly"]) {
    assert.equal((await ask(request)).status, 404, request);
  }
});

Deno.test("POST /schedule/{id}/pause keeps a note, and resume forgets it", async () => {
  const { ask } = await withSchedule();
  const noted = await ask("POST /schedule/nightly/pause", { body: { note: "migration" } });
  const { state, pauseNote, nextAt } = scheduleAnswer.parse(noted.json);
  assert.deepEqual([noted.status, state, pauseNote, nextAt], [200, "paused", "migration", null]);
  const resumed = await ask("POST /schedule/nightly/resume");
  assert.deepEqual([resumed.json.state, resumed.json.pauseNote], ["active", null]);
  const bodies = [undefined, "", {}, { note: null }];
  for (const body of bodies) {
    const answer = await ask("POST /schedule/nightly/pause", {
      ...(body !== undefined && { body }),
    });
    assert.deepEqual([answer.status, answer.json.pauseNote], [200, null], JSON.stringify(body));
  }
  for (const body of [{ note: 5 }, { reason: "x" }, { note: "x".repeat(501) }, "[]", "null"]) {
    assert.equal((await ask("POST /schedule/nightly/pause", { body })).status, 400);
  }
});

/** Every request that would change a schedule. */
const CHANGES: [string, unknown?][] = [
  ["PUT /schedule/nightly", BODY],
  ["DELETE /schedule/nightly"],
  ["POST /schedule/nightly/pause"],
  ["POST /schedule/nightly/resume"],
  ["POST /schedule/nightly/trigger"],
  [
    "POST /schedule/nightly/backfill",
    { from: "2026-01-01T00:00:00Z", to: "2026-01-01T05:00:00Z" },
  ],
];
const CREATIONS: [string, unknown][] = [
  ["POST /schedule", BODY],
  ["POST /job", { name: "mail", schedule: { every: "1h" } }],
];

Deno.test("requests about schedules answer every outcome", async () => {
  const { ask, schedules } = await withSchedule();
  const cases = [
    [{ kind: "missing" }, 404, null],
    [{ kind: "refused", why: "it has ended: nothing would fire" }, 409, null],
    [{ kind: "busy" }, 503, "1"],
    [{ kind: "unknown" }, 504, null],
  ] as const;
  for (const [outcome, status, retryAfter] of cases) {
    schedules.outcome = outcome;
    const requests = outcome.kind === "missing" ? CHANGES : [...CHANGES, ...CREATIONS];
    for (const [request, body] of requests) {
      const answer = await ask(request, { ...(body !== undefined && { body }) });
      assert.equal(answer.status, status, `${request} ${outcome.kind}`);
      assert.equal(answer.headers.get("retry-after"), retryAfter, request);
      if (outcome.kind === "refused") assert.equal(answer.json.detail, outcome.why);
    }
  }
});

Deno.test("requests about schedules tell what a fault of the store means", async () => {
  const { ask, schedules, logged } = await withSchedule();
  schedules.fault = new Fault("store.apply", "unavailable", { message: "/secret/path" });
  const reads = ["GET /schedule/nightly", "GET /schedules", "GET /schedule/nightly/next"];
  const requests: [string, unknown?][] = [
    ...CHANGES,
    ...CREATIONS,
    ...[...reads, "GET /schedule/nightly/occurrences"].map((request): [string] => [request]),
  ];
  for (const [request, body] of requests) {
    const answer = await ask(request, { ...(body !== undefined && { body }) });
    assert.equal(answer.status, 503, request);
    assert.equal(answer.headers.get("retry-after"), "1", request);
    assert.doesNotMatch(answer.text, /secret/);
  }
  assert.deepEqual(logged, []);
});
