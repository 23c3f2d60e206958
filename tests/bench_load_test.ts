/**
 * The load generator against a real server: its counts must be the server's counts.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Process } from "../bench/harness/process.ts";
import type { LoadOrder, LoadResult } from "../bench/load/load_main.ts";

/** A server that answers with what `statusOf` says of the request's number, from 1. */
function serve(statusOf: (request: number) => number) {
  const seen = { requests: 0, bodies: new Set<string>() };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const status = statusOf(++seen.requests);
      seen.bodies.add(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`);
      return new Response(JSON.stringify({ status }), { status });
    },
  );
  return { seen, port: server.addr.port, stop: () => server.shutdown() };
}

async function load(order: Partial<LoadOrder> & { readonly port: number }): Promise<LoadResult> {
  const child = new Process(["run", "--allow-net", "bench/load/load_main.ts"]);
  try {
    const base = { host: "127.0.0.1", path: "/job", body: '{"name":"grüße"}' };
    return await child.ask({ ...base, connections: 8, seconds: 1, ...order }) as LoadResult;
  } finally {
    await child.stop();
  }
}

Deno.test("load generator counts every request that it sent, and sends the same one", async () => {
  const server = serve(() => 202);
  const result = await load({ port: server.port });
  await server.stop();
  assert.ok(result.accepted > 100);
  assert.equal(result.accepted, server.seen.requests);
  assert.equal(result.refused, 0);
  assert.deepEqual([...server.seen.bodies], ['POST /job {"name":"grüße"}']);
});

Deno.test("load generator counts refusals apart", async () => {
  const server = serve((request) => request % 4 === 0 ? 503 : 202);
  const result = await load({ port: server.port });
  await server.stop();
  assert.equal(result.refused, Math.floor(server.seen.requests / 4));
  assert.equal(result.accepted + result.refused, server.seen.requests);
});

Deno.test("Process rejects what a dead child was asked", async () => {
  const child = new Process(["eval", "Deno.exit(3)"]);
  await assert.rejects(child.ask({}).then(() => child.answer()), Error);
  await child.stop();
});
