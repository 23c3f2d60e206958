import assert from "node:assert/strict";
import { Front } from "./front.ts";

const AT = "http://127.0.0.1:8080";

Deno.test("Front is alive, not ready, and accepts nothing while the store is away (F1)", async () => {
  const front = new Front("a");
  const health = await front.fetch(new Request(`${AT}/healthz`));
  assert.deepEqual([health.status, await health.json()], [200, { status: "alive", node: "a" }]);
  const readiness = await front.fetch(new Request(`${AT}/readyz`));
  assert.equal(readiness.status, 503);
  assert.deepEqual((await readiness.json()).reasons, ["store: not open yet"]);
  front.waitFor("handlers: being loaded");
  const later = await front.fetch(new Request(`${AT}/readyz`));
  assert.deepEqual((await later.json()).reasons, ["handlers: being loaded"]);
  const submission = await front.fetch(new Request(`${AT}/job`, { method: "POST", body: "{}" }));
  assert.equal(submission.status, 503);
  assert.ok(submission.headers.has("retry-after"));
  assert.equal(submission.headers.get("content-type"), "application/problem+json");
  await front.stop();
});

Deno.test("Front hands everything to the gateway once it is there", async () => {
  const front = new Front("a");
  let stopped = 0;
  front.open({
    fetch: (request) => new Response(new URL(request.url).pathname),
    stop: () => Promise.resolve(void stopped++),
  });
  const answer = await front.fetch(new Request(`${AT}/healthz`));
  assert.equal(await answer.text(), "/healthz");
  await front.stop();
  assert.equal(stopped, 1);
});
