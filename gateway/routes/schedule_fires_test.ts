import assert from "node:assert/strict";
import type { LedgerEntry } from "../../actors/schedule/ledger.ts";
import {
  backfillAnswer,
  nextAnswer,
  occurrencesAnswer,
  triggerAnswer,
} from "../schemas/schedule_answers.ts";
import { UNREADABLE_RULE } from "../testing/fake_schedules.ts";
import { setup } from "../testing/setup.ts";

const NOW_MS = Date.UTC(2026, 0, 1);
const BODY = { cron: "0 * * * *", exclude: { dates: ["2026-01-02"] }, job: { name: "mail" } };

async function withSchedule() {
  const test = setup();
  await test.ask("PUT /schedule/nightly", { body: BODY });
  return test;
}

Deno.test("GET /schedule/{id}/next tells ten coming times, or as many as asked for", async () => {
  const { ask } = await withSchedule();
  const { next } = nextAnswer.parse((await ask("GET /schedule/nightly/next")).json);
  assert.equal(next.length, 10);
  assert.deepEqual(next[0], {
    at: "2026-01-01T01:00:00.000Z",
    local: "2026-01-01T01:00:00",
    fires: true,
  });
  const more = nextAnswer.parse((await ask("GET /schedule/nightly/next?count=1000")).json).next;
  assert.equal(more.length, 1_000);
  assert.deepEqual(more.find(({ fires }) => !fires), {
    at: "2026-01-02T00:00:00.000Z",
    local: "2026-01-02T00:00:00",
    fires: false,
    note: "excluded",
  });
  const later = await ask("GET /schedule/nightly/next?count=1&after=2027-03-28T00:30:00Z");
  assert.deepEqual(
    nextAnswer.parse(later.json).next.map(({ at }) => at),
    ["2027-03-28T01:00:00.000Z"],
  );
  assert.equal((await ask("GET /schedule/nope/next")).status, 404);
});

Deno.test("GET /schedule/{id}/next refuses counts and times that are none", async () => {
  const { ask } = await withSchedule();
  for (const count of ["0", "1001", "-1", "ten", ""]) {
    const answer = await ask(`GET /schedule/nightly/next?count=${count}`);
    assert.equal(answer.status, 400, count);
    assert.match(answer.text, /"path":"count"/);
  }
  assert.match((await ask("GET /schedule/nightly/next?after=soon")).text, /"path":"after"/);
});

Deno.test("POST /schedule/preview tells when a schedule would fire, and stores nothing", async () => {
  const { ask, schedules } = setup();
  const cases = [BODY, { cron: BODY.cron }, { ...BODY, id: "nightly" }];
  for (const body of cases) {
    const answer = await ask("POST /schedule/preview?count=2", { body });
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(
      nextAnswer.parse(answer.json).next.map(({ at }) => at),
      ["2026-01-01T01:00:00.000Z", "2026-01-01T02:00:00.000Z"],
    );
  }
  const none = await ask("POST /schedule/preview", {
    body: { cron: BODY.cron, endAt: "2025-01-01T00:00:00Z" },
  });
  assert.deepEqual(none.json, { next: [] });
  assert.equal(schedules.records.size, 0);
});

Deno.test("POST /schedule/preview says what is wrong", async () => {
  const { ask } = setup();
  const cases: [unknown, string][] = [
    [{ cron: UNREADABLE_RULE }, "cron"],
    [{ job: { name: "mail" } }, ""],
    [{ cron: "@daily", every: "1h" }, "every"],
    [{ cron: "@daily", job: {} }, "job.name"],
    [[], ""],
  ];
  for (const [body, path] of cases) {
    const answer = await ask("POST /schedule/preview", { body });
    assert.equal(answer.status, 400, answer.text);
    assert.ok(answer.text.includes(`"path":"${path}"`), answer.text);
  }
  assert.match((await ask("POST /schedule/preview?count=0", { body: BODY })).text, /"count"/);
});

Deno.test("POST /schedule/{id}/trigger makes a job and tells where it is", async () => {
  const { ask, schedules } = await withSchedule();
  const answer = await ask("POST /schedule/nightly/trigger");
  assert.equal(answer.status, 202);
  const { jobId } = triggerAnswer.parse(answer.json);
  assert.equal(answer.headers.get("location"), `/job/${encodeURIComponent(jobId)}`);
  assert.deepEqual(schedules.asked, ["trigger nightly"]);
  assert.equal((await ask("POST /schedule/nope/trigger")).status, 404);
});

