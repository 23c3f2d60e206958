/**
 * Hostile requests against a real server: each is refused with the right status as problem+json that
 * names what is wrong, nothing is stored, and nothing unexpected happens inside.
 */
import assert from "node:assert/strict";
import { PAYLOAD_BYTES_MAX } from "../actors/job/spec.ts";
import { BODY_BYTES_MAX } from "../gateway/limits.ts";
import { problemAnswer } from "../gateway/schemas/answers.ts";
import { type GatewayServer, rawExchange, startServer } from "./gateway_server.ts";

/** A request and what must come back: status, and the path that an error names (null: no field is to blame). */
interface Hostile {
  readonly name: string;
  readonly request?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyInit;
  readonly status: number;
  readonly path: string | null;
}

const bad = (name: string, fields: string, path: string): Hostile => ({
  name,
  body: `{"name":"mail",${fields}}`,
  status: 400,
  path,
});

const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

const MALFORMED: readonly Hostile[] = [
  { name: "an empty body", body: "", status: 400, path: "" },
  { name: "no body", status: 400, path: "", headers: { "content-type": "application/json" } },
  { name: "blanks", body: "  \n", status: 400, path: "" },
  { name: "text", body: "hello", status: 400, path: "" },
  { name: "half of an object", body: '{"name":"mail"', status: 400, path: "" },
  { name: "two documents", body: '{"name":"mail"}{"name":"mail"}', status: 400, path: "" },
  { name: "a trailing comma", body: '{"name":"mail",}', status: 400, path: "" },
  { name: "single quotes", body: "{'name':'mail'}", status: 400, path: "" },
  { name: "a comment", body: '{"name":"mail"/* x */}', status: 400, path: "" },
  { name: "NaN", body: '{"name":"mail","priority":NaN}', status: 400, path: "" },
  { name: "a raw control character", body: '{"name":"ma\u0001il"}', status: 400, path: "" },
  {
    name: "bytes that are not UTF-8",
    body: new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]),
    status: 400,
    path: "",
  },
  { name: "UTF-16", body: new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]), status: 400, path: "" },
  { name: "a NUL", body: "\0", status: 400, path: "" },
  { name: "null", body: "null", status: 400, path: "" },
  { name: "a number", body: "5", status: 400, path: "" },
  { name: "a string", body: '"mail"', status: 400, path: "" },
  { name: "an array", body: "[]", status: 400, path: "" },
  {
    name: "deep nesting in a payload",
    body: `{"name":"mail","payload":${deep(64)}}`,
    status: 400,
    path: "",
  },
  {
    name: "nesting beyond any stack",
    body: `{"name":"mail","payload":${deep(200_000)}}`,
    status: 400,
    path: "",
  },
  { name: "nesting that never closes", body: "[".repeat(400_000), status: 400, path: "" },
];

const FIELDS: readonly Hostile[] = [
  { name: "no name", body: "{}", status: 400, path: "name" },
  { name: "a null name", body: '{"name":null}', status: 400, path: "name" },
  { name: "a number for a name", body: '{"name":7}', status: 400, path: "name" },
  { name: "an empty name", body: '{"name":""}', status: 400, path: "name" },
  { name: "a path for a name", body: '{"name":"../../etc/passwd"}', status: 400, path: "name" },
  { name: "a name with a newline", body: '{"name":"mail\\n"}', status: 400, path: "name" },
  { name: "a name with a NUL", body: '{"name":"ma\\u0000il"}', status: 400, path: "name" },
  {
    name: "a name of letters that look alike",
    body: '{"name":"m\u0430il"}',
    status: 400,
    path: "name",
  },
  { name: "a long name", body: `{"name":"${"a".repeat(101)}"}`, status: 400, path: "name" },
  bad("an unknown field", '"nam":1', "nam"),
  bad("an unknown nested field", '"retry":{"attempt":3}', "retry.attempt"),
  bad("a __proto__ field", '"__proto__":{"admin":true}', "__proto__"),
  bad("a constructor field", '"constructor":{}', "constructor"),
  bad("a __proto__ field in retry", '"retry":{"__proto__":{}}', "retry.__proto__"),
  bad("a schedule", '"schedule":{"cron":"* * * * *"}', "schedule"),
  bad("a fraction for a priority", '"priority":1.5', "priority"),
  bad("a priority out of range", '"priority":10', "priority"),
  bad("a negative priority", '"priority":-1', "priority"),
  bad("text for a priority", '"priority":"9"', "priority"),
  bad("an infinite priority", '"priority":1e999', "priority"),
  bad("a queue with a slash", '"queue":"a/b"', "queue"),
  bad("an array for a queue", '"queue":["a"]', "queue"),
  bad("an id with a space", '"id":"a b"', "id"),
  bad("an id of two dots", '"id":".."', "id"),
  bad("an empty id", '"id":""', "id"),
  bad("a long id", `"id":"${"a".repeat(201)}"`, "id"),
  bad("text for tags", '"tags":"eu"', "tags"),
  bad("a bad tag", '"tags":["ok","not ok"]', "tags[1]"),
  bad("too many tags", `"tags":${JSON.stringify(Array(21).fill("t"))}`, "tags"),
  bad("a bad concurrency key", '"concurrencyKey":""', "concurrencyKey"),
  bad("an unknown delivery", '"delivery":"exactly-once"', "delivery"),
  bad("too many attempts", '"retry":{"attempts":101}', "retry.attempts"),
  bad("no attempts", '"retry":{"attempts":0}', "retry.attempts"),
  bad("an unknown backoff", '"retry":{"backoff":"linear"}', "retry.backoff"),
  bad("a jitter above one", '"retry":{"jitter":1.1}', "retry.jitter"),
  bad("a factor below one", '"retry":{"factor":0.5}', "retry.factor"),
  bad("a base beyond its maximum", '"retry":{"base":"2h","max":"1h"}', "retry.base"),
  bad("a number among error names", '"retry":{"notOn":["A",5]}', "retry.notOn[1]"),
  bad("an array for retry", '"retry":[]', "retry"),
];

