import assert from "node:assert/strict";
import { CARRIED_INSERTS_MAX } from "../../runtime/limits.ts";
import { draftOfJob } from "../job/codec.ts";
import { specOf } from "../job/testing/samples.ts";
import { flowJobId } from "./ids.ts";
import { FLOW_JOB_KEPT_MIN_MS } from "./spec.ts";
import { jobPlan, planOf, type Shape } from "./testing/samples.ts";
import { type Ending, FLOW, World } from "./testing/world.ts";

/** Runs the flow of a shape; `ends` says how jobs end that do not complete. */
async function ran(
  shape: Shape,
  ends: Readonly<Record<string, Ending>> = {},
  overrides: Parameters<typeof planOf>[1] = {},
): Promise<World> {
  const world = new World(planOf(shape, overrides));
  await world.run((key) => ends[key] ?? "ok");
  return world;
}

const SAGA = { charge: [], ship: ["charge"], refund: ["charge", "ship compensate"] };
const DIAMOND = { a: [], b: ["a"], c: ["a"], d: ["b", "c"] };

Deno.test("a flow makes each job when its parents are over, and completes with the last (F1)", async () => {
  const { flow, made, completions } = await ran(DIAMOND);
  assert.deepEqual([flow.state, flow.nodes, flow.wakeAtMs], ["completed", "cccc", null]);
  assert.deepEqual(made, ["a", "b", "c", "d"]);
  assert.deepEqual([...completions.values()], [1, 1, 1, 1]);
});

/** What a failure of the saga's or another shape's jobs leads to: statuses and state. */
const POLICIES: [string, Shape, Readonly<Record<string, Ending>>, [string, string]][] = [
  ["fail: what follows is skipped", { a: [], b: ["a"], c: ["b"], d: [] }, { a: "fail" }, [
    "fssc",
    "failed",
  ]],
  ["fail, after a cancelled job", { a: [], b: ["a"] }, { a: "cancel" }, ["xs", "failed"]],
  ["ignore: the child runs, and all is well", { a: [], b: ["a ignore"] }, { a: "fail" }, [
    "fc",
    "completed",
  ]],
  ["ignore, after a skipped job", { a: [], b: ["a"], c: ["b ignore"] }, { a: "fail" }, [
    "fsc",
    "failed",
  ]],
  ["compensate: nothing failed, so it is skipped", SAGA, {}, ["ccs", "completed"]],
  ["compensate: it runs after a failure", SAGA, { ship: "fail" }, ["cfc", "failed"]],
  ["compensate: what never ran needs none", SAGA, { charge: "fail" }, ["fss", "failed"]],
  ["one edge that forbids is enough", { a: [], b: [], c: ["a ignore", "b"] }, { b: "fail" }, [
    "cfs",
    "failed",
  ]],
  ["ignored by one child, not by the other", { a: [], b: ["a ignore"], c: ["a"] }, { a: "fail" }, [
    "fcs",
    "failed",
  ]],
];

for (const [what, shape, ends, [nodes, state]] of POLICIES) {
  Deno.test(`policy ${what}`, async () => {
    const { flow } = await ran(shape, ends);
    assert.deepEqual([flow.nodes, flow.state], [nodes, state]);
  });
}

Deno.test("a batch: jobs without edges; the flow's own policy says whether a failure counts", async () => {
  const batch = { a: [], b: [], c: [] };
  assert.equal((await ran(batch, { b: "fail" })).flow.state, "failed");
  assert.equal((await ran(batch, { b: "fail" }, { onFailure: "ignore" })).flow.state, "completed");
});

Deno.test("a child is told what its parents left; a job without parents of nothing", async () => {
  const world = await ran(
    { a: [], b: [], c: ["b"], d: ["a", "b ignore", "c ignore"] },
    { b: "fail" },
  );
  assert.deepEqual(world.parentsOf("d"), {
    a: { state: "completed", result: "a" },
    b: { state: "failed", error: { name: "Error", message: "b failed" } },
    c: { state: "skipped" },
  });
  assert.equal(world.parentsOf("a"), null);
});

Deno.test("a job of a flow names it, and is kept long enough for its children", async () => {
  const retention = { completedMs: 1, failedMs: 9 * 86_400_000 };
  const plan = planOf({ a: [] });
  const nodes = [{ ...plan.nodes[0]!, ...jobPlan({ retention }) }];
  const world = new World({ ...plan, nodes });
  await world.run();
  const { spec } = world.job("a")!;
  assert.deepEqual([spec.flowId, spec.observer], [FLOW, `${FLOW}@flow`]);
  assert.deepEqual(spec.retention, { ...retention, completedMs: FLOW_JOB_KEPT_MIN_MS });
});