Deno.test("POST /schedule/{id}/backfill makes the jobs of a range, and says where to go on", async () => {
  const { ask, schedules } = await withSchedule();
  schedules.backfillMax = 2;
  const body = { from: "2025-12-31T00:00:00Z", to: "2025-12-31T03:00:00+01:00" };
  const first = backfillAnswer.parse(
    (await ask("POST /schedule/nightly/backfill", { body })).json,
  );
  assert.deepEqual(first, {
    jobIds: ["nightly@2025-12-31T00:00:00Z", "nightly@2025-12-31T01:00:00Z"],
    next: "2025-12-31T02:00:00.000Z",
  });
  const rest = await ask("POST /schedule/nightly/backfill", {
    body: { ...body, from: first.next },
  });
  assert.equal(rest.status, 202);
  assert.deepEqual(backfillAnswer.parse(rest.json), {
    jobIds: ["nightly@2025-12-31T02:00:00Z"],
    next: null,
  });
});

Deno.test("POST /schedule/{id}/backfill refuses a range that is none", async () => {
  const { ask, schedules } = await withSchedule();
  const at = "2026-01-01T00:00:00Z";
  const cases: [unknown, string][] = [
    [{ from: at }, "to"],
    [{ to: at }, "from"],
    [{ from: at, to: "2025-01-01T00:00:00Z" }, "to"],
    [{ from: "yesterday", to: at }, "from"],
    [{ from: at, to: at, dry: true }, "dry"],
    [null, ""],
  ];
  for (const [body, path] of cases) {
    const answer = await ask("POST /schedule/nightly/backfill", { body });
    assert.equal(answer.status, 400, answer.text);
    assert.ok(answer.text.includes(`"path":"${path}"`), answer.text);
  }
  assert.deepEqual(schedules.asked, []);
});

async function withLedger(lines: number) {
  const test = await withSchedule();
  const entries = Array.from({ length: lines }, (_, at): LedgerEntry => ({
    ...{ nominalAtMs: NOW_MS + at, dueAtMs: NOW_MS + at, decision: "excluded" },
    ...{ jobId: null, node: "a", atMs: NOW_MS + at },
  }));
  test.schedules.ledgers.set("nightly", entries);
  const page = async (query: string) => {
    const answer = await test.ask(`GET /schedule/nightly/occurrences${query}`);
    assert.equal(answer.status, 200, answer.text);
    const { occurrences, cursor } = occurrencesAnswer.parse(answer.json);
    return { lines: occurrences.map(({ n }) => n), cursor };
  };
  return { ...test, page };
}

Deno.test("GET /schedule/{id}/occurrences pages through the ledger, newest first", async () => {
  const { page } = await withLedger(5);
  assert.deepEqual(await page(""), { lines: [5, 4, 3, 2, 1], cursor: null });
  assert.deepEqual(await page("?limit=2"), { lines: [5, 4], cursor: "4" });
  assert.deepEqual(await page("?limit=2&after=4"), { lines: [3, 2], cursor: "2" });
  assert.deepEqual(await page("?limit=2&after=2"), { lines: [1], cursor: null });
  assert.deepEqual(await page("?after=1"), { lines: [], cursor: null });
});

Deno.test("GET /schedule/{id}/occurrences pages through the ledger, oldest first", async () => {
  const { page } = await withLedger(5);
  assert.deepEqual(await page("?order=oldest&limit=3"), { lines: [1, 2, 3], cursor: "3" });
  assert.deepEqual(await page("?order=oldest&limit=3&after=3"), { lines: [4, 5], cursor: null });
});

Deno.test("GET /schedule/{id}/occurrences lists fifty of a long ledger, and knows its schedule", async () => {
  const { page, ask } = await withLedger(200);
  const { lines, cursor } = await page("");
  assert.deepEqual([lines.length, lines[0], cursor], [50, 200, "151"]);
  assert.equal((await ask("GET /schedule/nope/occurrences")).status, 404);
  for (const query of ["limit=0", "limit=1001", "order=random", "after=-1", "cursor=5"]) {
    assert.equal((await ask(`GET /schedule/nightly/occurrences?${query}`)).status, 400, query);
  }
});
