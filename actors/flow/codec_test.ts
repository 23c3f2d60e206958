import assert from "node:assert/strict";
import { Fault } from "../../runtime/fault.ts";
import { actorId, type ShardId } from "../../runtime/ids.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import { NOW_MS } from "../job/testing/samples.ts";
import { decodeFlow, draftOfFlow, encodeFlow, readFlowJob } from "./codec.ts";
import { callbackId, flowActorId, flowIdOf, flowJobId, isFlowId } from "./ids.ts";
import { countsOf, type FlowState } from "./state.ts";
import { jobPlan, planOf } from "./testing/samples.ts";

const PLAN = planOf({ a: [], b: ["a ignore"], c: ["a", "b compensate"] }, {
  onFailure: "ignore",
  callback: { ...jobPlan({ payload: '{"text":"],[ \\" ü"}' }), delayMs: 500 },
  fingerprint: "f00d",
});

function snapshotOf(plan = PLAN): Snapshot {
  return { ...draftOfFlow(plan, { id: "f", nowMs: NOW_MS }), shard: 0 as ShardId, version: 1 };
}

Deno.test("a flow is read back as it was written, and its body is JSON (C4)", () => {
  const snapshot = snapshotOf();
  const flow = decodeFlow(snapshot);
  const later: FlowState = {
    ...flow,
    ...{ state: "failed", nodes: "cfs", run: 2, wakeAtMs: null, quiet: 0, endedAtMs: NOW_MS + 9 },
  };
  assert.deepEqual(decodeFlow({ ...snapshot, ...encodeFlow(later) }), later);
  assert.deepEqual(flow.spec.nodes.map(({ edges }) => edges), PLAN.nodes.map(({ edges }) => edges));
  assert.equal(flow.spec.onFailure, "ignore");
  assert.equal(flow.spec.fingerprint, "f00d");
  JSON.parse(snapshot.body);
});

Deno.test("jobs are read as they were asked for; a delay counts from when they are made", () => {
  const plan = { ...PLAN.nodes[0]!, runAtMs: NOW_MS + 70 };
  const { spec } = decodeFlow(snapshotOf({ ...PLAN, nodes: [plan], traceId: "t" }));
  const at = { createdAtMs: NOW_MS, nowMs: NOW_MS + 1_000 };
  const job = readFlowJob(spec.nodes[0]!.job, at);
  assert.deepEqual(job, { ...plan.job, runAtMs: NOW_MS + 70, traceId: "t", fingerprint: null });
  const callback = readFlowJob(spec.callback!, at);
  assert.equal(callback.payload, PLAN.callback!.job.payload);
  assert.equal(callback.runAtMs, at.nowMs + 500);
});

Deno.test("a new flow is woken at once; one that has ended is kept for a while", () => {
  const { index, id } = snapshotOf();
  assert.equal(id, "f@flow");
  assert.deepEqual([index.wakeAtMs, index.expireAtMs], [NOW_MS, null]);
  assert.deepEqual(index.labels, ["state=running", "ended=no"]);
  const flow = decodeFlow(snapshotOf());
  const ended = (state: FlowState["state"]) =>
    encodeFlow({ ...flow, state, wakeAtMs: null, endedAtMs: NOW_MS }).index;
  assert.equal(ended("completed").expireAtMs, NOW_MS + PLAN.retention.completedMs);
  assert.equal(ended("cancelled").expireAtMs, NOW_MS + PLAN.retention.failedMs);
  assert.deepEqual(ended("failed").labels, ["state=failed"]);
});

Deno.test("what is no flow is a corrupt fault that names the actor", () => {
  const snapshot = snapshotOf();
  const broken = [{ head: "{" }, { body: "[3,{},5]" }, { body: "" }, {
    head: snapshot.head.replace('"www"', '"ww"'),
  }];
  for (const patch of broken) {
    assert.throws(
      () => decodeFlow({ ...snapshot, ...patch }),
      (thrown) => thrown instanceof Fault && thrown.message.includes("f@flow"),
    );
  }
});

Deno.test("ids: what a flow may be called, its actor, its jobs", () => {
  for (const id of ["order-7", "a.b:c~d+e=f", "x".repeat(99)]) assert.ok(isFlowId(id), id);
  for (const id of ["", "a@b", "a/b", "ä", "x".repeat(100)]) assert.ok(!isFlowId(id), id);
  assert.equal(flowIdOf(flowActorId("order-7")), "order-7");
  assert.equal(flowJobId("order-7", "charge"), "order-7/charge");
  assert.equal(flowJobId("x".repeat(99), "k".repeat(100)).length, 200);
  assert.deepEqual([callbackId("f", 1), callbackId("f", 2)], [
    actorId("f/~callback"),
    actorId("f/~callback-2"),
  ]);
});

Deno.test("countsOf() counts nodes as users see them", () => {
  assert.deepEqual(countsOf("wvorcfxns"), {
    ...{ total: 9, waiting: 2, active: 2, completed: 1, failed: 1, cancelled: 2, skipped: 1 },
  });
});
