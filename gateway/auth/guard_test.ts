import assert from "node:assert/strict";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import { RateLimiter } from "../rates/rate_limiter_driver.ts";
import { setup, StreamReader } from "../testing/setup.ts";
import { Guard, Refusal } from "./guard.ts";
import { hashOfKey, type KeyEntry, KeyRing } from "./key_ring.ts";

const NOW_MS = Date.UTC(2026, 0, 1);

const entry = (key: string, more: Partial<KeyEntry> = {}): KeyEntry => ({
  ...{ name: key, sha256: hashOfKey(key), scopes: ["read", "write", "admin"], namespaces: null },
  ...{ expiresMs: null, rate: null, ...more },
});

/** A gateway that knows these keys. */
function guarded(...entries: KeyEntry[]) {
  const security = {
    keys: new KeyRing(entries),
    limiter: new RateLimiter({ clock: new VirtualClock(NOW_MS) }),
  };
  const test = setup({ security });
  const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
  return { ...test, as };
}

Deno.test("Guard.admit() answers at once for keys, and makes one caller of each (U2)", () => {
  const clock = new VirtualClock(NOW_MS);
  const keys = new KeyRing([entry("root")]);
  const security = { keys, limiter: new RateLimiter({ clock }) };
  const { jobs, schedules, node } = setup();
  const services = { jobs, schedules, node, flows: undefined as never };
  const guard = new Guard(services, { security, clock });
  const headers = new Headers({ "x-api-key": "root" });
  const first = guard.admit(headers, { scope: "admin", over: "cluster" });
  assert.ok(!(first instanceof Promise) && !(first instanceof Refusal));
  assert.equal(guard.admit(headers, "known"), first);
  assert.equal(first.jobs, jobs, "a key of the whole cluster has the services themselves");
});

Deno.test("without keys everybody may do everything, and health is open with them", async () => {
  const open = setup();
  assert.equal((await open.ask("GET /jobs")).status, 200);
  assert.equal((await open.ask("POST /cluster/node/a/drain")).status, 202);
  const { ask } = guarded(entry("root"));
  for (const path of ["/healthz", "/readyz", "/docs", "/openapi.json"]) {
    assert.equal((await ask(`GET ${path}`)).status, 200, path);
  }
  assert.equal((await ask("GET /healthz", { headers: { authorization: "nonsense" } })).status, 200);
});

Deno.test("a stranger cannot tell which paths there are (U1)", async () => {
  const { ask } = guarded(entry("root"));
  const requests = [
    "GET /jobs",
    "GET /nothing",
    "DELETE /jobs",
    "OPTIONS /jobs",
    "GET /",
    "PUT /job",
  ];
  const answers = await Promise.all(requests.map((request) => ask(request)));
  for (const [at, answer] of answers.entries()) {
    assert.deepEqual(
      [answer.status, answer.json.detail],
      [401, answers[0]?.json.detail],
      requests[at],
    );
    assert.equal(answer.headers.get("www-authenticate"), 'Bearer realm="orrery"');
    assert.equal(answer.headers.get("allow"), null);
  }
});

Deno.test("an expired key is told so, from the very moment on", async () => {
  const { ask, as, clock } = guarded(entry("ci", { expiresMs: NOW_MS + 1_000 }));
  assert.equal((await ask("GET /jobs", as("ci"))).status, 200);
  clock.advance(999);
  assert.equal((await ask("GET /jobs", as("ci"))).status, 200);
  clock.advance(1);
  const answer = await ask("GET /jobs", as("ci"));
  assert.deepEqual([answer.status, answer.json.detail], [401, "the key has expired"]);
  assert.match(answer.headers.get("www-authenticate") ?? "", /error="invalid_token"/);
});

Deno.test("an event stream ends with the key that opened it", async () => {
  const { fetch, as, clock } = guarded(entry("ci", { expiresMs: NOW_MS + 60_000 }));
  for (const path of ["/events"]) {
    const stream = new StreamReader(await fetch(`GET ${path}`, as("ci")));
    await stream.until("hello");
    clock.advance(60_000);
    assert.match(await stream.toEnd(), /event: bye\ndata: \{"detail":"the key has expired"\}/);
  }
});

