import assert from "node:assert/strict";
import { contextOf, jobIn, NOW_MS, specOf } from "../job/testing/samples.ts";
import { passes, type WebhookFilter } from "./filter.ts";
import { isWebhookId, keptEventId, newsId, webhookActorId } from "./ids.ts";
import { newsOf } from "./news.ts";
import { newsSample } from "./testing/samples.ts";

const ALL: WebhookFilter = { states: [], queues: [], names: [], tags: [], progress: false };

Deno.test("newsOf() tells a change of state, without payload and result (NW2)", () => {
  const before = jobIn("running");
  const spec = specOf({ payload: '"secret-in"' });
  const after = jobIn("completed", { spec, result: '"secret-out"' });
  const news = newsOf({ before, after }, contextOf({ nextVersion: 7 }));
  const { id, state, before: was, version } = news!.job;
  assert.deepEqual([id, state, was, version], ["job-1", "completed", "running", 7]);
  assert.ok(!JSON.stringify(news).includes("secret"));
  assert.deepEqual(newsOf({ before, after }, contextOf({ nextVersion: 7 })), news);
});

Deno.test("newsOf() tells progress apart, and nothing of what is neither, or the program's own (NW3)", () => {
  const before = jobIn("running");
  const after = { ...before, progress: 40 };
  assert.equal(newsOf({ before, after }, contextOf())?.progressOnly, true);
  assert.equal(newsOf({ before, after: { ...before, checkpoint: "1" } }, contextOf()), undefined);
  const spec = specOf({ queue: "orrery.alerts" });
  const own = { before: jobIn("running", { spec }), after: jobIn("completed", { spec }) };
  assert.equal(newsOf(own, contextOf()), undefined);
});

Deno.test("passes() asks for a state, and for patterns of queue, name and tag", () => {
  const news = newsSample();
  const cases: [Partial<WebhookFilter>, boolean][] = [
    [{}, true],
    [{ states: ["completed", "failed"] }, true],
    [{ states: ["failed"] }, false],
    [{ queues: ["other", "mail.*"] }, true],
    [{ queues: ["mail"] }, false],
    [{ names: ["send"], tags: ["e*"] }, true],
    [{ names: ["send"], tags: ["us"] }, false],
  ];
  for (const [part, expected] of cases) {
    assert.equal(passes({ ...ALL, ...part }, news), expected, JSON.stringify(part));
  }
  const progress = { ...news, progressOnly: true };
  assert.deepEqual([passes(ALL, progress), passes({ ...ALL, progress: true }, progress)], [
    false,
    true,
  ]);
});

Deno.test("ids of news differ between lives of a job's id, and none can be a user's job", () => {
  const hook = webhookActorId("in");
  const first = newsId(contextOf().id, { createdAtMs: NOW_MS, version: 3 });
  const again = newsId(contextOf().id, { createdAtMs: NOW_MS + 1, version: 3 });
  assert.notEqual(first, again);
  for (const id of [hook, keptEventId(hook, 40), first]) assert.ok(isWebhookId(id), id);
  for (const id of ["webhook", "a@webhooks", "order-7/news"]) assert.ok(!isWebhookId(id), id);
});
