/**
 * Attacks on the gateway's guard, over a real port: each is refused with its status, tells nothing, changes nothing,
 * and leaves no secret in a log.
 */
import assert from "node:assert/strict";
import { Audit } from "../gateway/audit/audit.ts";
import { hashOfKey, type KeyEntry, KeyRing } from "../gateway/auth/key_ring.ts";
import { RateLimiter } from "../gateway/rates/rate_limiter_driver.ts";
import { systemClock } from "../runtime/system/system_clock.ts";
import { type Attack, ATTACKS, KEYS } from "./gateway_auth_cases.ts";
import { type GatewayServer, rawExchange, startServer } from "./gateway_server.ts";

const entry = (name: keyof typeof KEYS, more: Partial<KeyEntry>): KeyEntry => ({
  ...{ name, sha256: hashOfKey(KEYS[name]), scopes: ["read", "write", "admin"], namespaces: null },
  ...{ expiresMs: null, rate: null, ...more },
});

/** A server with every kind of key, and something to attack. */
async function fortress() {
  const written: string[] = [];
  const audit = new Audit({
    clock: systemClock,
    sink: (line) => void written.push(JSON.stringify(line)),
  });
  const keys = new KeyRing([
    ...[
      entry("root", {}),
      entry("reader", { scopes: ["read"] }),
      entry("writer", { scopes: ["write"] }),
    ],
    ...[entry("admin", { scopes: ["admin"] }), entry("red", { namespaces: ["red"] })],
    entry("expired", { expiresMs: 1 }),
  ]);
  const security = { keys, limiter: new RateLimiter({ clock: systemClock }) };
  const server = startServer({ security, audit });
  await asRoot(server, "POST /job", {
    ...{ id: "blue-job", name: "mail", queue: "blue", payload: "blue s3cret", delay: "1h" },
  });
  await asRoot(server, "PUT /schedule/blue-schedule", {
    ...{ every: "1h", job: { name: "mail", queue: "blue", payload: "blue s3cret" } },
  });
  server.jobs.lines.set("blue-job", ["blue s3cret"]);
  return { server, written };
}

async function asRoot({ url }: GatewayServer, request: string, body: unknown): Promise<void> {
  const [method = "", path = ""] = request.split(" ");
  const headers = { "content-type": "application/json", "x-api-key": KEYS.root };
  const answer = await fetch(url + path, { method, headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, await answer.text());
}

/** Everything that an attack could have changed. */
function stateOf({ jobs, schedules, node }: GatewayServer): string {
  return JSON.stringify([[...jobs.records], [...schedules.records], [...jobs.queues], node.drains]);
}

function rawRequest({ request, headers, body = "" }: Attack): string {
  const length = body === "" ? [] : [`Content-Length: ${body.length}`];
  const lines = ["Host: 127.0.0.1", "Connection: close", ...headers, ...length];
  return [`${request} HTTP/1.1`, ...lines, "", body].join("\r\n");
}

async function hold(server: GatewayServer, attack: Attack): Promise<void> {
  const send = Uint8Array.from(rawRequest(attack), (char) => char.charCodeAt(0));
  const text = await rawExchange(server, { send });
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
  const wanted = [attack.status].flat();
  assert.ok(wanted.includes(status), `${attack.name}: ${status} instead of ${wanted}: ${text}`);
  if (status === 200) return;
  assert.doesNotMatch(text, /s3cret|orrery_/, attack.name);
  assert.doesNotMatch(text, /\r\n(set-cookie|access-control-allow-[a-z]+):/i, attack.name);
  if (status === 401) {
    assert.match(text, /\r\nwww-authenticate: Bearer realm="orrery"/, attack.name);
  }
  const head = attack.request.startsWith("HEAD");
  if (status > 400 && !head) {
    assert.match(text, /\r\ncontent-type: application\/problem\+json\r\n/, attack.name);
    assert.match(text, /\r\nx-content-type-options: nosniff\r\n/, attack.name);
  }
}

const total = Object.values(ATTACKS).reduce((sum, table) => sum + table.length, 0);

for (const [kind, table] of Object.entries(ATTACKS)) {
  Deno.test(`the gateway refuses ${table.length} of ${total} attacks: ${kind}`, async () => {
    const { server, written } = await fortress();
    await using _ = server;
    const before = stateOf(server);
    for (const attack of table) await hold(server, attack);
    assert.equal(stateOf(server), before, "nothing was changed");
    assert.deepEqual(server.logged, [], "nothing unexpected happened");
    assert.doesNotMatch(written.join("\n"), /orrery_|s3cret/, "no secret was written down");
  });
}

Deno.test("each of the attacks succeeds for who may make it", async () => {
  const { server } = await fortress();
  await using _ = server;
  for (const { name, request, headers, body } of ATTACKS["no key"] ?? []) {
    const [method = "", path = ""] = request.split(" ");
    const abort = new AbortController();
    const answer = await fetch(server.url + path, {
      ...{ method, signal: abort.signal },
      headers: [
        ["x-api-key", KEYS.root],
        ...headers.map((line): [string, string] => line.split(": ") as [string, string]),
      ],
      ...(body !== undefined && { body }),
    });
    assert.notEqual(Math.floor(answer.status / 100), 5, name);
    assert.ok(![401, 403].includes(answer.status), `${name}: ${answer.status}`);
    if (path.endsWith("/events")) abort.abort();
    else await answer.body?.cancel();
  }
});

/** What a browser would run, or what would begin another line, header or event. */
const PAYLOADS: readonly string[] = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  '"><svg onload=alert(1)>',
  "javascript:alert(1)",
  "</script><script>alert(1)</script>",
  "{{constructor.constructor('alert(1)')()}}",
  "\r\nSet-Cookie: a=b\r\n\r\n<html>",
  "\n\nevent: job\ndata: {}\n\n",
  "\u2028alert(1)//",
  "\u0000\u001b[31m",
  "+ADw-script+AD4-",
];

