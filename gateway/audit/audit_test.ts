import assert from "node:assert/strict";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import { hashOfKey, KeyRing } from "../auth/key_ring.ts";
import { AUDIT_IDS_MAX, AUDIT_IDS_MS, AUDIT_REFUSALS_AT_ONCE } from "../limits.ts";
import { RateLimiter } from "../rates/rate_limiter_driver.ts";
import { type Ask, newRequest, setup } from "../testing/setup.ts";
import { Audit, type AuditEntry, originOf } from "./audit.ts";

type Line = Record<string, unknown>;

/** A gateway with one key of all scopes and one that only reads, whose audit lines are collected. */
function audited() {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const lines: Line[] = [];
  const audit = new Audit({ clock, sink: (line) => void lines.push({ ...line }) });
  const key = (name: string, scopes: readonly ("read" | "write" | "admin")[]) => ({
    ...{ name, sha256: hashOfKey(`secret-${name}`), scopes, namespaces: null },
    ...{ expiresMs: null, rate: null },
  });
  const keys = new KeyRing([key("ci", ["read", "write", "admin"]), key("eye", ["read"])]);
  const security = { keys, limiter: new RateLimiter({ clock }) };
  const test = setup({ audit, security, clock });
  const as = (who: string, request: string, { body, headers = {} }: Ask = {}) =>
    test.ask(request, {
      headers: { "x-api-key": `secret-${who}`, ...headers },
      ...(body !== undefined && { body }),
    });
  return { ...test, audit, lines, clock, as };
}

const ENTRY: AuditEntry = {
  ...{ who: "ci", action: "submitJob", target: "/job/a", status: 202, from: "10.0.0.1" },
};

Deno.test("every write is written down with who, what, which and what came of it", async () => {
  const { as, lines } = audited();
  const job = { name: "mail", delay: "1h" };
  await as("ci", "POST /job", { body: { id: "a/1", ...job } });
  await as("ci", "DELETE /job/a%2F1");
  await as("ci", "DELETE /job/a%2F1");
  await as("ci", "PUT /queue/mail", { body: { paused: true } });
  await as("ci", "PUT /schedule/s", { body: { every: "1h", job: { name: "mail" } } });
  await as("ci", "POST /cluster/node/a/drain");
  const told = lines.map(({ who, action, target, status, outcome }) =>
    [who, action, target, status, outcome].join(" ")
  );
  assert.deepEqual(told, [
    "ci submitJob /job/a%2F1 202 done",
    "ci cancelJob /job/a%2F1 200 done",
    "ci cancelJob /job/a%2F1 409 refused",
    "ci setQueue /queue/mail 200 done",
    "ci putSchedule /schedule/s 201 done",
    "ci drainNode /cluster/node/a/drain 202 done",
  ]);
});

Deno.test("reads are not written down, refused writes are, with whoever tried", async () => {
  const { as, ask, lines } = audited();
  await as("eye", "GET /jobs");
  await as("eye", "POST /schedule/preview", { body: { every: "1h" } });
  assert.deepEqual(lines, []);
  await as("eye", "DELETE /job/a");
  await as("nobody", "DELETE /job/a");
  await ask("DELETE /job/a");
  const told = lines.map(({ who, status, problem }) => [who, status, problem]);
  assert.deepEqual(told, [
    ["eye", 403, "forbidden"],
    [null, 401, "unauthorized"],
    [null, 401, "unauthorized"],
  ]);
});

Deno.test("a line holds no secret, no query and nothing of a body (V1)", async () => {
  const { as, ask, lines } = audited();
  const job = { name: "mail", payload: "s3cret-payload", tags: ["s3cret-tag"] };
  await as("ci", "POST /job?token=s3cret-query", { body: job });
  await as("ci", "POST /job", { body: job, headers: { "prefer": "s3cret-header" } });
  await as("ci", "POST /job", { body: { name: "<s3cret>" } });
  await ask("POST /job", { body: job, headers: { authorization: "Bearer s3cret-token" } });
  await ask("POST /job", { body: job, headers: { authorization: "Basic s3cret-basic" } });
  assert.equal(lines.length, 5);
  assert.doesNotMatch(JSON.stringify(lines), /s3cret|secret-ci/);
});

