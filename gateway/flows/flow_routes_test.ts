import assert from "node:assert/strict";
import { flowActorId, flowJobId } from "../../actors/flow/ids.ts";
import type { FlowMessage } from "../../actors/flow/messages.ts";
import { draftOfJob } from "../../actors/job/codec.ts";
import { specOf } from "../../actors/job/testing/samples.ts";
import { type Answer, setup as gatewaySetup } from "../testing/setup.ts";
import { flowAnswer, flowPageAnswer } from "./flow_answers.ts";

const noop = { name: "noop" };
const JOBS = [
  { key: "charge", job: noop },
  { key: "ship", job: { name: "ship", payload: { to: 7 } }, dependsOn: ["charge"] },
  { key: "refund", job: noop, dependsOn: ["charge", { key: "ship", onFailure: "compensate" }] },
];

function setup() {
  const under = gatewaySetup();
  const { ask, flowSystem } = under;
  const create = (body: Record<string, unknown> = {}, headers = {}) =>
    ask("POST /flow", { body: { jobs: JOBS, ...body }, headers });
  /** Tells the flow as its node would. */
  const tell = (id: string, message: FlowMessage) =>
    flowSystem.ref<FlowMessage, unknown>("flow", flowActorId(id)).ask(message);
  /** Lets jobs end so. */
  const end = (id: string, ...ends: (readonly [number, "c" | "f"])[]) =>
    tell(id, {
      kind: "looked",
      run: 1,
      ends: ends.map(([node, end]) => ({ node, end })),
      gathered: [{ node: 1, ends: "c", parents: "{}" }],
    });
  return { ...under, create, tell, end };
}

const flowOf = ({ json }: Answer) => flowAnswer.parse(json);
const statesOf = (answer: Answer) => flowOf(answer).jobs.map(({ state }) => state);

Deno.test("POST /flow answers 202 with the flow and where it is", async () => {
  const { create, ask } = setup();
  const answer = await create({ id: "order-7" });
  assert.deepEqual([answer.status, answer.headers.get("location")], [202, "/flow/order-7"]);
  const { state, counts, jobs } = flowOf(answer);
  assert.deepEqual([state, counts.total, counts.waiting], ["running", 3, 3]);
  assert.deepEqual(jobs[2], {
    ...{ key: "refund", name: "noop", state: "waiting", jobId: null },
    dependsOn: [
      { key: "charge", onFailure: "fail" },
      { key: "ship", onFailure: "compensate" },
    ],
  });
  assert.deepEqual(flowOf(await ask("GET /flow/order-7")), flowOf(answer));
  assert.notEqual(flowOf(await create()).id, flowOf(await create()).id);
});

Deno.test("GET /flow/{id} shows how far it is", async () => {
  const { create, ask, tell, end } = setup();
  await create({ id: "f", callback: { name: "notify" } });
  await tell("f", { kind: "wake" });
  await end("f", [0, "c"]);
  assert.deepEqual(statesOf(await ask("GET /flow/f")), ["completed", "active", "waiting"]);
  await end("f", [1, "f"]);
  await tell("f", {
    ...{ kind: "looked", run: 1, ends: [] },
    gathered: [{ node: 2, ends: "cf", parents: "{}" }],
  });
  await end("f", [2, "c"]);
  const flow = flowOf(await ask("GET /flow/f"));
  assert.deepEqual([flow.state, flow.callbackJobId], ["failed", "f/~callback"]);
  assert.deepEqual(flow.jobs.map(({ jobId }) => jobId), ["f/charge", "f/ship", "f/refund"]);
  assert.deepEqual([flow.counts.completed, flow.counts.failed], [2, 1]);
});

Deno.test("POST /flow refuses an id that is taken, by a flow or by jobs that one left", async () => {
  const { create, flowSystem } = setup();
  await create({ id: "f" });
  const taken = await create({ id: "f" });
  assert.deepEqual([taken.status, taken.json["detail"]], [
    409,
    "id: a flow with this id exists: f",
  ]);
  const spec = specOf({ flowId: "g" });
  flowSystem.plant(draftOfJob(spec, { id: flowJobId("g", "a"), nowMs: flowSystem.nowMs }));
  const left = await create({ id: "g" });
  assert.deepEqual([left.status, left.json["detail"]], [
    409,
    "id: jobs of an earlier flow of this id exist: g",
  ]);
});