Deno.test(`${PAYLOADS.length * 11} ways of text that a browser would run are refused, or come back inert`, async () => {
  const { server, written } = await fortress();
  await using _ = server;
  const send = async (request: string, body?: unknown) => {
    const [method = "", path = ""] = request.split(" ");
    const answer = await fetch(server.url + path, {
      method,
      headers: {
        "x-api-key": KEYS.root,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const type = answer.headers.get("content-type") ?? "";
    assert.match(type, /^application\/(problem\+)?json$/, `${request}: ${type}`);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff", request);
    assert.equal(answer.headers.get("set-cookie"), null);
    JSON.parse(text);
    return { status: answer.status, text };
  };
  for (const [at, text] of PAYLOADS.entries()) {
    const encoded = encodeURIComponent(text);
    const job = { name: "mail", id: `x${at}`, payload: { [text]: text } };
    assert.equal((await send("POST /job", job)).status, 202);
    // UTF-7 is made of letters; what it would mean is up to a browser that is told the type.
    const refused = text.startsWith("+ADw") ? [202, 400] : [400];
    for (
      const fields of [{ name: text }, { queue: text }, { id: text }, {
        tags: [text],
        id: `t${at}`,
      }]
    ) {
      const { status } = await send("POST /job", { ...job, ...fields });
      assert.ok(refused.includes(status), `${JSON.stringify(fields)}: ${status}`);
    }
    server.jobs.lines.set(`x${at}`, [text]);
    server.jobs.change(`x${at}`, { error: { name: text, message: text, stack: text } });
    const shown = await send(`GET /job/x${at}`);
    assert.ok(JSON.parse(shown.text).error.message === text, "as data, unchanged");
    await send(`GET /job/x${at}/logs`);
    await send("GET /jobs");
    assert.equal((await send(`POST /schedule/blue-schedule/pause`, { note: text })).status, 200);
    assert.ok([200, 400, 404].includes((await send(`GET /job/${encoded}`)).status), text);
    assert.ok([200, 400].includes((await send(`GET /jobs?tag=${encoded}`)).status), text);
    assert.equal((await send(`DELETE /${encoded}`)).status, 404);
  }
  await events(server);
  for (const line of written) assert.ok(!line.includes("\n") && !/<script|<img/.test(line), line);
  assert.deepEqual(server.logged, []);
});

/** Text in an event is one line of JSON: it begins no event of its own. */
async function events(server: GatewayServer): Promise<void> {
  const headers = { "x-api-key": KEYS.root, "last-event-id": "boot1:0" };
  const abort = new AbortController();
  const answer = await fetch(`${server.url}/events`, { headers, signal: abort.signal });
  assert.equal(answer.headers.get("content-type"), "text/event-stream");
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes(`x${PAYLOADS.length - 1}`)) text += (await reader.read()).value ?? "";
  abort.abort();
  await reader.closed.catch(() => {});
  for (const line of text.split("\n")) {
    assert.match(line, /^(|retry: \d+|id: \S+|event: (job|hello|reset)|data: \{.*\})$/);
  }
}

Deno.test("pages are HTML of this program alone, and may run nothing", async () => {
  const { server } = await fortress();
  await using _ = server;
  for (const path of ["/", "/docs"]) {
    const answer = await fetch(server.url + path, { headers: { "x-api-key": KEYS.root } });
    assert.match(answer.headers.get("content-security-policy") ?? "", /default-src 'none'/);
    assert.match(answer.headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
    assert.doesNotMatch(await answer.text(), /<script|s3cret|orrery_/);
  }
});

Deno.test("a search takes the same time whichever key it finds, and when it finds none", () => {
  const names = Array.from({ length: 1_000 }, (_, at) => `key-${at}`);
  const ring = new KeyRing(names.map((name) => ({
    ...entry("root", {}),
    ...{ name, sha256: hashOfKey(name) },
  })));
  const quickest = (token: string) => {
    let best = Infinity;
    for (let run = 0; run < 40; run++) {
      const startedMs = performance.now();
      for (let at = 0; at < 25; at++) ring.find(token);
      best = Math.min(best, performance.now() - startedMs);
    }
    return best;
  };
  for (const token of ["key-0", "key-999", "none"]) quickest(token);
  const [first = 0, last = 0, none = 0] = ["key-0", "key-999", "none"].map(quickest);
  // A search that stopped at what it finds would be some hundred times as quick for the first.
  const spread = Math.max(first, last, none) / Math.min(first, last, none);
  assert.ok(spread < 3, `${first} ${last} ${none}`);
});

Deno.test("a flood of one key is told to wait, and disturbs no other", async () => {
  const rate = { requests: 20, perMs: 60_000, burst: 20 };
  const keys = new KeyRing([entry("root", {}), entry("reader", { scopes: ["read"], rate })]);
  const security = { keys, limiter: new RateLimiter({ clock: systemClock }) };
  await using server = startServer({ security });
  const ask = async (key: string, path = "/jobs") => {
    const answer = await fetch(server.url + path, { headers: { "x-api-key": key } });
    await answer.body?.cancel();
    return answer;
  };
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask(KEYS.reader)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 20);
  const refused = answers.filter(({ status }) => status === 429);
  assert.equal(refused.length, 40);
  for (const { headers } of refused) assert.ok(Number(headers.get("retry-after")) >= 1);
  // What it may not do costs it as well: a flood of refusals is a flood.
  assert.equal((await ask(KEYS.reader, "/nothing")).status, 429);
  assert.equal((await ask(KEYS.root)).status, 200);
});
