import assert from "node:assert/strict";
import { Fault } from "../../runtime/fault.ts";
import { BULK_IN_FLIGHT_MAX } from "../limits.ts";
import { bulkAnswer } from "../schemas/answers.ts";
import { drained, setup, StreamReader } from "../testing/setup.ts";

const NDJSON = { "content-type": "application/x-ndjson" };
const STREAMED = { ...NDJSON, "accept": "application/x-ndjson" };

Deno.test("POST /jobs takes an array, and a bad item rejects only itself", async () => {
  const { ask, jobs } = setup();
  const deep = `${"[".repeat(70)}${"]".repeat(70)}`;
  const answer = await ask("POST /jobs", {
    body: `[{"name":"a"}, 5, {"name":"b","priority":10}, {"name":"c","id":"x"},` +
      `{"name":"d","id":"x"}, {"name":"e","payload":${deep}}, {"name":"f"}]`,
  });
  assert.equal(answer.status, 202);
  const told = bulkAnswer.parse(answer.json);
  assert.deepEqual(told.jobs, [
    { index: 0, id: "job-1" },
    { index: 3, id: "x" },
    { index: 6, id: "job-2" },
  ]);
  const errors = told.errors.map(({ index, status, errors }) => [index, status, errors?.[0]?.path]);
  assert.deepEqual(errors, [[1, 400, ""], [2, 400, "priority"], [4, 409, "id"], [
    5,
    400,
    "payload",
  ]]);
  assert.deepEqual([told.accepted, told.rejected, jobs.records.size], [3, 4, 3]);
});

Deno.test("POST /jobs takes lines however they are cut", async () => {
  const { ask, jobs } = setup();
  const text = '{"name":"a"}\r\n\n{"name":"é","x":1}\n{"name":"b"}\n{oops\n{"name":"c"}';
  const bytes = new TextEncoder().encode(text);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
      controller.close();
    },
  });
  const answer = await ask("POST /jobs", { headers: NDJSON, body });
  const told = bulkAnswer.parse(answer.json);
  assert.deepEqual(told.jobs.map(({ index }) => index), [0, 2, 4]);
  assert.deepEqual(told.errors.map(({ index, status }) => [index, status]), [[1, 400], [3, 400]]);
  assert.equal(jobs.records.size, 3);
});

Deno.test("POST /jobs submits in parallel, but a bounded number at a time", async () => {
  const { ask, jobs } = setup();
  const gate = Promise.withResolvers<void>();
  jobs.gate = gate.promise;
  const body = '{"name":"a"}\n'.repeat(BULK_IN_FLIGHT_MAX * 2 + 100);
  const answering = ask("POST /jobs", { headers: NDJSON, body });
  while (jobs.inFlight < BULK_IN_FLIGHT_MAX) await drained();
  gate.resolve();
  const answer = await answering;
  assert.equal(answer.json.accepted, BULK_IN_FLIGHT_MAX * 2 + 100);
  assert.equal(jobs.inFlightPeak, BULK_IN_FLIGHT_MAX);
});

Deno.test("POST /jobs answers the fault when nothing was accepted because of it", async () => {
  const { ask, jobs } = setup();
  jobs.fault = new Fault("store.apply", "full", { message: "no space" });
  const answer = await ask("POST /jobs", { body: [{ name: "a" }, { name: "b" }] });
  assert.equal(answer.status, 503);
  assert.equal(answer.headers.get("retry-after"), "1");
  const mixed = await ask("POST /jobs", { body: [{ name: "a" }, {}] });
  assert.equal(mixed.status, 202);
  assert.equal(mixed.json.rejected, 2);
});

Deno.test("POST /jobs bounds a line and keeps its neighbours", async () => {
  const { ask } = setup({ limits: { bodyBytesMax: 100 } });
  const body = `{"name":"a"}\n{"name":"b","payload":"${"x".repeat(500)}"}\n{"name":"c"}\n`;
  const answer = await ask("POST /jobs", { headers: NDJSON, body });
  const told = bulkAnswer.parse(answer.json);
  assert.deepEqual([told.accepted, told.errors[0]?.index, told.errors[0]?.status], [2, 1, 413]);
});

