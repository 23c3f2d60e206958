import assert from "node:assert/strict";
import { LIST_CHARS_MAX } from "../limits.ts";
import { actionAnswer, countsAnswer, jobPageAnswer } from "../schemas/answers.ts";
import { type GatewayUnderTest, setup } from "../testing/setup.ts";

async function withJobs(count: number, extra = {}): Promise<GatewayUnderTest> {
  const test = setup();
  for (let at = 0; at < count; at++) {
    await test.ask("POST /job", { body: { name: "mail", id: `j${at}`, ...extra } });
    test.clock.advance(1_000);
  }
  return test;
}

async function page({ ask }: GatewayUnderTest, query: string) {
  const answer = await ask(`GET /jobs${query}`);
  assert.equal(answer.status, 200, answer.text);
  const { jobs, cursor } = jobPageAnswer.parse(answer.json);
  return { ids: jobs.map(({ id }) => id), cursor };
}

Deno.test("GET /jobs lists the newest first, fifty at a time", async () => {
  const test = await withJobs(60);
  const first = await page(test, "");
  assert.equal(first.ids.length, 50);
  assert.equal(first.ids[0], "j59");
  const second = await page(test, `?cursor=${first.cursor}`);
  assert.deepEqual([second.ids[0], second.ids.length, second.cursor], ["j9", 10, null]);
});

Deno.test("GET /jobs follows every filter", async () => {
  const test = await withJobs(3);
  await test.ask("POST /job", { body: { name: "web", queue: "q", tags: ["eu"], id: "w" } });
  test.jobs.change("j1", { state: "failed" });
  assert.deepEqual((await page(test, "?state=failed")).ids, ["j1"]);
  assert.deepEqual((await page(test, "?name=web")).ids, ["w"]);
  assert.deepEqual((await page(test, "?queue=q&tag=eu")).ids, ["w"]);
  assert.deepEqual((await page(test, "?queue=q&tag=us")).ids, []);
  assert.deepEqual((await page(test, "?scheduleId=nightly")).ids, []);
  const { spec } = test.jobs.records.get("j2")!.job;
  test.jobs.change("j2", { spec: { ...spec, scheduleId: "nightly" } });
  assert.deepEqual((await page(test, "?scheduleId=nightly")).ids, ["j2"]);
  const from = new Date(Date.UTC(2026, 0, 1) + 1_000).toISOString();
  const to = new Date(Date.UTC(2026, 0, 1) + 2_000).toISOString();
  assert.deepEqual((await page(test, `?from=${from}&to=${to}`)).ids, ["j1"]);
  assert.deepEqual((await page(test, "?order=oldest&limit=2")).ids, ["j0", "j1"]);
});

Deno.test("GET /jobs goes back by previous, to the beginning", async () => {
  const test = await withJobs(5);
  const at = async (query: string) => {
    const answer = await test.ask(`GET /jobs?limit=2${query}`);
    const { jobs, cursor, previous } = jobPageAnswer.parse(answer.json);
    return { ids: jobs.map(({ id }) => id).join(), cursor, previous };
  };
  const first = await at("");
  assert.equal(first.previous, null);
  const second = await at(`&cursor=${first.cursor}`);
  const third = await at(`&cursor=${second.cursor}`);
  assert.deepEqual([third.ids, third.cursor], ["j0", null]);
  const back = await at(`&before=${third.previous}`);
  assert.deepEqual([back.ids, back.cursor], [second.ids, third.previous]);
  assert.deepEqual(await at(`&before=${back.previous}`), { ...first, previous: null });
  assert.deepEqual((await at(`&cursor=${back.cursor}`)).ids, third.ids);
  assert.equal((await test.ask(`GET /jobs?before=${back.previous}&cursor=x`)).status, 400);
});

Deno.test("GET /jobs refuses a cursor of another list", async () => {
  const test = await withJobs(3);
  const { cursor } = await page(test, "?limit=1");
  const answer = await test.ask(`GET /jobs?limit=1&order=oldest&cursor=${cursor}`);
  assert.equal(answer.status, 400);
  assert.match(answer.text, /"path":"cursor"/);
});

Deno.test("GET /jobs cuts a page of large jobs short", async () => {
  const payload = "x".repeat(200_000);
  const test = await withJobs(60, { payload });
  const answer = await test.ask("GET /jobs?limit=60");
  const { jobs, cursor } = answer.json as { jobs: unknown[]; cursor: string };
  assert.equal(jobs.length, 50);
  assert.ok(answer.text.length < 2 * LIST_CHARS_MAX);
  assert.equal((await page(test, `?limit=60&cursor=${cursor}`)).ids[0], "j9");
});

Deno.test("GET /jobs/counts tells every state, in all and by queue", async () => {
  const { ask, jobs } = await withJobs(3);
  await ask("POST /job", { body: { name: "web", queue: "q" } });
  jobs.change("j0", { state: "failed" });
  const counts = countsAnswer.parse((await ask("GET /jobs/counts")).json);
  assert.equal(counts.total, 4);
  assert.deepEqual(counts.states, {
    scheduled: 3,
    pending: 0,
    running: 0,
    retrying: 0,
    completed: 0,
    failed: 1,
    cancelled: 0,
  });
  assert.equal(counts.queues.q?.scheduled, 1);
  assert.equal(counts.queues.default?.failed, 1);
});

Deno.test("POST /jobs/cancel and /retry act by filter", async () => {
  const { ask, jobs } = await withJobs(3);
  jobs.change("j1", { state: "running" });
  const cancelled = await ask("POST /jobs/cancel", { body: { name: "mail" } });
  assert.deepEqual(actionAnswer.parse(cancelled.json), {
    matched: 3,
    done: 2,
    refused: 1,
    cursor: null,
  });
  const retried = await ask("POST /jobs/retry", { body: { state: "cancelled", limit: 1 } });
  assert.equal(retried.json.done, 1);
});

Deno.test("POST /jobs/cancel asks for all: true where the filter is empty", async () => {
  const { ask, jobs } = await withJobs(2);
  const bare = await ask("POST /jobs/cancel", { body: {} });
  assert.equal(bare.status, 400);
  assert.match(bare.text, /"path":"all"/);
  assert.equal(jobs.records.get("j0")?.job.state, "scheduled");
  const all = await ask("POST /jobs/cancel", { body: { all: true } });
  assert.equal(all.json.done, 2);
  const both = await ask("POST /jobs/cancel", { body: { all: true, name: "mail" } });
  assert.equal(both.status, 400);
});
