import assert from "node:assert/strict";
import { createClient, JobNotCompletedError, RefusedError, UnreachableError } from "./client.ts";
import { setup } from "./testing/setup.ts";

const NO_ANSWER = Symbol("no answer");
const JOB = { id: "j1", name: "mail", state: "pending", payload: { to: "x" }, version: 1 };

/** What a scripted server says: a job, an answer, or nothing. */
type Line = Response | typeof NO_ANSWER | object;

interface Seen {
  readonly request: string;
  readonly key: string | null;
  readonly body: string;
}

/** A client whose server says `lines`, one per request; time passes at once and is noted. */
function scripted(...lines: Line[]) {
  const seen: Seen[] = [];
  const waits: number[] = [];
  const client = createClient({
    url: "http://node:1/",
    random: () => 0.5,
    wait: (ms) => Promise.resolve(void waits.push(ms)),
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const { pathname } = new URL(request.url);
      seen.push({
        request: `${request.method} ${pathname}`,
        key: request.headers.get("idempotency-key"),
        body: await request.text(),
      });
      const line = lines.shift();
      if (line === undefined) assert.fail(`nothing is scripted for ${request.method} ${pathname}`);
      if (line === NO_ANSWER) throw new TypeError("connection reset");
      return line instanceof Response ? line : Response.json(line);
    },
  });
  return { client, seen, waits };
}