Deno.test("a bulk request names all that it made, many to a line", async () => {
  const { as, lines } = audited();
  const body = Array.from({ length: 120 }, (_, at) => ({ name: "mail", id: `j${at}` }));
  await as("ci", "POST /jobs", { body: [...body, { name: "" }] });
  const ids = lines.flatMap((line) => (line["ids"] ?? []) as string[]);
  assert.deepEqual(ids, body.map(({ id }) => id));
  assert.deepEqual(lines.map((line) => (line["ids"] as unknown[] | undefined)?.length), [
    ...[AUDIT_IDS_MAX, AUDIT_IDS_MAX, 20, undefined],
  ]);
});

Deno.test("a slow stream's ids are written down while it goes on (AR1)", async () => {
  const { fetch, lines, clock, jobs } = audited();
  const stream = new TransformStream<Uint8Array, Uint8Array>();
  const writer = stream.writable.getWriter();
  const type = "application/x-ndjson";
  const headers = { "x-api-key": "secret-ci", "content-type": type, "accept": type };
  const response = await fetch("POST /jobs", { headers, body: stream.readable });
  await writer.write(new TextEncoder().encode('{"name":"mail","id":"slow"}\n'));
  while (!jobs.records.has("slow")) await new Promise((resolve) => setTimeout(resolve, 0));
  await new Promise((resolve) => setTimeout(resolve, 0));
  clock.advance(AUDIT_IDS_MS);
  assert.deepEqual(lines.at(-1)?.["ids"], ["slow"]);
  await writer.close();
  await response.text();
});

Deno.test("a line says where a request came from, and what it claims of that apart", async () => {
  const { gateway, lines } = audited();
  const headers = { "x-api-key": "secret-ci", "x-forwarded-for": "203.0.113.7, 10.0.0.9" };
  const remoteAddr = { transport: "tcp", hostname: "10.0.0.1", port: 5 } as const;
  await gateway.fetch(newRequest("DELETE /job/a", { headers }), { remoteAddr });
  assert.deepEqual([lines[0]?.["from"], lines[0]?.["forwardedFor"]], [
    ...["10.0.0.1", "203.0.113.7, 10.0.0.9"],
  ]);
});

Deno.test("originOf() takes no text for addresses", () => {
  const of = (forwarded: string) => originOf(new Headers({ "x-forwarded-for": forwarded }), "a");
  assert.equal(of("2001:db8::1, [::1]:80").forwardedFor, "2001:db8::1, [::1]:80");
  for (const text of ['"}{"who":"root"', "<script>", "x\ty", "z".repeat(10), "1".repeat(201)]) {
    assert.deepEqual(of(text), { from: "a" });
  }
  assert.deepEqual(originOf(new Headers(), undefined), { from: null });
});

Deno.test("Audit.record() bounds what strangers can make it write, and tells what it left out (V3)", () => {
  const { audit, lines, clock } = audited();
  const refused = { ...ENTRY, who: null, status: 401 };
  for (let at = 0; at < AUDIT_REFUSALS_AT_ONCE + 500; at++) audit.record(refused);
  assert.equal(lines.length, AUDIT_REFUSALS_AT_ONCE);
  audit.record(ENTRY);
  assert.deepEqual([lines.at(-1)?.["outcome"], lines.at(-1)?.["leftOut"]], ["done", 500]);
  audit.record(ENTRY);
  assert.equal(lines.at(-1)?.["leftOut"], undefined);
  clock.advance(1_000);
  audit.record(refused);
  assert.equal(lines.at(-1)?.["outcome"], "refused");
});

Deno.test("Audit.record() tells failures from refusals, and what nobody knows from both", () => {
  const { audit, lines } = audited();
  for (const status of [200, 202, 400, 404, 500, 503, 504]) audit.record({ ...ENTRY, status });
  assert.deepEqual(lines.map((line) => line["outcome"]), [
    ...["done", "done", "refused", "refused", "failed", "failed", "unknown"],
  ]);
  audit.record({ ...ENTRY, target: `/job/${"x".repeat(1_000)}` });
  assert.equal((lines.at(-1)?.["target"] as string).length, 300);
});
