import assert from "node:assert/strict";
import { drained, setup, StreamReader } from "../testing/setup.ts";
import { TOKENS_MAX } from "./bounds.ts";

type Test = ReturnType<typeof setup>;
type Errors = readonly {
  readonly message: string;
  readonly path?: readonly unknown[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}[];

/** Sends a document; `data` and `errors` of its answer. */
async function send({ ask }: Test, query: string, variables: Record<string, unknown> = {}) {
  const { status, json, headers, text } = await ask("POST /graphql", {
    body: { query, variables },
  });
  // Tests look into answers of every shape; the assertions are what checks them.
  const data = json["data"] as Record<string, Record<string, unknown>> | undefined;
  return { status, data, errors: (json["errors"] ?? []) as Errors, headers, text };
}

Deno.test("POST /graphql submits a job and reads it", async () => {
  const test = setup();
  const made = await send(
    test,
    "mutation($job: JobInput!) { submitJob(job: $job) { id state payload } }",
    { job: { name: "mail", id: "j1", payload: { to: ["x"] }, delay: "1h", tags: ["eu"] } },
  );
  assert.deepEqual(made.errors, []);
  assert.deepEqual(made.data?.["submitJob"], {
    ...{ id: "j1", state: "scheduled", payload: { to: ["x"] } },
  });
  const { data, errors } = await send(
    test,
    `{ job(id: "j1") { name tags attempts { number } schedule { id } logs { lines { text } } }
       jobs(tag: "eu") { nodes { id } cursor } counts { total states { state count } } }`,
  );
  assert.deepEqual(errors, []);
  assert.deepEqual(data?.["job"], {
    ...{ name: "mail", tags: ["eu"], attempts: [], schedule: null, logs: { lines: [] } },
  });
  assert.deepEqual(data?.["jobs"], { nodes: [{ id: "j1" }], cursor: null });
  assert.equal(data?.["counts"]?.["total"], 1);
});

Deno.test("POST /graphql takes payloads in the document, and many jobs", async () => {
  const test = setup();
  const { data } = await send(
    test,
    `mutation { submitJobs(jobs: [{ name: "a", payload: { n: [1, { deep: true }] } }, { name: "" }])
       { accepted rejected jobs { index id } errors { index status errors { path } } } }`,
  );
  const { accepted, rejected, jobs, errors } = data?.["submitJobs"] ?? {};
  assert.deepEqual([accepted, rejected], [1, 1]);
  assert.deepEqual(errors, [{ index: 1, status: 400, errors: [{ path: "name" }] }]);
  const [{ id }] = jobs as [{ id: string }];
  const read = await send(test, "query($id: ID!) { job(id: $id) { payload } }", { id });
  assert.deepEqual(read.data?.["job"]?.["payload"], { n: [1, { deep: true }] });
});

Deno.test("POST /graphql changes schedules, flows and queues as the HTTP API does", async () => {
  const test = setup();
  const { data, errors } = await send(
    test,
    `mutation {
      putSchedule(id: "s1", schedule: { cron: "0 2 * * *", job: { name: "mail" } }) { id cron nextAt }
      pauseSchedule(id: "s1", note: "why") { state pauseNote }
      submitFlow(flow: { id: "f1", jobs: [{ key: "a", job: { name: "mail" } }] }) { id jobs { key } }
      setQueue(name: "mail", settings: { concurrency: 3 }) { name concurrency paused }
      silenceAlert(id: "none", for: "1h") { id }
    }`,
  );
  assert.equal(data?.["putSchedule"]?.["cron"], "0 2 * * *");
  assert.deepEqual(data?.["pauseSchedule"], { state: "paused", pauseNote: "why" });
  assert.deepEqual(data?.["submitFlow"], { id: "f1", jobs: [{ key: "a" }] });
  assert.deepEqual(data?.["setQueue"], { name: "mail", concurrency: 3, paused: false });
  assert.deepEqual(errors.map(({ path, extensions }) => [path, extensions?.["code"]]), [
    [["silenceAlert"], "not-found"],
  ]);
  const nested = await send(
    test,
    `{ schedule(id: "s1") { next(count: 2) { at } jobs { nodes { id } } } }`,
  );
  assert.deepEqual(nested.errors, []);
  assert.equal((nested.data?.["schedule"]?.["next"] as unknown[]).length, 2);
});

Deno.test("POST /graphql tells refusals with their code and fields", async () => {
  const test = setup();
  const { data, errors } = await send(
    test,
    `mutation { submitJob(job: { name: "mail", priority: 12 }) { id } }`,
  );
  assert.equal(data?.["submitJob"], null);
  assert.deepEqual(errors[0]?.path, ["submitJob"]);
  const { code, status, errors: fields } = errors[0]?.extensions ?? {};
  assert.deepEqual([code, status], ["invalid", 400]);
  assert.equal((fields as { path: string }[])[0]?.path, "priority");
  const none = await send(test, `{ job(id: "none") { id } schedule(id: "none") { id } }`);
  assert.deepEqual([none.data, none.errors], [{ job: null, schedule: null }, []]);
});

Deno.test("POST /graphql repeats a submission under its key", async () => {
  const test = setup();
  const query = `mutation { submitJob(job: { name: "mail" }, idempotencyKey: "k1") { id } }`;
  const [first, second] = [await send(test, query), await send(test, query)];
  assert.deepEqual(first.data, second.data);
});

Deno.test("POST /graphql tells nothing of our inside", async () => {
  const test = setup();
  test.jobs.counts = () => Promise.reject(new TypeError("secret path /etc"));
  const { data, errors, text } = await send(test, "{ counts { total } handlers { name } }");
  assert.equal(data?.["counts"], null);
  assert.equal(errors[0]?.extensions?.["code"], "internal");
  assert.doesNotMatch(text, /secret|TypeError|stack/);
  assert.match(test.logged.join(), /secret path/);
});

Deno.test("POST /graphql is described by introspection, and refuses it without end", async () => {
  const test = setup();
  const query = '{ __schema { queryType { name } types { name } } __type(name: "Job") { name } }';
  assert.equal((await send(test, query)).errors.length, 0);
  const deep =
    "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }";
  assert.match((await send(test, deep)).errors[0]?.message ?? "", /introspection depth/i);
});

Deno.test("POST /graphql refuses documents that ask for too much, before anything is asked", async () => {
  const test = setup();
  let asked = 0;
  test.jobs.get = () => Promise.resolve(void asked++);
  const aliases = Array.from({ length: 1_000 }, (_, at) => `a${at}: job(id: "x") { id }`).join(" ");
  const documents = [
    `{ ${aliases} }`,
    `{ ${aliases.slice(0, aliases.indexOf("a60:"))} }`,
    `{ job(id: 1) ${"{ flow ".repeat(50)}{ id }${" }".repeat(51)}`,
    `{ jobs(limit: 500) { nodes { logs { next } } } }`,
    "{".repeat(TOKENS_MAX * 20),
    "{ handlers { name } ".repeat(TOKENS_MAX),
  ];
  for (const document of documents) {
    const { status, errors, data } = await send(test, document);
    assert.deepEqual([status, data], [400, undefined], document.slice(0, 60));
    assert.ok(errors[0] !== undefined && errors[0].message.length < 200);
  }
  const many = "query($q: [String!]) { handlers { name } }";
  const ring = `${many} fragment f on Job { ...f }`;
  assert.ok((await send(test, ring)).errors.length > 0);
  assert.equal(asked, 0);
});

Deno.test("POST /graphql takes one document in JSON by POST, and has no page", async () => {
  const { ask } = setup();
  const query = "{ counts { total } }";
  const cases: [string, Parameters<Test["ask"]>[1], number][] = [
    ["GET /graphql", {}, 405],
    [`GET /graphql?query=${encodeURIComponent(query)}`, { headers: { accept: "text/html" } }, 405],
    ["POST /graphql", { body: [{ query }, { query }] }, 400],
    ["POST /graphql", { body: {} }, 400],
    ["POST /graphql", { body: { query, variables: "x" } }, 400],
    ["POST /graphql", { body: query, headers: { "content-type": "text/plain" } }, 415],
    ["POST /graphql", { body: query, headers: { "content-type": "application/graphql" } }, 415],
    ["POST /graphql", { body: "a=b", headers: { "content-type": "multipart/form-data" } }, 415],
    ["POST /graphql", { body: { query }, headers: { "sec-fetch-site": "cross-site" } }, 403],
  ];
  for (const [request, parts, status] of cases) {
    assert.equal((await ask(request, parts)).status, status, JSON.stringify(parts));
  }
});

/** A stream's reader, once the gateway listens for it. */
async function subscribe({ fetch }: Test, query: string) {
  const response = await fetch("POST /graphql", {
    body: { query },
    headers: { accept: "text/event-stream" },
  });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  return new StreamReader(response);
}

Deno.test("a subscription tells the changes that were asked for, and lets go when it is left", async () => {
  const test = setup();
  const reader = await subscribe(test, `subscription { jobEvents(name: "mail") { jobId state } }`);
  await test.ask("POST /job", { body: { name: "other", id: "o" } });
  await test.ask("POST /job", { body: { name: "mail", id: "m" } });
  const text = await reader.until('"m"');
  assert.match(
    text,
    /event: next\ndata: \{"data":\{"jobEvents":\{"jobId":"m","state":"\w+"\}\}\}/,
  );
  assert.doesNotMatch(text, /"o"/);
  assert.equal(test.jobs.feed.subscribers, 1);
  await reader.stop();
  assert.equal(test.jobs.feed.subscribers, 0);
});

Deno.test("a subscription that is left in silence lets go too", async () => {
  const test = setup();
  const reader = await subscribe(test, "subscription { jobEvents { jobId } }");
  assert.equal(test.jobs.feed.subscribers, 1);
  await reader.stop();
  await drained();
  assert.equal(test.jobs.feed.subscribers, 0);
});

Deno.test("a subscription to one job ends with it, and to none is refused", async () => {
  const test = setup();
  await test.ask("POST /job", { body: { name: "mail", id: "m", delay: "1h" } });
  const reader = await subscribe(test, `subscription { job(id: "m") { state } }`);
  await reader.until("scheduled");
  await test.ask("DELETE /job/m");
  assert.match(await reader.toEnd(), /cancelled[^]*event: complete/);
  const none = await subscribe(test, `subscription { job(id: "none") { state } }`);
  assert.match(await none.toEnd(), /"code":"not-found"/);
});

Deno.test("a subscription ends when the node stops", async () => {
  const test = setup();
  const reader = await subscribe(test, "subscription { jobEvents { jobId } }");
  await test.gateway.stop();
  assert.match(await reader.toEnd(), /"code":"bye"/);
});