function refusal(status: number, headers: Record<string, string> = {}, more = {}): Response {
  const document = {
    type: "urn:orrery:problem:x",
    title: "No",
    status,
    detail: "not now",
    ...more,
  };
  return new Response(JSON.stringify(document), {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}

function stream(...events: object[]): Response {
  const text = events.map((data, at) =>
    `id: ${at + 1}\nevent: job\ndata: ${JSON.stringify(data)}\n\n`
  );
  return new Response(text.join(""), { headers: { "content-type": "text/event-stream" } });
}

Deno.test("submit() repeats the same request under the same key until it is answered", async () => {
  const { client, seen, waits } = scripted(NO_ANSWER, refusal(504), refusal(502), JOB);
  const job = await client.submit("mail", { to: "x" });
  assert.equal(job.id, "j1");
  assert.equal(seen.length, 4);
  assert.match(seen[0]?.key ?? "", /^[0-9a-f]{32}$/);
  for (const { key, body } of seen) assert.deepEqual([key, body], [seen[0]?.key, seen[0]?.body]);
  assert.deepEqual(waits, [100, 200, 400]);
});

Deno.test("submit() makes another key for another job", async () => {
  const { client, seen } = scripted(JOB, JOB);
  await client.submit("mail", { to: "x" });
  await client.submit("mail", { to: "x" });
  assert.notEqual(seen[0]?.key, seen[1]?.key);
});

Deno.test("submit() waits as long as Retry-After says, and gives up when that is too long", async () => {
  const patient = scripted(refusal(503, { "retry-after": "7" }), refusal(429), JOB);
  await patient.client.submit("mail", null);
  assert.deepEqual(patient.waits, [7_000, 200]);
  const hopeless = scripted(refusal(503, { "retry-after": "3600" }));
  await assert.rejects(hopeless.client.submit("mail", null), RefusedError);
});

Deno.test("submit() tells a refusal with its document, without repeating it", async () => {
  const errors = [{ path: "name", message: "must be text" }];
  const { client, seen } = scripted(
    refusal(400, {}, { type: "urn:orrery:problem:invalid", errors }),
  );
  await assert.rejects(client.submit("", null), (error) => {
    assert.ok(error instanceof RefusedError);
    assert.deepEqual([error.status, error.kind, error.problem.errors], [400, "invalid", errors]);
    return true;
  });
  assert.equal(seen.length, 1);
});

Deno.test("submit() gives up after its attempts", async () => {
  const { client, seen } = scripted(...Array(6).fill(NO_ANSWER));
  await assert.rejects(client.submit("mail", null), UnreachableError);
  assert.equal(seen.length, 6);
});

Deno.test("submit() knows the job again that a lost answer was about, and no other", async () => {
  const own = scripted(NO_ANSWER, refusal(409), JOB);
  assert.equal((await own.client.submit("mail", { to: "x" }, { id: "j1" })).id, "j1");
  assert.deepEqual(own.seen.map(({ key }) => key), [null, null, null]);
  const shared = scripted(NO_ANSWER, refusal(409, {}, { id: "j1" }), JOB);
  assert.equal(
    (await shared.client.submit("mail", { to: "x" }, { unique: { key: "k" } })).id,
    "j1",
  );
  const others = scripted(NO_ANSWER, refusal(409), { ...JOB, payload: { to: "y" } });
  await assert.rejects(others.client.submit("mail", { to: "x" }, { id: "j1" }), RefusedError);
  const first = scripted(refusal(409));
  await assert.rejects(first.client.submit("mail", { to: "x" }, { id: "j1" }), RefusedError);
});

Deno.test("retry() is sent again only when nothing was accepted", async () => {
  const busy = scripted(refusal(503), JOB);
  await busy.client.job("j1").retry();
  assert.equal(busy.seen.length, 2);
  const lost = scripted(NO_ANSWER);
  await assert.rejects(lost.client.job("j1").retry(), UnreachableError);
});

Deno.test("cancel() takes a job for cancelled when the answer that said so was lost", async () => {
  const lost = scripted(NO_ANSWER, refusal(409), { ...JOB, state: "cancelled" });
  assert.equal((await lost.client.job("j1").cancel()).state, "cancelled");
  const over = scripted(refusal(409));
  await assert.rejects(over.client.job("j1").cancel(), RefusedError);
});

Deno.test("result() waits for the end that the events tell, and reads the job then", async () => {
  const done = { ...JOB, state: "completed", result: { sent: true } };
  const { client, seen, waits } = scripted(
    JOB,
    stream({ state: "running" }, { state: "completed" }),
    done,
  );
  assert.deepEqual(await client.job("j1").result(), { sent: true });
  assert.deepEqual(seen.map(({ request }) => request), [
    ...["GET /job/j1", "GET /job/j1/events", "GET /job/j1"],
  ]);
  assert.deepEqual(waits, []);
});

Deno.test("result() polls when the events are refused, break off or are no answer", async () => {
  const done = { ...JOB, state: "completed", result: 7 };
  const { client, waits } = scripted(
    JOB,
    refusal(503),
    JOB,
    stream({ state: "running" }),
    JOB,
    NO_ANSWER,
    done,
  );
  assert.equal(await client.job("j1").result(), 7);
  assert.deepEqual(waits, [1_000, 1_000, 1_000]);
});

Deno.test("result() rejects with the job that failed, and with the signal's reason", async () => {
  const error = { name: "TypeError", message: "no list" };
  const failed = scripted({ ...JOB, state: "failed", error });
  await assert.rejects(failed.client.job("j1").result(), (thrown) => {
    assert.ok(thrown instanceof JobNotCompletedError);
    assert.deepEqual(thrown.job.error, error);
    return true;
  });
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(scripted(NO_ANSWER).client.job("j1").result({ signal }), /enough/);
});

Deno.test("events() go on behind the last one after a break, and end with the job", async () => {
  const { client, waits } = scripted(
    stream({ state: "pending" }),
    NO_ANSWER,
    stream({ state: "running" }, { state: "failed" }, { state: "running" }),
  );
  const states: string[] = [];
  for await (const { state } of client.job("j1").events()) states.push(state);
  assert.deepEqual(states, ["pending", "running", "failed"]);
  assert.equal(waits.length, 2);
});

Deno.test("events() of no job are refused at once", async () => {
  const { client } = scripted(refusal(404));
  await assert.rejects(client.job("j1").events().next(), RefusedError);
});

Deno.test("every call carries the key, streams too", async () => {
  const shown: (string | null)[] = [];
  const client = createClient({
    url: "http://node:1",
    key: "orrery_secret",
    fetch: (input, init) => {
      const request = new Request(input, init);
      shown.push(request.headers.get("authorization"));
      return Promise.resolve(
        request.url.endsWith("/events") ? stream({ state: "completed" }) : Response.json(JOB),
      );
    },
  });
  const job = await client.submit("mail", null);
  for await (const _ of job.events());
  assert.deepEqual(shown, ["Bearer orrery_secret", "Bearer orrery_secret"]);
});

Deno.test("events() of all jobs go on behind the last one, and tell what is missing", async () => {
  const asked: (string | null)[] = [];
  const streams = [
    'id: b:7\nevent: job\ndata: {"jobId":"j1"}\n\n',
    'event: reset\ndata: {"detail":"gone"}\n\nid: b:9\nevent: job\ndata: {"jobId":"j2"}\n\n',
  ];
  const client = createClient({
    url: "http://node:1",
    wait: () => Promise.resolve(),
    fetch: (_, init) => {
      asked.push(new Headers(init?.headers).get("last-event-id"));
      return Promise.resolve(new Response(streams.shift()));
    },
  });
  const seen: string[] = [];
  for await (const event of client.events({ after: "b:6" })) {
    seen.push(event.kind === "job" ? event.id : event.detail);
    if (seen.length === 3) break;
  }
  assert.deepEqual([seen, asked], [["b:7", "gone", "b:9"], ["b:6", "b:7"]]);
});

Deno.test("the calls are ones that the gateway takes", async () => {
  const { gateway } = setup();
  const client = createClient({
    url: "http://127.0.0.1",
    fetch: async (input, init) => await gateway.fetch(new Request(input, init)),
  });
  const job = await client.submit("mail", { to: "x" }, { delay: "1h", tags: ["eu"] });
  assert.equal((await job.get()).state, "scheduled");
  assert.equal((await client.jobs({ state: "scheduled" })).jobs.length, 1);
  assert.equal((await job.cancel()).state, "cancelled");
  await assert.rejects(job.result(), JobNotCompletedError);
  await client.queues.put("mail", { paused: true });
  assert.equal((await client.queues.get("mail")).paused, true);
  const flow = await client.flows.submit({ id: "f1", jobs: [{ key: "a", job: { name: "mail" } }] });
  assert.equal(flow.id, "f1");
  assert.equal((await client.flows.list()).flows.length, 1);
  const spec = { every: "1h", job: { name: "mail" } };
  await client.schedules.put("s1", spec);
  assert.equal((await client.schedules.list()).schedules[0]?.id, "s1");
  assert.equal((await client.schedules.pause("s1")).state, "paused");
  assert.equal((await client.schedules.resume("s1")).state, "active");
  assert.equal(((await client.schedules.next("s1", 2)).next as unknown[]).length, 2);
  assert.match(String((await client.schedules.trigger("s1")).jobId), /^s1@/);
  assert.equal((await client.schedules.preview({ every: "1h" })).next !== undefined, true);
  await client.schedules.delete("s1");
  assert.equal((await client.counts()).total, 1);
  await (await client.submit("mail", null, { delay: "1h" })).runNow();
  assert.deepEqual((await job.logs()).lines, []);
});