Deno.test("a delay counts from when the job is made, a time of day does not", async () => {
  const plan = planOf({ a: [], b: ["a"], c: ["a"] });
  const atMs = new World(plan).clock.wallMs() + 60_000;
  const nodes = plan.nodes.map((node, at) => ({
    ...node,
    delayMs: at === 1 ? 5_000 : 0,
    runAtMs: at === 2 ? atMs : null,
  }));
  const world = new World({ ...plan, nodes });
  world.wake();
  world.clock.advance(10_000);
  world.end("a", "ok");
  await world.settle();
  assert.equal(world.job("b")?.runAtMs, world.clock.wallMs() + 5_000);
  assert.equal(world.job("c")?.runAtMs, atMs);
});

Deno.test("the callback is made when all are over, and told how it went (F5)", async () => {
  const callback = jobPlan({ name: "notify", payload: '{"to":"ops"}' });
  const world = await ran({ a: [], b: ["a"] }, { a: "fail" }, { callback });
  const payload = JSON.parse(world.callback?.spec.payload ?? "null");
  assert.equal(payload.to, "ops");
  assert.deepEqual([payload.flow.id, payload.flow.state, payload.flow.failed], [
    FLOW,
    "failed",
    ["a"],
  ]);
  assert.equal(payload.flow.counts.skipped, 1);
});

Deno.test("an http callback posts the summary, unless it has a body of its own", async () => {
  const url = "https://example.com/";
  for (const [given, body] of [[{ url }, "completed"], [{ url, body: "done" }, undefined]]) {
    const callback = jobPlan({ name: "http", payload: JSON.stringify(given) });
    const world = await ran({ a: [] }, {}, { callback });
    const payload = JSON.parse(world.callback?.spec.payload ?? "null");
    assert.deepEqual([payload.url, payload.method, payload.body.state], [url, "POST", body]);
  }
});

Deno.test("cancel: what waits is given up, what runs is stopped, and no compensation begins", async () => {
  const world = new World(planOf({ ...SAGA, later: ["refund ignore"] }));
  world.wake();
  world.end("charge", "ok");
  await world.settle();
  assert.deepEqual(world.tell({ kind: "cancel" }), { kind: "stopping" });
  assert.deepEqual([world.flow.state, world.flow.nodes], ["cancelling", "conn"]);
  await world.settle();
  assert.deepEqual([world.flow.state, world.flow.nodes], ["cancelled", "cxnn"]);
  assert.equal(world.tell({ kind: "cancel" })?.kind, "refused");
});

Deno.test("cancel: with nothing open it is done at once", () => {
  const world = new World(planOf({ a: [] }));
  assert.deepEqual(world.tell({ kind: "cancel" }), { kind: "done" });
  assert.deepEqual([world.flow.state, world.made], ["cancelled", []]);
});

Deno.test("cancel: a lost word to a job is said again", async () => {
  const world = new World(planOf({ a: [] }));
  world.wake();
  world.tell({ kind: "cancel" }, { dies: true });
  world.wake();
  await world.settle();
  assert.equal(world.flow.state, "cancelled");
});

Deno.test("cancel: jobs that complete all the same win", async () => {
  const world = new World(planOf({ a: [] }));
  world.wake();
  world.tell({ kind: "cancel" }, { dies: true });
  world.end("a", "ok");
  await world.settle();
  assert.equal(world.flow.state, "completed");
});

Deno.test("retry: what did not complete runs again, in order, and hears of its parents anew", async () => {
  const shape = { a: [], b: ["a ignore"], c: ["a"], d: [] };
  const callback = jobPlan({ name: "notify" });
  const world = await ran(shape, { a: "fail", b: "fail" }, { callback });
  assert.equal(world.flow.nodes, "ffsc");
  assert.deepEqual(world.tell({ kind: "retry" }), { kind: "done" });
  await world.settle();
  assert.deepEqual(world.open, ["a"], "b waits for a again");
  await world.run();
  assert.deepEqual([world.flow.state, world.flow.nodes], ["completed", "cccc"]);
  assert.deepEqual(world.parentsOf("b"), { a: { state: "completed", result: "a" } });
  assert.deepEqual(Object.fromEntries(world.completions), { a: 1, b: 1, c: 1, d: 1 });
  assert.equal(JSON.parse(world.callback!.spec.payload).flow.state, "completed");
});

Deno.test("retry: after a cancel all that is missing is made", async () => {
  const world = new World(planOf(DIAMOND));
  world.wake();
  world.tell({ kind: "cancel" });
  await world.settle();
  assert.equal(world.flow.nodes, "xnnn");
  world.tell({ kind: "retry" });
  await world.settle();
  await world.run();
  assert.equal(world.flow.state, "completed");
});

