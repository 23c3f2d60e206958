import assert from "node:assert/strict";
import { clusterAnswer, handlersAnswer } from "../schemas/answers.ts";
import { setup } from "../testing/setup.ts";

Deno.test("GET /healthz and /readyz tell apart alive and ready", async () => {
  const { ask, node } = setup();
  assert.deepEqual((await ask("GET /readyz")).json, { ready: true, reasons: [] });
  node.state = { ready: false, reasons: ["store: unavailable"] };
  assert.equal((await ask("GET /healthz")).status, 200);
  const answer = await ask("GET /readyz");
  assert.equal(answer.status, 503);
  assert.equal(answer.headers.get("retry-after"), "1");
  assert.deepEqual(answer.json.reasons, ["store: unavailable"]);
  assert.equal(answer.json.detail, "store: unavailable");
});

Deno.test("GET /metrics hands out what the node measures, with an API and without", async () => {
  for (const api of [true, false]) {
    const { ask } = setup({ api });
    const { status, headers, text } = await ask("GET /metrics");
    assert.deepEqual([status, text], [200, "up 1\n"]);
    assert.equal(headers.get("content-type"), "text/plain; version=0.0.4");
    assert.equal(headers.get("cache-control"), "no-store");
  }
});

Deno.test("a gateway without an API answers health, and tells where to ask for the rest", async () => {
  const { ask, node } = setup({ api: false });
  assert.deepEqual((await ask("GET /healthz")).json, { status: "alive", node: node.node });
  assert.equal((await ask("GET /readyz")).status, 200);
  const others = ["GET /", "GET /docs", "GET /cluster", "GET /job/a", "GET /events", "POST /job"];
  for (const request of others) {
    const { status, json } = await ask(request, request.startsWith("POST") ? { body: {} } : {});
    assert.equal(status, 404, request);
    assert.match(String(json.detail), /role gateway/);
  }
});

Deno.test("GET /cluster tells the nodes and the owners of the shards", async () => {
  const { ask } = setup();
  const { nodes, shards } = clusterAnswer.parse((await ask("GET /cluster")).json);
  assert.deepEqual(nodes.map(({ id, state, shards }) => [id, state, shards]), [
    ["a", "alive", 2],
    ["b", "dead", 0],
  ]);
  assert.deepEqual(shards[2], { shard: 2, owner: null, epoch: 3 });
});

Deno.test("POST /cluster/node/{id}/drain drains a node that there is", async () => {
  const { ask, node } = setup();
  assert.equal((await ask("POST /cluster/node/b/drain")).status, 404);
  assert.equal(node.drains, 0);
  const answer = await ask("POST /cluster/node/a/drain");
  assert.deepEqual([answer.status, answer.json], [202, { id: "a", state: "draining" }]);
  assert.equal(node.drains, 1);
});

Deno.test("GET /handlers lists what is loaded", async () => {
  const { ask } = setup();
  const { handlers } = handlersAnswer.parse((await ask("GET /handlers")).json);
  assert.deepEqual(handlers.map(({ name, timeout }) => [name, timeout]), [
    ["noop", null],
    ["mail", 30_000],
  ]);
});
