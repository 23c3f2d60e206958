import assert from "node:assert/strict";
import fc from "fast-check";
import { Fault, InvariantError } from "../../runtime/fault.ts";
import { type ActorId, actorId, type ShardId } from "../../runtime/ids.ts";
import { lineOfLane, type Snapshot } from "../../runtime/snapshot.ts";
import {
  decodeJob,
  draftOfJob,
  encodeJob,
  label,
  laneOf,
  newJob,
  parseTally,
  queueOfLane,
} from "./codec.ts";
import { JOB_STATES } from "./messages.ts";
import { type JobSpec, TAGS_MAX } from "./spec.ts";
import { contextOf, jobIn, NOW_MS, specOf } from "./testing/samples.ts";

const { id } = contextOf();

function snapshotOf(spec: JobSpec, overrides: Partial<Snapshot> = {}): Snapshot {
  const draft = draftOfJob(spec, { id, nowMs: NOW_MS });
  return { ...draft, shard: 0 as ShardId, version: 1, ...overrides };
}

const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
const plain = { noNullPrototype: true };
const specs: fc.Arbitrary<JobSpec> = fc.record({
  name: fc.string(),
  payload: fc.json(),
  queue: fc.string(),
  priority: fc.nat(9),
  runAtMs: fc.nat(4_000_000_000_000),
  retry: fc.record({
    attempts: fc.integer({ min: 1, max: 100 }),
    backoff: fc.constantFrom("exponential", "fixed"),
    baseMs: fc.nat(),
    factor: fc.double({ min: 1, max: 100, noNaN: true }),
    maxMs: fc.nat(),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }).filter((jitter) => !Object.is(jitter, -0)),
    on: fc.array(fc.string(), { maxLength: 3 }),
    notOn: fc.array(fc.string(), { maxLength: 3 }),
  }, plain),
  timeoutMs: maybe(fc.nat()),
  sla: fc.record({ startWithinMs: maybe(fc.nat()), finishWithinMs: maybe(fc.nat()) }, plain),
  delivery: fc.constantFrom("at-least-once", "at-most-once"),
  tags: fc.uniqueArray(fc.string(), { maxLength: 5 }),
  retention: fc.record({ completedMs: fc.nat(), failedMs: fc.nat() }, plain),
  concurrencyKey: maybe(fc.string()),
  traceId: maybe(fc.string()),
  fingerprint: maybe(fc.string()),
  scheduleId: fc.string(),
  nominalAtMs: fc.integer({ min: 0, max: NOW_MS }),
  observer: fc.constantFrom(actorId("a@schedule")),
  flowId: fc.string(),
  parents: fc.string(),
  parentSpanId: fc.string(),
}, { ...plain, requiredKeys: ["name", "payload"] }).map((some) => specOf(some));

Deno.test("decodeJob() reads back every spec that draftOfJob() writes (C1)", () => {
  fc.assert(fc.property(specs, (spec) => {
    const snapshot = snapshotOf(spec);
    assert.deepEqual(decodeJob(snapshot), newJob(spec, NOW_MS));
    JSON.parse(snapshot.body);
    JSON.parse(snapshot.head);
  }));
});

Deno.test("draftOfJob() stores a plain pending job in a few bytes beyond its payload", () => {
  const payload = JSON.stringify({ text: "x".repeat(100) });
  const draft = draftOfJob(specOf({ name: "send-invoice", payload }), { id, nowMs: NOW_MS });
  assert.equal(draft.head, '{"s":1}');
  assert.equal(draft.body, `[${payload.length},${payload},{"n":"send-invoice"}]`);
  assert.ok(draft.body.length <= payload.length + 40);
});

Deno.test("draftOfJob() embeds the payload as it came, whatever it looks like", () => {
  for (const payload of ['{ "a" : 1 }', '"],{\\"n\\":"', "[]", "null", '"🦉,"', "1,2"]) {
    assert.equal(decodeJob(snapshotOf(specOf({ payload }))).spec.payload, payload);
  }
});

Deno.test("newJob() is pending when due and scheduled when not", () => {
  assert.equal(newJob(specOf(), NOW_MS).state, "pending");
  assert.equal(newJob(specOf(), NOW_MS - 1).state, "scheduled");
});

Deno.test("newJob() drops repeated tags, which a snapshot's labels must not have, and bounds them", () => {
  const job = newJob(specOf({ tags: ["eu", "b", "eu"] }), NOW_MS);
  assert.deepEqual(job.spec.tags, ["eu", "b"]);
  const many = Array.from({ length: TAGS_MAX + 1 }, (_, at) => `tag-${at}`);
  assert.throws(() => newJob(specOf({ tags: many }), NOW_MS), InvariantError);
});

Deno.test("encodeJob() indexes a job by its state, name, queue, tags, schedule and flow", () => {
  const made = { scheduleId: "nightly", flowId: "order-7" };
  const spec = specOf({ queue: "mail", priority: 7, tags: ["eu"], ...made });
  assert.deepEqual(encodeJob(jobIn("pending", { spec })).index, {
    wakeAtMs: NOW_MS,
    lane: "job/mail",
    rank: 7,
    expireAtMs: null,
    labels: [
      "state=pending",
      "name=noop",
      "queue=mail",
      "tag=eu",
      "schedule=nightly",
      "flow=order-7",
    ],
    tally: "mail/pending",
  });
});