Deno.test("POST /flow with an Idempotency-Key may be repeated", async () => {
  const { create } = setup();
  const headers = { "idempotency-key": "order-7" };
  const first = await create({}, headers);
  const again = await create({}, headers);
  assert.deepEqual([first.status, again.status], [202, 200]);
  assert.equal(again.headers.get("idempotency-replayed"), "true");
  assert.equal(flowOf(again).id, flowOf(first).id);
  assert.equal((await create({ onFailure: "ignore" }, headers)).status, 422);
});

Deno.test("POST /flow names what does not hold together", async () => {
  const { create } = setup();
  const answer = await create({ jobs: [{ key: "a", job: noop, dependsOn: ["a"] }] });
  assert.deepEqual([answer.status, answer.json["type"]], [422, "urn:orrery:problem:unsound-flow"]);
  assert.match(String(answer.json["detail"]), /a → a/);
  assert.equal((await create({ jobs: [] })).status, 400);
});

Deno.test("DELETE /flow/{id} is 202 while jobs are stopped, 200 when none were open, 409 at its end", async () => {
  const { create, ask, tell, flowSystem } = setup();
  await create({ id: "f" });
  await tell("f", { kind: "wake" });
  const begun = await ask("DELETE /flow/f");
  assert.deepEqual([begun.status, flowOf(begun).state], [202, "cancelling"]);
  assert.deepEqual(flowSystem.effects.at(-1), { kind: "cancel", jobIds: ["f/charge"] });
  await create({ id: "g" });
  const done = await ask("DELETE /flow/g");
  assert.deepEqual([done.status, statesOf(done)], [200, ["cancelled", "cancelled", "cancelled"]]);
  const refused = await ask("DELETE /flow/g");
  assert.deepEqual([refused.status, refused.json["state"]], [409, "cancelled"]);
});

Deno.test("POST /flow/{id}/retry runs again what did not complete", async () => {
  const { create, ask, tell, end } = setup();
  await create({ id: "f" });
  assert.equal((await ask("POST /flow/f/retry")).status, 409);
  await tell("f", { kind: "wake" });
  await end("f", [0, "f"]);
  const again = await ask("POST /flow/f/retry");
  assert.deepEqual([again.status, flowOf(again).run], [200, 2]);
  assert.deepEqual(statesOf(again), ["active", "waiting", "waiting"]);
});

Deno.test("GET /flows lists the newest first, by state, a page at a time", async () => {
  const { create, ask } = setup();
  for (const id of ["a", "b", "c"]) await create({ id });
  await ask("DELETE /flow/b");
  const ids = async (query: string) => {
    const { flows, cursor } = flowPageAnswer.parse((await ask(`GET /flows${query}`)).json);
    return { ids: flows.map(({ id }) => id), cursor };
  };
  assert.deepEqual((await ids("")).ids, ["c", "b", "a"]);
  assert.deepEqual((await ids("?state=running")).ids, ["c", "a"]);
  const { ids: first, cursor } = await ids("?limit=2");
  assert.deepEqual(first, ["c", "b"]);
  assert.deepEqual((await ids(`?limit=2&cursor=${cursor}`)).ids, ["a"]);
  assert.equal((await ask("GET /flows?state=odd")).status, 400);
  assert.equal((await ask(`GET /flows?state=running&cursor=${cursor}`)).status, 400);
});

Deno.test("what is no flow is not found; what is unknown is said to be", async () => {
  const { create, ask, flowSystem } = setup();
  for (const request of ["GET /flow/none", "DELETE /flow/none", "POST /flow/none/retry"]) {
    assert.equal((await ask(request)).status, 404, request);
  }
  assert.equal((await ask("GET /flow/a%40b")).status, 400);
  await create({ id: "f" });
  flowSystem.troubles.push("busy", "deadline", "crashed");
  const statuses = [];
  for (let times = 0; times < 3; times++) statuses.push((await ask("DELETE /flow/f")).status);
  assert.deepEqual(statuses, [503, 504, 504]);
});
