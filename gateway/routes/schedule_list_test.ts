import assert from "node:assert/strict";
import { LIST_CHARS_MAX } from "../limits.ts";
import { schedulePageAnswer } from "../schemas/schedule_answers.ts";
import { type GatewayUnderTest, setup } from "../testing/setup.ts";

async function withSchedules(count: number, payload: unknown = null): Promise<GatewayUnderTest> {
  const test = setup();
  for (let at = 0; at < count; at++) {
    const job = { name: at % 2 === 0 ? "even" : "odd", payload };
    await test.ask(`PUT /schedule/s${at}`, { body: { every: "1h", job } });
  }
  return test;
}

async function page({ ask }: GatewayUnderTest, query: string) {
  const answer = await ask(`GET /schedules${query}`);
  assert.equal(answer.status, 200, answer.text);
  const { schedules, cursor } = schedulePageAnswer.parse(answer.json);
  return { ids: schedules.map(({ id }) => id), cursor };
}

Deno.test("GET /schedules lists the newest first, page by page", async () => {
  const test = await withSchedules(60);
  const first = await page(test, "");
  assert.deepEqual([first.ids.length, first.ids[0]], [50, "s59"]);
  const second = await page(test, `?cursor=${first.cursor}`);
  assert.deepEqual([second.ids[0], second.ids.length, second.cursor], ["s9", 10, null]);
});

Deno.test("GET /schedules follows its filters", async () => {
  const test = await withSchedules(4);
  await test.ask("POST /schedule/s2/pause");
  assert.deepEqual((await page(test, "?state=paused")).ids, ["s2"]);
  assert.deepEqual((await page(test, "?name=even")).ids, ["s2", "s0"]);
  assert.deepEqual((await page(test, "?name=even&state=active")).ids, ["s0"]);
  assert.deepEqual((await page(test, "?state=ended")).ids, []);
});

Deno.test("GET /schedules refuses other states and cursors of other lists", async () => {
  const test = await withSchedules(3);
  const { cursor } = await page(test, "?limit=1");
  const cases = ["state=deleted", "state=running", "limit=501", "queue=x", "cursor=abc"];
  for (const query of [...cases, `name=even&cursor=${cursor}`]) {
    assert.equal((await test.ask(`GET /schedules?${query}`)).status, 400, query);
  }
});

Deno.test("GET /schedules cuts a page of large payloads short", async () => {
  const test = await withSchedules(60, "x".repeat(250_000));
  const answer = await test.ask("GET /schedules?limit=60");
  assert.ok(answer.text.length < 2 * LIST_CHARS_MAX);
  assert.equal(typeof answer.json.cursor, "string");
});