Deno.test("encodeJob() wakes exactly the jobs that wait for a time or a slot", () => {
  for (const state of JOB_STATES) {
    const job = jobIn(state);
    const waits = ["scheduled", "pending", "retrying"].includes(state);
    assert.equal(encodeJob(job).index.wakeAtMs, waits ? job.runAtMs : null, state);
  }
  assert.equal(encodeJob(jobIn("pending", { waiting: "handler" })).index.wakeAtMs, null);
});

Deno.test("encodeJob() lets finished jobs expire after the retention of their end", () => {
  const spec = specOf({ retention: { completedMs: 10, failedMs: 500 } });
  const expiry = JOB_STATES.map((state) => encodeJob(jobIn(state, { spec })).index.expireAtMs);
  const end = NOW_MS - 1;
  assert.deepEqual(expiry, [null, null, null, null, end + 10, end + 500, end + 500]);
});

Deno.test("parseTally() reads queue and state back, whatever the queue is called", () => {
  fc.assert(fc.property(fc.string(), fc.constantFrom(...JOB_STATES), (queue, state) => {
    const { tally } = encodeJob(jobIn(state, { spec: specOf({ queue }) })).index;
    assert.deepEqual(parseTally(tally), { queue, state });
  }));
  assert.equal(parseTally("queue"), undefined);
  assert.equal(parseTally("mail/unheard"), undefined);
});

Deno.test("label names what jobs are found by", () => {
  assert.equal(label.schedule("nightly"), "schedule=nightly");
  assert.equal(label.flow("order-7"), "flow=order-7");
});

Deno.test("decodeJob() refuses what it does not know, and says which field", () => {
  const body = snapshotOf(specOf()).body;
  const head = (text: string, problem: RegExp) => ({ part: { head: text }, problem });
  const bodied = (text: string, problem: RegExp) => ({ part: { body: text }, problem });
  const cases = [
    head("", /head: is not JSON/),
    head("[]", /head: is not an object/),
    head("{}", /field "s" is not a state/),
    head('{"s":7}', /field "s" is not a state/),
    head('{"s":"1"}', /field "s" is not a number/),
    head('{"s":1,"q":1}', /unknown field "q"/),
    head('{"s":1,"__proto__":1}', /unknown field "__proto__"/),
    head('{"s":1,"k":1}', /field "k" is not a text/),
    head('{"s":1,"a":{}}', /field "a" is not a list/),
    head('{"s":1,"a":[[1]]}', /list of attempts/),
    head('{"s":2,"r":[1,"t"]}', /running attempt/),
    head('{"s":5,"e":["Error"]}', /\[name, message, stack\]/),
    head('{"s":5,"e":["Error","m",1]}', /stack/),
    head('{"s":5,"x":["pause"]}', /service levels/),
    bodied("", /body: is not \[length/),
    bodied("{}", /body: is not \[length/),
    bodied('[9,null,{"n":"noop"}]', /body: is not \[length/),
    bodied("[4,null,{}]", /has no name/),
    bodied('[4,null,{"n":"noop"', /body: is not \[length/),
    bodied('[4,null,{"n":"noop","u":1}]', /unknown field "u"/),
    bodied('[4,null,{"n":"noop","g":[1]}]', /field "g" is not a list of texts/),
    bodied('[4,null,{"n":"noop","k":[1]}]', /pair of numbers/),
    bodied('[4,null,{"n":"noop","y":{"z":1}}]', /retry: unknown field "z"/),
  ];
  for (const { part, problem } of cases) {
    assert.throws(
      () => decodeJob(snapshotOf(specOf(), { body, ...part })),
      (thrown) =>
        thrown instanceof Fault && thrown.code === "corrupt" && problem.test(thrown.message),
      JSON.stringify(part),
    );
  }
});

Deno.test("draftOfJob() leaves the id to the caller", () => {
  const own: ActorId = actorId("order-7/charge");
  assert.equal(draftOfJob(specOf(), { id: own, nowMs: NOW_MS }).id, own);
});

Deno.test("laneOf() gives each queue and key a lane of its own, from which the queue can be told", () => {
  const text = fc.string({ maxLength: 12, unit: "binary" });
  const key = fc.option(text);
  fc.assert(fc.property(text, key, text, key, (queue, key, otherQueue, otherKey) => {
    const lane = laneOf(queue, key);
    assert.equal(lane === laneOf(otherQueue, otherKey), queue === otherQueue && key === otherKey);
    assert.equal(queueOfLane(lane), queue);
    assert.equal(lineOfLane(lane), laneOf(queue));
  }));
  assert.equal(laneOf("mail", "a/b"), "job/mail/a/b");
  assert.equal(queueOfLane("schedule/due"), null);
});

Deno.test("a job remembers the version of its latest news, and is stored as before without any", () => {
  const told = { ...jobIn("running"), newsVersion: 4 };
  const { head } = encodeJob(told);
  assert.equal(decodeJob(snapshotOf(told.spec, { head })).newsVersion, 4);
  assert.ok(!encodeJob(jobIn("running")).head.includes('"n"'));
});