Deno.test("POST /jobs streams each fate as soon as it is known, when asked to", async () => {
  const { fetch } = setup();
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const source = writable.getWriter();
  const encode = (text: string) => new TextEncoder().encode(text);
  const reader = new StreamReader(await fetch("POST /jobs", { headers: STREAMED, body: readable }));
  await source.write(encode('{"name":"a"}\n'));
  await reader.until('{"index":0,"id":"job-1"}\n');
  await source.write(encode('{"nam'));
  await source.write(encode('e":""}\n'));
  await reader.until('"index":1,"status":400');
  await source.close();
  assert.match(await reader.toEnd(), /\{"accepted":1,"rejected":1\}\n$/);
});

Deno.test("POST /jobs ends a stream that falls silent, and keeps what it accepted", async () => {
  const { fetch, clock, jobs } = setup({ limits: { streamIdleMs: 1_000 } });
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const source = writable.getWriter();
  source.closed.catch(() => {});
  const reader = new StreamReader(await fetch("POST /jobs", { headers: STREAMED, body: readable }));
  await source.write(new TextEncoder().encode('{"name":"a"}\n{"name":"cut'));
  await reader.until('"id":"job-1"');
  await drained();
  clock.advance(1_000);
  assert.match(await reader.toEnd(), /"accepted":1,"rejected":0,"incomplete":"nothing arrived/);
  assert.equal(jobs.records.size, 1);
});

Deno.test("POST /jobs ends a stream when the node stops", async () => {
  const { fetch, gateway } = setup();
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const source = writable.getWriter();
  source.closed.catch(() => {});
  const reader = new StreamReader(await fetch("POST /jobs", { headers: STREAMED, body: readable }));
  await source.write(new TextEncoder().encode('{"name":"a"}\n'));
  await reader.until('"id":"job-1"');
  const stopped = gateway.stop();
  assert.match(await reader.toEnd(), /"incomplete":"the node is stopping"/);
  await stopped;
});

Deno.test("POST /jobs reads no further while nobody reads its streamed answer", async () => {
  const { fetch, gateway, jobs } = setup();
  let pulled = 0;
  const lines = new TextEncoder().encode('{"name":"a"}\n'.repeat(100));
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (++pulled > 200) controller.close();
      else controller.enqueue(lines);
    },
  });
  const response = await fetch("POST /jobs", { headers: STREAMED, body });
  // As long as anything can go on without us, let it.
  for (let seen = -1; seen !== jobs.records.size;) {
    seen = jobs.records.size;
    await drained();
  }
  assert.ok(pulled < 150, `pulled ${pulled} of 200 chunks`);
  const reader = new StreamReader(response);
  assert.match(await reader.toEnd(), /\{"accepted":20000,"rejected":0\}\n$/);
  await gateway.stop();
});

Deno.test("POST /jobs refuses an Idempotency-Key, for which of the jobs would it be", async () => {
  const { ask, jobs } = setup();
  const key = { "idempotency-key": "k" };
  const lines = { "content-type": "application/x-ndjson", accept: "application/x-ndjson" };
  const collected = await ask("POST /jobs", { headers: key, body: [{ name: "a" }] });
  const streamed = await ask("POST /jobs", { headers: { ...key, ...lines }, body: '{"name":"a"}' });
  assert.deepEqual([collected.status, streamed.status], [400, 400]);
  assert.equal(jobs.records.size, 0);
});

Deno.test("POST /jobs refuses items that ask for a schedule, one by one", async () => {
  const { ask, jobs, schedules } = setup();
  const body = [{ name: "mail" }, { name: "mail", schedule: { every: "1h" } }];
  const { json } = await ask("POST /jobs", { body });
  const [error] = json.errors as { index: number; errors: { path: string }[] }[];
  assert.deepEqual([json.accepted, error?.index, error?.errors[0]?.path], [1, 1, "schedule"]);
  assert.deepEqual([jobs.records.size, schedules.records.size], [1, 0]);
});
