import assert from "node:assert/strict";
import { queueAnswer } from "../schemas/answers.ts";
import { setup } from "../testing/setup.ts";

const OPEN = {
  ...{ name: "mail", paused: false, concurrency: null, rate: null },
  perKey: { concurrency: null, rate: null },
  inUse: { running: 0, starts: null },
};

Deno.test("PUT /queue/{name} changes only what is given", async () => {
  const { ask } = setup();
  const put = async (body: unknown) =>
    queueAnswer.parse((await ask("PUT /queue/mail", { body })).json);
  assert.deepEqual(queueAnswer.parse((await ask("GET /queue/mail")).json), OPEN);
  await put({ concurrency: 5 });
  assert.deepEqual(await put({ paused: true, rate: null }), {
    ...{ ...OPEN, paused: true, concurrency: 5 },
  });
  assert.deepEqual(await put({ concurrency: null }), { ...OPEN, paused: true });
});

Deno.test("PUT /queue/{name} sets rates, and limits of each key", async () => {
  const { ask } = setup();
  const put = async (body: unknown) =>
    queueAnswer.parse((await ask("PUT /queue/mail", { body })).json);
  const rate = { limit: 100, per: "minute" as const };
  const all = await put({ rate, perKey: { concurrency: 2, rate: { limit: 1, per: "1s" } } });
  const perKey = { concurrency: 2, rate: { limit: 1, per: "second" as const } };
  assert.deepEqual(all, { ...OPEN, rate, perKey, inUse: { running: 0, starts: 0 } });
  assert.deepEqual((await put({ perKey: { concurrency: null } })).perKey, {
    ...perKey,
    concurrency: null,
  });
  assert.deepEqual((await put({ rate: { limit: 3, per: 90_000 } })).rate, {
    ...{ limit: 3, per: 90_000 },
  });
  assert.deepEqual(await put({ rate: null, perKey: null }), OPEN);
});

Deno.test("PUT /queue/{name} refuses what is not offered, and nothing at all", async () => {
  const { ask, jobs } = setup();
  const cases: [unknown, string][] = [
    [{ rate: { per: "1s", max: 5 } }, "rate.limit"],
    [{ rate: { per: "fortnight", limit: 5 } }, "rate.per"],
    [{ rate: { per: "10ms", limit: 5 } }, "rate.per"],
    [{ perKey: { concurrency: 0 } }, "perKey.concurrency"],
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
