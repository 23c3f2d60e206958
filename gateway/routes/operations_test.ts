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

Deno.test("GET /cluster tells this node and the owners of the shards", async () => {
  const { ask, node } = setup();
  const { nodes, shards } = clusterAnswer.parse((await ask("GET /cluster")).json);
  assert.equal(nodes.length, 1);
  assert.deepEqual(nodes[0], {
    id: "a",
    state: "alive",
    roles: ["gateway", "worker"],
    http: "http://127.0.0.1",
    peer: null,
    load: { running: 3, slots: 100 },
    shards: 2,
    startedAt: "2026-01-01T00:00:00.000Z",
  });
  assert.deepEqual(shards[2], { shard: 2, owner: null, epoch: 3 });
  node.state = { ready: false, reasons: ["draining"] };
  assert.equal(clusterAnswer.parse((await ask("GET /cluster")).json).nodes[0]?.state, "draining");
});

Deno.test("POST /cluster/node/{id}/drain drains this node, and knows no other", async () => {
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
