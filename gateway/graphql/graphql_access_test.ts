import assert from "node:assert/strict";
import type { Scope } from "../auth/access.ts";
import { hashOfKey, KeyRing } from "../auth/key_ring.ts";
import { RateLimiter } from "../rates/rate_limiter_driver.ts";
import { Audit } from "../audit/audit.ts";
import { setup, StreamReader } from "../testing/setup.ts";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";

const entry = (
  name: string,
  scopes: readonly Scope[],
  more: { readonly namespaces?: readonly string[]; readonly requests?: number } = {},
) => ({
  ...{ name, sha256: hashOfKey(name), scopes, namespaces: more.namespaces ?? null },
  ...{ expiresMs: null },
  rate: more.requests === undefined
    ? null
    : { requests: more.requests, perMs: 60_000, burst: more.requests },
});

/** A gateway with keys, whose names are the keys. */
function guarded() {
  const written: Record<string, unknown>[] = [];
  const clock = new VirtualClock();
  const audit = new Audit({ clock, sink: (line) => void written.push({ ...line }) });
  const security = {
    keys: new KeyRing([
      entry("root", ["read", "write", "admin"]),
      entry("reader", ["read"]),
      entry("writer", ["write"]),
      entry("red", ["read", "write", "admin"], { namespaces: ["red"] }),
      entry("slow", ["read", "write"], { requests: 5 }),
    ]),
    limiter: new RateLimiter({ clock }),
  };
  const test = setup({ security, audit });
  const as = async (who: string, query: string) => {
    const headers = { authorization: `Bearer ${who}` };
    const { status, json, text } = await test.ask("POST /graphql", { body: { query }, headers });
    const errors = (json["errors"] ?? []) as { extensions?: { code?: string } }[];
    const data = json["data"] as Record<string, Record<string, unknown> | null> | undefined;
    return { status, text, data, codes: errors.map(({ extensions }) => extensions?.code) };
  };
  return { ...test, as, written };
}

const SUBMIT = (id: string, queue: string) =>
  `submitJob(job: { id: "${id}", name: "mail", queue: "${queue}", payload: "secret of ${queue}",
     delay: "1h" }) { id payload }`;

Deno.test("a document needs a key, and each field the scope of its request", async () => {
  const { ask, as } = guarded();
  const query = "{ counts { total } }";
  assert.equal((await ask("POST /graphql", { body: { query } })).status, 401);
  assert.equal((await as("nobody", query)).status, 401);
  assert.deepEqual((await as("reader", query)).codes, []);
  assert.deepEqual((await as("writer", query)).codes, ["forbidden"]);
  const changes = `mutation { ${SUBMIT("j", "q")} cancelJob(id: "j") { id }
    setQueue(name: "q", settings: { paused: true }) { name } drainNode(id: "a") { id } }`;
  assert.deepEqual((await as("reader", changes)).codes, Array(4).fill("forbidden"));
  assert.deepEqual((await as("writer", changes)).codes, ["forbidden", "forbidden"]);
});

Deno.test("who may write and not read is told no more of it than its id", async () => {
  const { as } = guarded();
  await as("root", `mutation { ${SUBMIT("j", "q")} }`);
  const { text, data, codes } = await as(
    "writer",
    `mutation { cancelJob(id: "j") { id state payload name logs { lines { text } } } }`,
  );
  assert.equal(data?.["cancelJob"]?.["id"], "j");
  assert.equal(data?.["cancelJob"]?.["payload"], null);
  assert.deepEqual(codes, ["forbidden"]);
  assert.doesNotMatch(text, /secret/);
});

Deno.test("a key with namespaces reaches nothing outside of them, however it asks", async () => {
  const { as } = guarded();
  await as(
    "root",
    `mutation { a: ${SUBMIT("red-1", "red")} b: ${SUBMIT("blue-1", "blue")}
    putSchedule(id: "blue-s", schedule: { every: "1h", job: { name: "m", queue: "blue" } }) { id } }`,
  );
  const reads = await as(
    "red",
    `{ own: job(id: "red-1") { payload } other: job(id: "blue-1") { payload }
       schedule(id: "blue-s") { id } jobs { nodes { id } } counts { queues { queue } }
       outside: jobs(queue: "blue") { nodes { id } } queue(name: "blue") { name }
       flows { nodes { id } } nodes { id } }`,
  );
  assert.equal(reads.data?.["own"]?.["payload"], "secret of red");
  assert.equal(reads.data?.["other"], null);
  assert.equal(reads.data?.["schedule"], null);
  assert.deepEqual(reads.data?.["jobs"], { nodes: [{ id: "red-1" }] });
  assert.deepEqual(reads.codes, Array(4).fill("forbidden"));
  assert.doesNotMatch(reads.text, /secret of blue|blue-1|blue-s/);
  const writes = await as(
    "red",
    `mutation { ${SUBMIT("x", "blue")} cancelJob(id: "blue-1") { id }
       cancelJobs(filter: { queue: "blue" }) { done } deleteSchedule(id: "blue-s") { id }
       setQueue(name: "blue", settings: { paused: true }) { name } drainNode(id: "a") { id } }`,
  );
  assert.deepEqual(writes.codes.toSorted(), [
    ...["forbidden", "forbidden", "forbidden", "forbidden", "not-found", "not-found"],
  ]);
  const still = await as("root", `{ job(id: "blue-1") { state } queue(name: "blue") { paused } }`);
  assert.deepEqual(still.data, { job: { state: "scheduled" }, queue: { paused: false } });
});

Deno.test("a subscription tells a key with namespaces its own changes alone", async () => {
  const { fetch, as } = guarded();
  const response = await fetch("POST /graphql", {
    body: { query: "subscription { jobEvents { jobId queue } }" },
    headers: { accept: "text/event-stream", authorization: "Bearer red" },
  });
  const reader = new StreamReader(response);
  await as("root", `mutation { a: ${SUBMIT("blue-1", "blue")} b: ${SUBMIT("red-1", "red")} }`);
  assert.doesNotMatch(await reader.until("red-1"), /blue/);
  await reader.stop();
  const refused = await fetch("POST /graphql", {
    body: { query: "subscription { jobEvents { jobId } }" },
    headers: { accept: "text/event-stream", authorization: "Bearer writer" },
  });
  assert.match(await new StreamReader(refused).toEnd(), /"code":"forbidden"/);
});

Deno.test("aliases are no way around a key's rate", async () => {
  const { as } = guarded();
  const aliases = Array.from({ length: 10 }, (_, at) => `a${at}: counts { total }`).join(" ");
  const { codes, data } = await as("slow", `{ ${aliases} }`);
  // One for the document, four for its fields; nothing is left for the others.
  assert.deepEqual(codes, Array(6).fill("rate-limited"));
  assert.equal(Object.values(data ?? {}).filter((answer) => answer !== null).length, 4);
  assert.equal((await as("slow", "{ counts { total } }")).status, 429);
});

Deno.test("what is changed by GraphQL is written down like everything else", async () => {
  const { as, written } = guarded();
  await as("root", `mutation { ${SUBMIT("j", "q")} cancelJob(id: "none") { id } }`);
  await as("reader", `mutation { ${SUBMIT("k", "q")} }`);
  assert.deepEqual(written.map(({ who, action, status }) => [who, action, status]), [
    ["root", "submitJob", 202],
    ["root", "cancelJob", 404],
    ["reader", "submitJob", 403],
  ]);
});