const TIMES: readonly Hostile[] = [
  bad("a date without a zone", '"runAt":"2027-01-01T00:00:00"', "runAt"),
  bad("a date that does not exist", '"runAt":"2027-02-30T00:00:00Z"', "runAt"),
  bad("a date after the end", '"runAt":"2200-01-01T00:00:00Z"', "runAt"),
  bad("a date before the beginning", '"runAt":"1969-12-31T23:59:59Z"', "runAt"),
  bad("a date in another style", '"runAt":"01/02/2027"', "runAt"),
  bad("a number for a date", '"runAt":1893456000000', "runAt"),
  bad("an endless date", `"runAt":"${"1".repeat(50_000)}"`, "runAt"),
  bad("a date and a delay", '"runAt":"2027-01-01T00:00:00Z","delay":"1s"', "delay"),
  bad("a delay without a unit", '"delay":"10"', "delay"),
  bad("a negative delay", '"delay":-1', "delay"),
  bad("a delay in months", '"delay":"P1M"', "delay"),
  bad("a delay beyond ten years", '"delay":"4000d"', "delay"),
  bad("an object for a delay", '"delay":{"s":1}', "delay"),
  bad("no time-out at all", '"timeout":0', "timeout"),
  bad("a time-out of a month", '"timeout":"30d"', "timeout"),
  bad("text for a service level", '"sla":"10s"', "sla"),
  bad("a bad service level", '"sla":{"startWithin":"soon"}', "sla.startWithin"),
  bad("a bad retention", '"retention":{"failed":"forever"}', "retention.failed"),
];

const json = { "content-type": "application/json" };
const OK = '{"name":"mail"}';
const HTTP: readonly Hostile[] = [
  {
    name: "no content type",
    headers: { "content-type": "" },
    body: OK,
    status: 415,
    path: "Content-Type",
  },
  {
    name: "text/plain",
    headers: { "content-type": "text/plain" },
    body: OK,
    status: 415,
    path: "Content-Type",
  },
  {
    name: "a form",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "name=mail",
    status: 415,
    path: "Content-Type",
  },
  {
    name: "another charset",
    headers: { "content-type": "application/json; charset=utf-16" },
    body: OK,
    status: 415,
    path: "Content-Type",
  },
  {
    name: "a compressed body",
    headers: { ...json, "content-encoding": "gzip" },
    body: OK,
    status: 415,
    path: "Content-Encoding",
  },
  {
    name: "lines for one job",
    headers: { "content-type": "application/x-ndjson" },
    body: OK,
    status: 415,
    path: "Content-Type",
  },
  {
    name: "a key with a space",
    headers: { ...json, "idempotency-key": "a b" },
    body: OK,
    status: 400,
    path: "Idempotency-Key",
  },
  {
    name: "a long key",
    headers: { ...json, "idempotency-key": "k".repeat(256) },
    body: OK,
    status: 400,
    path: "Idempotency-Key",
  },
  {
    name: "a key and an own id",
    headers: { ...json, "idempotency-key": "k" },
    body: '{"name":"mail","id":"x"}',
    status: 400,
    path: "id",
  },
  {
    name: "a large payload",
    body: `{"name":"mail","payload":"${"x".repeat(PAYLOAD_BYTES_MAX)}"}`,
    status: 413,
    path: "payload",
  },
  {
    name: "a large body",
    body: `{"name":"mail","payload":"${"x".repeat(BODY_BYTES_MAX)}"}`,
    status: 413,
    path: "",
  },
  {
    name: "a payload that is large in bytes only",
    body: `{"name":"mail","payload":"${"€".repeat(PAYLOAD_BYTES_MAX / 3)}"}`,
    status: 413,
    path: "payload",
  },
  { name: "an object for an array", request: "POST /jobs", body: OK, status: 400, path: "" },
  {
    name: "a cross-site request",
    headers: { ...json, "sec-fetch-site": "cross-site" },
    body: OK,
    status: 403,
    path: null,
  },
];

