import assert from "node:assert/strict";
import { nodeSuite } from "../support/suite.ts";

/** A server on this machine that remembers what it was asked. */
function target() {
  const requests: { method: string; path: string; body: string; headers: Headers }[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    requests.push({
      method: request.method,
      path: pathname,
      body: await request.text(),
      headers: request.headers,
    });
    if (pathname === "/busy" && requests.filter(({ path }) => path === "/busy").length === 1) {
      return new Response("later", { status: 503, headers: { "retry-after": "0" } });
    }
    if (pathname === "/missing") return new Response("no such thing", { status: 404 });
    return Response.json({ hello: "there" });
  });
  return { url: `http://127.0.0.1:${server.addr.port}`, requests, server };
}

const open = { executors: { http: { allowPrivate: true }, command: { allow: ["echo", "false"] } } };

nodeSuite("built-in handlers, allowed", { config: open }, {
  "http calls a URL and keeps the answer": async ({ client }) => {
    const { url, requests, server } = target();
    const payload = { url: `${url}/hook`, method: "POST", body: { n: 1 } };
    const { id } = await client.submit({ name: "http", payload });
    const done = await client.reach(id, "completed");
    const result = done.result as { status: number; body: string };
    assert.equal(result.status, 200);
    assert.match(result.body, /hello/);
    assert.deepEqual([requests.length, requests[0]?.method], [1, "POST"]);
    assert.deepEqual(JSON.parse(requests[0]?.body ?? ""), { n: 1 });
    assert.equal(requests[0]?.headers.get("orrery-job-id"), id);
    await server.shutdown();
  },

  "http repeats what may pass, and gives up on what won't": async ({ client }) => {
    const { url, requests, server } = target();
    const retry = { base: 20, attempts: 3 };
    const busy = await client.submit({ name: "http", payload: { url: `${url}/busy` }, retry });
    const gone = await client.submit({ name: "http", payload: { url: `${url}/missing` }, retry });
    const passed = await client.finish(busy.id);
    assert.deepEqual(passed.attempts.map(({ outcome }) => outcome), ["error", "ok"]);
    const failed = await client.finish(gone.id);
    assert.deepEqual([failed.state, failed.attempts.length], ["failed", 1]);
    assert.match(failed.error?.message ?? "", /404.*no such thing/);
    assert.equal(requests.length, 3);
    await server.shutdown();
  },

  "command runs a listed program without a shell": async ({ client }) => {
    const argv = ["echo", "$HOME; id"];
    const { id } = await client.submit({ name: "command", payload: { argv } });
    const done = await client.reach(id, "completed");
    assert.deepEqual(done.result, { code: 0, stdout: "$HOME; id\n", stderr: "" });
  },

  "command fails with the program's code": async ({ client }) => {
    const job = { name: "command", payload: { argv: ["false"] }, retry: { attempts: 1 } };
    const failed = await client.finish((await client.submit(job)).id);
    assert.equal(failed.state, "failed");
    assert.match(failed.error?.message ?? "", /code 1/);
  },

  "command refuses a program that is not listed": async ({ client }) => {
    const { id } = await client.submit({ name: "command", payload: { argv: ["id"] } });
    const failed = await client.finish(id);
    assert.deepEqual([failed.state, failed.attempts.length], ["failed", 1]);
    assert.match(failed.error?.message ?? "", /not allowed|allow/);
  },
});

nodeSuite("built-in handlers, by default", {}, {
  "http does not reach this machine or its network": async ({ client }) => {
    const { url, requests, server } = target();
    const port = new URL(url).port;
    for (
      const host of ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "169.254.169.254", "10.0.0.1"]
    ) {
      const payload = { url: `http://${host}:${port}/`, timeout: "2s" };
      const { id } = await client.submit({ name: "http", payload, retry: { attempts: 1 } });
      const failed = await client.finish(id);
      assert.equal(failed.state, "failed", host);
      assert.match(failed.error?.message ?? "", /private|not allowed|refused/i, host);
    }
    assert.equal(requests.length, 0);
    await server.shutdown();
  },

  "command runs nothing": async ({ client }) => {
    const { id } = await client.submit({ name: "command", payload: { argv: ["echo", "x"] } });
    assert.equal((await client.finish(id)).state, "failed");
  },

  "the ones for trying things out work": async ({ client }) => {
    const run = async (name: string, payload: unknown, retry = { base: 10 }) =>
      await client.finish((await client.submit({ name, payload, retry })).id);
    assert.deepEqual((await run("echo", { a: [1, null, "ü"] })).result, { a: [1, null, "ü"] });
    assert.equal((await run("noop", null)).result, null);
    const slept = await run("sleep", { ms: 50 });
    assert.equal(slept.state, "completed");
    const twice = await run("fail", { message: "no luck", times: 1 });
    assert.deepEqual(twice.attempts.map(({ outcome }) => outcome), ["error", "ok"]);
    assert.equal((await run("sleep", { ms: "soon" })).state, "failed");
  },
});
