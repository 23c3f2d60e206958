/**
 * Hostile requests against a real server: each is refused with the right status as problem+json that
 * names what is wrong, nothing is stored, and nothing unexpected happens inside.
 */
import assert from "node:assert/strict";
import { BODY_BYTES_MAX } from "../gateway/limits.ts";
import { problemAnswer } from "../gateway/schemas/answers.ts";
import { HOSTILE, type Hostile } from "./gateway_hostile_cases.ts";
import { type GatewayServer, rawExchange, startServer } from "./gateway_server.ts";

async function hold(server: GatewayServer, hostile: Hostile): Promise<void> {
  const { name, request = "POST /job", body, status, path } = hostile;
  const [method = "", target = ""] = request.split(" ");
  const answer = await fetch(`${server.url}${target}`, {
    method,
    headers: hostile.headers ?? (body === undefined ? {} : { "content-type": "application/json" }),
    ...(body !== undefined && { body }),
  });
  const text = await answer.text();
  assert.equal(answer.status, status, `${name}: ${text}`);
  assert.equal(answer.headers.get("content-type"), "application/problem+json", name);
  const problem = problemAnswer.parse(JSON.parse(text));
  assert.equal(problem.status, status, name);
  assert.ok(text.length < 20_000, `${name}: an answer of ${text.length} characters`);
  if (path === null) return;
  const paths = problem.errors?.map((error) => error.path) ?? [];
  assert.ok(paths.includes(path), `${name}: ${JSON.stringify(paths)} lacks ${path}`);
}

for (const [kind, table] of Object.entries(HOSTILE)) {
  Deno.test(`the gateway refuses ${table.length} hostile requests (${kind})`, async () => {
    await using server = startServer();
    for (const hostile of table) await hold(server, hostile);
    assert.equal(server.jobs.records.size, 0, "nothing was stored");
    assert.equal(server.schedules.records.size, 0, "no schedule was stored");
    assert.equal(server.jobs.queues.size, 0, "nothing was set");
    assert.deepEqual(server.logged, [], "nothing unexpected happened");
  });
}

const head = (lines: readonly string[]) =>
  ["POST /job HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", ...lines, "", ""]
    .join("\r\n");

/** What the server itself refuses before the gateway sees it: a bare 400, or a closed connection. */
const RAW_REFUSED: readonly [string, string][] = [
  ["a bad chunk size", `${head(["Transfer-Encoding: chunked"])}ZZ\r\nabc\r\n`],
  ["a length and chunks", `${head(["Content-Length: 3", "Transfer-Encoding: chunked"])}0\r\n\r\n`],
  ["a length that is no number", head(["Content-Length: abc"])],
  ["a negative length", head(["Content-Length: -5"])],
  ["two lengths", `${head(["Content-Length: 1", "Content-Length: 2"])}ab`],
  ["a huge header", head([`X-Huge: ${"a".repeat(900_000)}`])],
  ["two hundred headers", head(Array.from({ length: 200 }, (_, at) => `X-${at}: 1`))],
  ["a huge path", `GET /${"a".repeat(80_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`],
  ["bytes that are no HTTP", "\x00\x01\x02 hello\r\n\r\n"],
  ["a header with a NUL", head(["X-Nul: a\0b"])],
];

Deno.test(`the server refuses ${RAW_REFUSED.length} kinds of broken HTTP and lives on`, async () => {
  await using server = startServer();
  for (const [name, send] of RAW_REFUSED) {
    const text = await rawExchange(server, { send, halfClose: true });
    assert.match(text, /^(HTTP\/1\.1 4\d\d |$)/, `${name}: ${text.slice(0, 200)}`);
  }
  const alive = await fetch(`${server.url}/healthz`);
  assert.equal(alive.status, 200);
  await alive.body?.cancel();
  assert.equal(server.jobs.records.size, 0);
  assert.deepEqual(server.logged, []);
});

Deno.test("the gateway answers 408 to bodies that stop half-way, and closes", async () => {
  await using server = startServer({ limits: { requestBodyMs: 200 } });
  const bodies: [string, string][] = [
    ["a half body", `${head(["Content-Length: 100"])}{"name":`],
    ["a half chunk", `${head(["Transfer-Encoding: chunked"])}64\r\n{"name":`],
    ["no body at all", head(["Content-Length: 100"])],
  ];
  for (const [name, send] of bodies) {
    const text = await rawExchange(server, { send, until: "too-slow" });
    assert.match(text, /^HTTP\/1\.1 408 [^]*application\/problem\+json/, name);
    assert.match(text, /connection: close/i, name);
  }
  assert.equal(server.jobs.records.size, 0);
  assert.deepEqual(server.logged, []);
});

Deno.test("the gateway gives a client that trickles its body no more time than any other", async () => {
  await using server = startServer({ limits: { requestBodyMs: 300 } });
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.served.port });
  const write = (text: string) => connection.write(new TextEncoder().encode(text));
  await write(head(["Content-Length: 100000"]));
  const trickle = setInterval(() => void write(" ").catch(() => {}), 20);
  const buffer = new Uint8Array(4_096);
  const count = await connection.read(buffer);
  clearInterval(trickle);
  assert.match(new TextDecoder().decode(buffer.subarray(0, count ?? 0)), /^HTTP\/1\.1 408 /);
});

Deno.test("the gateway refuses an announced length before any of it is sent", async () => {
  await using server = startServer();
  const text = await rawExchange(server, {
    send: head([`Content-Length: ${BODY_BYTES_MAX + 1}`]),
    until: "too-large",
  });
  assert.match(text, /^HTTP\/1\.1 413 /);
});

Deno.test("the gateway stops counting chunks at the limit", async () => {
  await using server = startServer();
  const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  const text = await rawExchange(server, {
    send: head(["Transfer-Encoding: chunked"]) + chunk.repeat(16),
    until: "too-large",
  });
  assert.match(text, /^HTTP\/1\.1 413 /);
  assert.equal(server.jobs.records.size, 0);
});

Deno.test("the gateway is not reached under another host name", async () => {
  await using server = startServer();
  const send = "GET /jobs HTTP/1.1\r\nHost: rebound.example\r\n\r\n";
  const text = await rawExchange(server, { send, until: "wrong-host" });
  assert.match(text, /^HTTP\/1\.1 421 [^]*application\/problem\+json/);
});

Deno.test("a client that breaks off its body leaves nothing behind", async () => {
  await using server = startServer();
  const send = `${head(["Content-Length: 100"])}{"name":"mail"}`;
  const text = await rawExchange(server, { send, halfClose: true });
  assert.match(text, /^(HTTP\/1\.1 400 |$)/);
  assert.equal(server.jobs.records.size, 0);
  assert.deepEqual(server.logged, []);
});
