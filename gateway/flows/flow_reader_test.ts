import assert from "node:assert/strict";
import { FLOW_EDGES_MAX, FLOW_NODES_MAX } from "../../actors/flow/spec.ts";
import { PAYLOAD_BYTES_MAX, RETENTION_DEFAULT, RETRY_DEFAULT } from "../../actors/job/spec.ts";
import { Problem } from "../http/problem.ts";
import { FlowReader, type FlowSubmission } from "./flow_reader.ts";

const reader = new FlowReader({
  retention: RETENTION_DEFAULT,
  retryOf: (name) => name === "patient" ? { ...RETRY_DEFAULT, attempts: 9 } : undefined,
});

function read(value: unknown, idempotencyKey: string | null = null): FlowSubmission | Problem {
  return reader.read(value, { idempotencyKey, traceId: "t1" });
}

function accepted(value: unknown, key: string | null = null): FlowSubmission {
  const result = read(value, key);
  return result instanceof Problem ? assert.fail(result.detail) : result;
}

/** `status path: message` of every problem. */
function refusals(value: unknown, key: string | null = null): readonly string[] {
  const result = read(value, key);
  if (!(result instanceof Problem)) assert.fail("it was accepted");
  return (result.more.errors ?? []).map(({ path, message }) =>
    `${result.status} ${path}: ${message}`
  );
}

const job = { name: "noop" };
const node = (key: string, ...dependsOn: unknown[]) => ({ key, job, dependsOn });

Deno.test("a request becomes a plan: keys, edges with their policies, defaults", () => {
  const { plan, naming } = accepted({
    id: "order-7",
    onFailure: "ignore",
    jobs: [
      { job: { name: "charge", payload: { n: 1 }, delay: "5s" } },
      node("ship", "charge", { key: "pack", onFailure: "fail" }),
      node("refund", { key: "ship", onFailure: "compensate" }),
      { key: "pack", job: { name: "patient", runAt: "2027-01-01T00:00:00Z" } },
    ],
    callback: { name: "notify", payload: { to: "ops" } },
  });
  assert.deepEqual(naming, { kind: "own", id: "order-7" });
  assert.deepEqual(plan.nodes.map(({ key, edges }) => [key, edges]), [
    ["charge", []],
    ["ship", [{ parent: 0, policy: "ignore" }, { parent: 3, policy: "fail" }]],
    ["refund", [{ parent: 1, policy: "compensate" }]],
    ["pack", []],
  ]);
  const [charge, , , pack] = plan.nodes;
  assert.deepEqual([charge?.job.payload, charge?.delayMs, charge?.runAtMs], [
    '{"n":1}',
    5_000,
    null,
  ]);
  assert.deepEqual([pack?.job.retry.attempts, pack?.runAtMs], [9, Date.UTC(2027, 0, 1)]);
  assert.equal(plan.callback?.job.payload, '{"to":"ops"}');
  assert.deepEqual([plan.traceId, plan.fingerprint], ["t1", null]);
});

Deno.test("an Idempotency-Key names a flow and marks its request, whatever the order of its fields", () => {
  const one = accepted({ jobs: [{ key: "a", job }] }, "k");
  const other = accepted({ jobs: [{ job, key: "a" }] }, "k");
  assert.deepEqual(one.naming, { kind: "idempotent", key: "k" });
  assert.equal(one.plan.fingerprint, other.plan.fingerprint);
  assert.deepEqual(accepted({ jobs: [{ job }] }).naming, { kind: "generated" });
  assert.match(refusals({ id: "a", jobs: [{ job }] }, "k")[0]!, /^400 id: .*exclude each other/);
});

/** Requests that hold no flow, and what is said of them. */
const REFUSED: [string, unknown, readonly string[]][] = [
  ["no object", 7, ["400 : must be of type object"]],
  ["no jobs", { jobs: [] }, ["400 jobs: must be at least one job"]],
  ["a key that is none", { jobs: [{ key: "~callback", job }] }, [
    "400 jobs[0].key: must be 1 to 100 of A-Z a-z 0-9 . _ : - and start with a letter or digit",
  ]],
  ["an id and a schedule in a job", { jobs: [{ job: { ...job, id: "x", schedule: {} } }] }, [
    "400 jobs[0].job.id: is the flow's to say: <flow>/<key> is the job's id, dependsOn its time",
    "400 jobs[0].job.schedule: is the flow's to say: <flow>/<key> is the job's id, dependsOn its time",
  ]],
  ["two times", { jobs: [{ job: { ...job, runAt: "2027-01-01T00:00:00Z", delay: 1 } }] }, [
    "400 jobs[0].job.delay: runAt and delay exclude each other",
  ]],
  ["a policy that is none", { jobs: [{ job }], onFailure: "retry" }, [
    "400 onFailure: must be one of fail, ignore, compensate",
  ]],
  ["a parent of no form", { jobs: [node("a", 7)] }, [
    "400 jobs[0].dependsOn[0]: must be a key, or {key, onFailure}",
  ]],
  ["double keys", { jobs: [node("a"), node("a"), { job }, { job }] }, [
    "422 jobs[1].key: a is the key of jobs[0]",
    "422 jobs[3].key: noop is the key of jobs[2]; it needs a key of its own",
  ]],
  ["unknown and double parents", { jobs: [node("a"), node("b", "a", "c", { key: "a" })] }, [
    "422 jobs[1].dependsOn[1]: there is no job with the key c",
    "422 jobs[1].dependsOn[2]: a is named twice",
  ]],
  ["a job that waits for itself", { jobs: [node("a", "a")] }, [
    "422 jobs: wait for one another in a ring, so none of them would ever run: a → a",
  ]],
  ["a ring", { jobs: [node("x"), node("a", "x", "c"), node("b", "a"), node("c", "b")] }, [
    "422 jobs: wait for one another in a ring, so none of them would ever run: a → b → c → a",
  ]],
  ["a callback's payload without room", { jobs: [{ job }], callback: { ...job, payload: [1] } }, [
    "400 callback.payload: must be an object, or left out",
  ]],
  ["payloads that are too large", {
    jobs: [{ job }, { key: "b", job: { ...job, payload: "x".repeat(PAYLOAD_BYTES_MAX) } }],
  }, [`413 jobs[1].job.payload: must be at most ${PAYLOAD_BYTES_MAX} bytes of JSON`]],
];

for (const [what, value, told] of REFUSED) {
  Deno.test(`refused: ${what}`, () => assert.deepEqual(refusals(value), told));
}

Deno.test("a flow has a largest number of jobs and of dependencies", () => {
  const jobs = Array.from({ length: FLOW_NODES_MAX }, (_, at) => node(`n${at}`));
  assert.equal(accepted({ jobs }).plan.nodes.length, FLOW_NODES_MAX);
  assert.match(refusals({ jobs: [...jobs, node("more")] })[0]!, /^422 jobs: .*there are 2001$/);
  const roots = jobs.slice(0, 101);
  const keys = roots.map(({ key }) => key);
  const wide = jobs.slice(101, 201).map(({ key }) => node(key, ...keys));
  assert.equal(100 * keys.length > FLOW_EDGES_MAX, true);
  assert.match(refusals({ jobs: [...roots, ...wide] })[0]!, /^422 jobs: .*there are 10100$/);
});

Deno.test("a long ring is not told in full", () => {
  const jobs = Array.from({ length: 50 }, (_, at) => node(`n${at}`, `n${(at + 49) % 50}`));
  assert.match(refusals({ jobs })[0]!, /run: n\d+( → n\d+){9} → …$/);
});