const PATHS: readonly Hostile[] = [
  { name: "an unknown path", request: "GET /nope", status: 404, path: null },
  { name: "a doubled slash", request: "GET //job", status: 404, path: null },
  { name: "a trailing slash", request: "POST /job/", body: OK, status: 404, path: null },
  { name: "an upper-case path", request: "POST /JOB", body: OK, status: 404, path: null },
  {
    name: "a path out of the root",
    request: "GET /%2e%2e/%2e%2e/etc/passwd",
    status: 404,
    path: null,
  },
  {
    name: "a path out of the jobs",
    request: "GET /job/..%2f..%2fetc%2fpasswd%00",
    status: 400,
    path: "id",
  },
  { name: "a NUL in an id", request: "GET /job/%00", status: 400, path: "id" },
  { name: "a broken escape in an id", request: "GET /job/%zz", status: 400, path: "id" },
  { name: "a broken UTF-8 escape in an id", request: "GET /job/%ff", status: 400, path: "id" },
  {
    name: "a long id in the path",
    request: `GET /job/${"a".repeat(201)}`,
    status: 400,
    path: "id",
  },
  {
    name: "an id of two dots in the path",
    request: "DELETE /job/%2e%2e%2e%20",
    status: 400,
    path: "id",
  },
  { name: "markup in an id", request: "GET /job/%3Cscript%3E", status: 400, path: "id" },
  { name: "an unknown job", request: "GET /job/nope", status: 404, path: null },
  { name: "an unknown job to cancel", request: "DELETE /job/nope", status: 404, path: null },
  { name: "an unknown method", request: "PROPFIND /job", status: 405, path: null },
  { name: "an unknown state", request: "GET /jobs?state=done", status: 400, path: "state" },
  { name: "a limit of zero", request: "GET /jobs?limit=0", status: 400, path: "limit" },
  { name: "a huge limit", request: "GET /jobs?limit=501", status: 400, path: "limit" },
  { name: "a limit in hexadecimal", request: "GET /jobs?limit=0x10", status: 400, path: "limit" },
  { name: "an empty limit", request: "GET /jobs?limit=", status: 400, path: "limit" },
  { name: "an invented cursor", request: "GET /jobs?cursor=abc", status: 400, path: "cursor" },
  { name: "an unknown order", request: "GET /jobs?order=random", status: 400, path: "order" },
  {
    name: "a bad date in a filter",
    request: "GET /jobs?from=yesterday",
    status: 400,
    path: "from",
  },
  { name: "an unknown filter", request: "GET /jobs?sate=failed", status: 400, path: "sate" },
  {
    name: "a repeated filter",
    request: "GET /jobs?state=failed&state=failed",
    status: 400,
    path: "state",
  },
  { name: "a __proto__ filter", request: "GET /jobs?__proto__=1", status: 400, path: "__proto__" },
  { name: "a negative line", request: "GET /job/x/logs?after=-1", status: 400, path: "after" },
  {
    name: "a cancel of everything by mistake",
    request: "POST /jobs/cancel",
    body: "{}",
    status: 400,
    path: "all",
  },
  { name: "a bad queue name", request: "PUT /queue/a%2Fb", body: "{}", status: 400, path: "name" },
  {
    name: "a rate limit",
    request: "PUT /queue/a",
    body: '{"rate":{"max":1}}',
    status: 400,
    path: "rate",
  },
  { name: "another node's drain", request: "POST /cluster/node/zz/drain", status: 404, path: null },
  {
    name: "an invented event id",
    request: "GET /events",
    headers: { "last-event-id": "x" },
    status: 400,
    path: "Last-Event-ID",
  },
];

async function hold(server: GatewayServer, hostile: Hostile): Promise<void> {
  const { name, request = "POST /job", body, status, path } = hostile;
  const [method = "", target = ""] = request.split(" ");
  const answer = await fetch(`${server.url}${target}`, {
    method,
    headers: hostile.headers ?? (body === undefined ? {} : json),
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

for (const [kind, table] of Object.entries({ MALFORMED, FIELDS, TIMES, HTTP, PATHS })) {
  Deno.test(`the gateway refuses ${table.length} hostile requests (${kind.toLowerCase()})`, async () => {
    await using server = startServer();
    for (const hostile of table) await hold(server, hostile);
    assert.equal(server.jobs.records.size, 0, "nothing was stored");
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