Deno.test("a stream of jobs that outlives its key is refused line by line", async () => {
  const { fetch, as, clock, jobs } = guarded(entry("ci", { expiresMs: NOW_MS + 30_000 }));
  const lines = new TransformStream<Uint8Array, Uint8Array>();
  const writer = lines.writable.getWriter();
  const write = (id: string) =>
    writer.write(new TextEncoder().encode(`{"name":"mail","id":"${id}"}\n`));
  const type = "application/x-ndjson";
  const headers = { ...as("ci").headers, "content-type": type, accept: type };
  const response = await fetch("POST /jobs", { headers, body: lines.readable });
  const stream = new StreamReader(response);
  await write("a");
  await stream.until('{"index":0,"id":"a"}');
  clock.advance(30_000);
  await write("b");
  assert.match(await stream.until('"index":1'), /"status":401/);
  await writer.close();
  await stream.toEnd();
  assert.deepEqual([...jobs.records.keys()], ["a"]);
});

Deno.test("a key's rate is told with its refusal, and counts each job of a bulk request", async () => {
  const rate = { requests: 10, perMs: 60_000, burst: 10 };
  const { ask, as, jobs } = guarded(entry("ci", { rate }), entry("other"));
  for (let at = 0; at < 5; at++) assert.equal((await ask("GET /jobs", as("ci"))).status, 200);
  const bulk = await ask("POST /jobs", { ...as("ci"), body: Array(6).fill({ name: "mail" }) });
  assert.deepEqual([bulk.json.accepted, bulk.json.rejected], [4, 2]);
  assert.equal((bulk.json.errors as { status: number }[])[0]?.status, 429);
  assert.equal(jobs.records.size, 4);
  const answer = await ask("GET /jobs", as("ci"));
  assert.deepEqual([answer.status, answer.json.type], [429, "urn:orrery:problem:rate-limited"]);
  const told = ["retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"]
    .map((name) => answer.headers.get(name));
  assert.deepEqual(told, ["6", "10", "0", "6"]);
  assert.equal((await ask("GET /jobs", as("other"))).status, 200);
  assert.equal((await ask("GET /healthz", as("ci"))).status, 200);
});

Deno.test("who may write but not read is told ids and states of what he wrote, no more", async () => {
  const { ask, as, jobs } = guarded(entry("in", { scopes: ["write"] }), entry("root"));
  const body = { name: "mail", payload: { secret: "s3cret" }, delay: "1h", tags: ["t4g"] };
  const made = await ask("POST /job", { ...as("in"), body });
  assert.deepEqual([made.status, made.json], [202, { id: "job-1", state: "scheduled" }]);
  assert.equal(made.headers.get("location"), "/job/job-1");
  const headers = { ...as("in").headers, "idempotency-key": "k1" };
  for (let at = 0; at < 2; at++) {
    const replayed = await ask("POST /job", { headers, body });
    assert.deepEqual(Object.keys(replayed.json).sort(), ["id", "state"]);
  }
  const cancelled = await ask("DELETE /job/job-1", as("in"));
  assert.deepEqual(cancelled.json, { id: "job-1", state: "cancelled" });
  const bulk = await ask("POST /jobs", { ...as("in"), body: [body, { name: "" }] });
  assert.deepEqual([bulk.json.accepted, bulk.json.rejected], [1, 1]);
  const { delay: _, ...job } = body;
  const schedule = { every: "1h", job };
  const put = await ask("PUT /schedule/nightly", { ...as("in"), body: schedule });
  assert.deepEqual([put.status, put.json], [201, { id: "nightly", state: "active" }]);
  const flow = { jobs: [{ job: { name: "mail", payload: "s3cret" } }] };
  const begun = await ask("POST /flow", { ...as("in"), body: flow });
  assert.equal(begun.status, 202, begun.text);
  for (const answer of [made, cancelled, bulk, put, begun]) {
    assert.doesNotMatch(answer.text, /s3cret|t4g/);
  }
  for (const path of ["/jobs", "/job/job-1", "/job/job-1/logs", "/events", "/schedules", "/"]) {
    assert.equal((await ask(`GET ${path}`, as("in"))).status, 403, path);
  }
  assert.ok(jobs.records.size > 0);
});
