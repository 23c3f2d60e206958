/** The gateway over a real port: streams, resuming, stopping, and the command line against it. */
import assert from "node:assert/strict";
import { StreamReader } from "../gateway/testing/setup.ts";
import { serveGateway } from "../gateway/serve.ts";
import { rawExchange, startServer } from "./gateway_server.ts";

const submit = (url: string) =>
  fetch(`${url}/job`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"name":"mail"}',
  }).then((answer) => answer.json());

Deno.test("events are followed and resumed over a real connection", async () => {
  await using server = startServer();
  const first = new StreamReader(await fetch(`${server.url}/events`));
  await first.until("hello");
  await submit(server.url);
  await first.until("id: boot1:1\n");
  await first.stop();
  await submit(server.url);
  const headers = { "last-event-id": "boot1:1" };
  const second = new StreamReader(await fetch(`${server.url}/events`, { headers }));
  assert.doesNotMatch(await second.until("id: boot1:2\n"), /reset|boot1:1\n/);
  await second.stop();
});

Deno.test("a client that goes away ends its event stream", async () => {
  await using server = startServer({ limits: { eventHeartbeatMs: 20 } });
  const gone = Promise.withResolvers<void>();
  const subscribe = server.jobs.feed.subscribe.bind(server.jobs.feed);
  server.jobs.feed.subscribe = (options, push) => {
    const subscription = subscribe(options, push);
    return { ...subscription, stop: () => (subscription.stop(), gone.resolve()) };
  };
  const send = "GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  assert.match(await rawExchange(server, { send, until: "hello" }), /text\/event-stream/);
  await gone.promise;
  assert.equal(server.jobs.feed.subscribers, 0);
});

Deno.test("a stop says bye on streams, answers what is under way, and closes the port", async () => {
  const server = startServer();
  const gate = Promise.withResolvers<void>();
  const stream = new StreamReader(await fetch(`${server.url}/events`));
  await stream.until("hello");
  server.jobs.gate = gate.promise;
  const held = submit(server.url);
  while (server.jobs.inFlight === 0) await fetch(`${server.url}/healthz`).then((r) => r.text());
  const stopped = server.served.stop();
  assert.match(await stream.toEnd(), /event: bye/);
  gate.resolve();
  assert.equal((await held).id, "job-1");
  await stopped;
  await assert.rejects(fetch(`${server.url}/healthz`));
});

Deno.test("a request that never ends cannot keep a stop beyond its grace", async () => {
  const server = startServer({}, 100);
  const gate = Promise.withResolvers<void>();
  server.jobs.gate = gate.promise;
  const cut = assert.rejects(submit(server.url));
  while (server.jobs.inFlight === 0) await fetch(`${server.url}/healthz`).then((r) => r.text());
  await server.served.stop();
  await cut;
  gate.resolve();
});

Deno.test("lines are accepted while they are still being sent", async () => {
  await using server = startServer();
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.served.port });
  const write = (text: string) => connection.write(new TextEncoder().encode(text));
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
  const buffer = new Uint8Array(4_096);
  let seen = "";
  const until = async (wanted: string): Promise<void> => {
    while (!seen.includes(wanted)) {
      const count = await connection.read(buffer);
      assert.ok(count !== null, `closed before ${wanted}: ${seen}`);
      seen += new TextDecoder().decode(buffer.subarray(0, count));
    }
  };
  await write(
    ["POST /jobs HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/x-ndjson"].join("\r\n") +
      "\r\nAccept: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n",
  );
  for (let at = 0; at < 5; at++) {
    await write(chunk(`{"name":"mail","id":"own-${at}"}\n`));
    await until(`{"index":${at},"id":"own-${at}"}`);
  }
  await write("0\r\n\r\n");
  await until('{"accepted":5,"rejected":0}');
  assert.equal(server.jobs.records.size, 5);
});

Deno.test("ten thousand lines are accepted in one request, with every id in the answer", async () => {
  await using server = startServer();
  const body = new Blob([`{"name":"mail","payload":{"n":1}}\n`.repeat(10_000)]).stream();
  const headers = { "content-type": "application/x-ndjson" };
  const response = await fetch(`${server.url}/jobs`, { method: "POST", headers, body });
  const answer = await response.json();
  assert.equal(response.status, 202);
  assert.deepEqual([answer.accepted, answer.rejected, answer.jobs.length], [10_000, 0, 10_000]);
  assert.equal(answer.jobs[9_999].index, 9_999);
  assert.equal(server.jobs.records.size, 10_000);
});

async function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-net", "--allow-env", "--allow-read", "gateway/cli.ts", ...args],
    cwd: new URL("..", import.meta.url).pathname,
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: decode(stdout), err: decode(stderr) };
}

Deno.test("the command line submits, shows and refuses", async () => {
  await using server = startServer();
  const at = ["--url", server.url];
  const made = await cli("submit", "mail", '{"to":"x"}', "--id", "order-7/charge", ...at);
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /^order-7\/charge {2}pending {2}mail/);
  const shown = await cli("get", "order-7/charge", "--json", ...at);
  assert.deepEqual(JSON.parse(shown.out).payload, { to: "x" });
  const missing = await cli("get", "nope", ...at);
  assert.deepEqual([missing.code, missing.out], [1, ""]);
  assert.match(missing.err, /404 Not found: there is no job nope/);
  assert.equal((await cli("launch")).code, 2);
});

Deno.test("serveGateway() says which address is taken, and what to do", async () => {
  await using first = startServer();
  const port = first.served.port;
  const gateway = { fetch: () => new Response(), stop: () => Promise.resolve() };
  assert.throws(
    () => serveGateway(gateway, { host: "127.0.0.1", port }),
    new RegExp(`127\\.0\\.0\\.1:${port}.*--http`),
  );
});