Deno.test("retry: only a flow that failed or was cancelled", async () => {
  const world = new World(planOf({ a: [] }));
  assert.equal(world.tell({ kind: "retry" })?.kind, "refused");
  await world.run();
  assert.equal(world.tell({ kind: "retry" })?.kind, "refused");
});

Deno.test("retry: what was found before it is not taken for news (F6)", async () => {
  const world = await ran({ a: [], b: [] }, { a: "fail", b: "fail" });
  world.tell({ kind: "retry" });
  await world.settle();
  const stale = { run: 1, node: 0 } as const;
  world.tell({ ...stale, kind: "looked", ends: [{ node: 0, end: "f" }], gathered: [] });
  world.tell({ ...stale, kind: "retried", outcome: "gone" });
  assert.equal(world.flow.nodes, "oo");
});

Deno.test("retry of a job by itself changes nothing that is settled (F3)", async () => {
  const world = await ran({ a: [], b: ["a"] }, { a: "fail" });
  world.tellJob(flowJobId(FLOW, "a"), { kind: "retry" });
  world.end("a", "ok");
  await world.settle();
  assert.equal(world.flow.nodes, "fs");
  world.tell({ kind: "retry" });
  await world.settle();
  await world.run();
  assert.equal(world.flow.nodes, "cc");
  assert.equal(world.completions.get("a"), 1);
});

Deno.test("what was gathered of parents that ended otherwise meanwhile is not used, but asked for again", () => {
  const world = new World(planOf({ a: [], b: ["a ignore"] }));
  world.wake();
  world.end("a", "fail");
  const parents = '{"a":{"state":"completed"}}';
  world.tell({
    kind: "looked",
    run: 1,
    ends: [{ node: 0, end: "f" }],
    gathered: [{ node: 1, ends: "c", parents }],
  });
  assert.equal(world.flow.nodes, "fw");
});

Deno.test("a job whose id another one has counts as failed", async () => {
  const world = new World(planOf({ a: [] }));
  const id = flowJobId(FLOW, "a");
  const draft = draftOfJob(specOf(), { id, nowMs: world.clock.wallMs() });
  world.wake();
  world.rows.delete(id);
  world.insert(draft);
  world.wake();
  await world.settle();
  assert.equal(world.flow.nodes, "f");
});

Deno.test("more jobs than one commit takes are made step by step (F4)", async () => {
  const children = Array.from(
    { length: CARRIED_INSERTS_MAX + 50 },
    (_, at) => [`c${at}`, ["root"]],
  );
  const world = new World(planOf({ root: [], ...Object.fromEntries(children) }));
  world.wake();
  world.end("root", "ok");
  await world.settle();
  assert.deepEqual([world.made.length, world.commits - 2], [CARRIED_INSERTS_MAX + 51, 3]);
  await world.run();
  assert.equal(world.flow.state, "completed");
});

Deno.test("large jobs are made a few at a time (F4)", async () => {
  const plan = planOf(Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`n${at}`, []])));
  const payload = JSON.stringify("x".repeat(250_000));
  const world = new World({
    ...plan,
    nodes: plan.nodes.map((node) => ({ ...node, ...jobPlan({ payload }) })),
  });
  world.wake();
  assert.equal(world.made.length, 5);
  await world.settle();
  assert.equal(world.made.length, 12);
});

Deno.test("a flow looks less and less often while nothing is new", async () => {
  const world = new World(planOf({ a: [] }));
  world.wake();
  const pauses: number[] = [];
  for (let looks = 0; looks < 8; looks++) {
    pauses.push((world.flow.wakeAtMs! - world.clock.wallMs()) / 1_000);
    world.wake();
    await world.settle();
  }
  assert.deepEqual(pauses, [5, 10, 20, 40, 80, 160, 300, 300]);
});

Deno.test("a new owner looks at once: whatever was on its way is lost", async () => {
  const world = new World(planOf({ a: [], b: ["a"] }));
  world.wake();
  world.end("a", "ok");
  world.die();
  world.tell({ kind: "adopted" });
  await world.settle();
  assert.equal(world.flow.nodes, "co");
});

Deno.test("jobs of a flow bring their deadlines, and a step keeps to its bound (DL2, F4)", async () => {
  const sla = { startWithinMs: 1_000, finishWithinMs: null };
  const plan = planOf(Object.fromEntries(Array.from({ length: 70 }, (_, at) => [`n${at}`, []])));
  const nodes = plan.nodes.map((node) => ({ ...node, job: { ...node.job, sla } }));
  const world = new World({ ...plan, nodes });
  world.wake();
  const kinds = (kind: string) => [...world.rows.values()].filter((row) => row.kind === kind);
  assert.deepEqual([kinds("deadline").length, kinds("job").length], [50, 50]);
  await world.settle();
  assert.deepEqual([kinds("deadline").length, kinds("job").length], [70, 70]);
});
