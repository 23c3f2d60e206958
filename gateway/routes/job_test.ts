import assert from "node:assert/strict";
import { PAYLOAD_BYTES_MAX } from "../../actors/job/spec.ts";
import { jobAnswer, logAnswer, stepsAnswer } from "../schemas/answers.ts";
import { setup } from "../testing/setup.ts";

async function withJob() {
  const test = setup();
  await test.ask("POST /job", { body: { name: "mail", delay: "1h" } });
  return test;
}

Deno.test("GET /job/{id} answers the job, or 404", async () => {
  const { ask } = await withJob();
  const answer = await ask("GET /job/job-1");
  assert.equal(answer.status, 200);
  assert.equal(jobAnswer.parse(answer.json).state, "scheduled");
  const missing = await ask("GET /job/nope");
  assert.equal(missing.status, 404);
  assert.equal(missing.json.instance, "/job/nope");
  assert.equal(missing.headers.get("content-type"), "application/problem+json");
});

Deno.test("GET /job/{id} shows a scheduled job as pending once its time has come", async () => {
  const { ask, clock } = await withJob();
  clock.advance(3_599_999);
  assert.equal((await ask("GET /job/job-1")).json.state, "scheduled");
  clock.advance(1);
  assert.equal((await ask("GET /job/job-1")).json.state, "pending");
});

Deno.test("HEAD /job/{id} answers like GET, without a body", async () => {
  const { ask } = await withJob();
  const answer = await ask("HEAD /job/job-1");
  assert.deepEqual([answer.status, answer.text], [200, ""]);
  assert.equal((await ask("HEAD /job/nope")).status, 404);
});

Deno.test("DELETE /job/{id} cancels once, then conflicts", async () => {
  const { ask } = await withJob();
  const answer = await ask("DELETE /job/job-1");
  assert.deepEqual([answer.status, answer.json.state], [200, "cancelled"]);
  const again = await ask("DELETE /job/job-1");
  assert.deepEqual([again.status, again.json.state], [409, "cancelled"]);
});

Deno.test("POST /job/{id}/retry and /run obey the job's state", async () => {
  const { ask } = await withJob();
  assert.equal((await ask("POST /job/job-1/retry")).status, 409);
  const run = await ask("POST /job/job-1/run");
  assert.deepEqual([run.status, run.json.state], [200, "pending"]);
  await ask("DELETE /job/job-1");
  const retried = await ask("POST /job/job-1/retry");
  assert.deepEqual([retried.status, retried.json.state], [200, "pending"]);
});

Deno.test("POST /job/{id}/retry takes another payload, of the same bounds as a submission's", async () => {
  const { ask, jobs } = await withJob();
  await ask("DELETE /job/job-1");
  const cases: [unknown, number, string][] = [
    [{ payload: "x".repeat(PAYLOAD_BYTES_MAX) }, 413, "payload"],
    [{ payload: {}, name: "other" }, 400, "name"],
    [[], 400, ""],
    ["{", 400, ""],
  ];
  for (const [body, status, path] of cases) {
    const answer = await ask("POST /job/job-1/retry", { body });
    assert.equal(answer.status, status, answer.text);
    assert.ok(answer.text.includes(`"path":"${path}"`), answer.text);
  }
  assert.equal(jobs.records.get("job-1")?.job.state, "cancelled");
  const edited = await ask("POST /job/job-1/retry", { body: { payload: { to: "x" } } });
  assert.deepEqual([edited.status, edited.json.payload], [200, { to: "x" }]);
  await ask("DELETE /job/job-1");
  const emptied = await ask("POST /job/job-1/retry", { body: { payload: null } });
  assert.deepEqual([emptied.json.state, emptied.json.payload], ["pending", null]);
  await ask("DELETE /job/job-1");
  jobs.change("job-1", { spec: { ...jobs.records.get("job-1")!.job.spec, payload: "7" } });
  const plain = await ask("POST /job/job-1/retry", { body: {} });
  assert.deepEqual([plain.json.state, plain.json.payload], ["pending", 7]);
});

Deno.test("commands answer every outcome", async () => {
  const { ask, jobs } = await withJob();
  const record = jobs.change("job-1", { state: "running" });
  const cases = [
    [{ kind: "stopping", record }, 202],
    [{ kind: "missing" }, 404],
    [{ kind: "busy" }, 503],
    [{ kind: "unknown" }, 504],
  ] as const;
  for (const [outcome, status] of cases) {
    jobs.outcome = outcome;
    assert.equal((await ask("DELETE /job/job-1")).status, status, outcome.kind);
  }
});

Deno.test("GET /job/{id}/logs pages through the lines", async () => {
  const { ask, jobs } = await withJob();
  jobs.lines.set("job-1", ["one", "two", "three"]);
  const first = logAnswer.parse((await ask("GET /job/job-1/logs?limit=2")).json);
  assert.deepEqual(first, { lines: [{ n: 1, text: "one" }, { n: 2, text: "two" }], next: 2 });
  const second = logAnswer.parse((await ask("GET /job/job-1/logs?after=2")).json);
  assert.deepEqual(second, { lines: [{ n: 3, text: "three" }], next: 3 });
  const third = logAnswer.parse((await ask("GET /job/job-1/logs?after=3")).json);
  assert.deepEqual(third, { lines: [], next: 3 });
  assert.equal((await ask("GET /job/nope/logs")).status, 404);
});

Deno.test("GET /job/{id}/steps tells what attempts completed, in its order", async () => {
  const { ask, jobs } = setup();
  await ask("POST /job", { body: { name: "mail", id: "job-1" } });
  assert.deepEqual(stepsAnswer.parse((await ask("GET /job/job-1/steps")).json), { steps: [] });
  jobs.stepsOf.set("job-1", [{ name: 'char"ge', result: '{"id":7}' }, {
    name: "z",
    result: "null",
  }]);
  assert.deepEqual(stepsAnswer.parse((await ask("GET /job/job-1/steps")).json), {
    steps: [{ name: 'char"ge', result: { id: 7 } }, { name: "z", result: null }],
  });
  assert.equal((await ask("GET /job/nope/steps")).status, 404);
});
