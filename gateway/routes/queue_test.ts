import assert from "node:assert/strict";
import { queueAnswer } from "../schemas/answers.ts";
import { setup } from "../testing/setup.ts";

Deno.test("PUT /queue/{name} changes only what is given", async () => {
  const { ask } = setup();
  const before = queueAnswer.parse((await ask("GET /queue/mail")).json);
  assert.deepEqual(before, { name: "mail", paused: false, concurrency: null, rate: null });
  await ask("PUT /queue/mail", { body: { concurrency: 5 } });
  const paused = await ask("PUT /queue/mail", { body: { paused: true, rate: null } });
  assert.equal(paused.status, 200);
  assert.deepEqual(paused.json, { name: "mail", paused: true, concurrency: 5, rate: null });
  const opened = await ask("PUT /queue/mail", { body: { concurrency: null } });
  assert.deepEqual(opened.json, { name: "mail", paused: true, concurrency: null, rate: null });
});

Deno.test("PUT /queue/{name} refuses what is not offered, and nothing at all", async () => {
  const { ask, jobs } = setup();
  const cases: [unknown, string][] = [
    [{ rate: { per: "1s", max: 5 } }, "rate"],
    [{ concurrency: 0 }, "concurrency"],
    [{ concurrency: 1.5 }, "concurrency"],
    [{ paused: "yes" }, "paused"],
    [{ pause: true }, "pause"],
    [{}, ""],
  ];
  for (const [body, path] of cases) {
    const answer = await ask("PUT /queue/mail", { body });
    assert.equal(answer.status, 400, answer.text);
    assert.ok(answer.text.includes(`"path":"${path}"`), answer.text);
  }
  assert.equal(jobs.queues.size, 0);
});
