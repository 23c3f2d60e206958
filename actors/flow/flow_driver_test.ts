import assert from "node:assert/strict";
import type { Settled } from "../../runtime/actor/envelope.ts";
import { Fault } from "../../runtime/fault.ts";
import { actorId, type ShardId } from "../../runtime/ids.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import { draftOfState } from "../job/codec.ts";
import type { JobMessage, JobReply, JobStateName } from "../job/messages.ts";
import { jobIn, NOW_MS, specOf } from "../job/testing/samples.ts";
import { draftOfFlow } from "./codec.ts";
import { FlowDriver, GATHERED_CHARS_MAX, JOBS_READ_MAX, LOOKS_MAX } from "./flow_driver.ts";
import { flowActorId, flowJobId } from "./ids.ts";
import type { ChildWish, FlowMessage } from "./messages.ts";
import type { NodeEnd } from "./state.ts";
import { planOf } from "./testing/samples.ts";

const SHARD = { shard: 0 as ShardId, version: 1 };

function flowOf(id = "f", createdAtMs = NOW_MS - 1_000): Snapshot {
  return { ...draftOfFlow(planOf({ a: [] }), { id, nowMs: createdAtMs }), ...SHARD };
}

function jobOf(key: string, state: JobStateName, { flow = "f", result = "1" } = {}): Snapshot {
  const spec = specOf({ observer: flowActorId(flow) });
  const job = jobIn(state, { spec, ...(state === "completed" && { result }) });
  return { ...draftOfState(job, flowJobId(flow, key)), ...SHARD };
}

function setup(stored: readonly Snapshot[] = []) {
  const clock = new VirtualClock();
  const told: [string, FlowMessage][] = [];
  const toldJobs: [string, JobMessage][] = [];
  const settles: ((settled: Settled<JobReply>) => void)[] = [];
  const reads: string[][] = [];
  const store = { down: false };
  const driver = new FlowDriver({
    clock,
    read: (ids) => {
      reads.push([...ids]);
      if (store.down) {
        return Promise.reject(new Fault("store.load", "unavailable", { message: "down" }));
      }
      return Promise.resolve(ids.map((id) => stored.find((snapshot) => snapshot.id === id)));
    },
    tell: (id, message) => told.push([id, message]),
    tellJob: (id, message, settle) => {
      toldJobs.push([id, message]);
      settles.push(settle);
    },
  });
  const node = (node: number, key: string, flow = "f") => ({ node, jobId: flowJobId(flow, key) });
  const look = (
    open: readonly { node: number; jobId: ReturnType<typeof flowJobId> }[],
    children: readonly ChildWish[] = [],
    flow = flowOf(),
  ) => driver.perform({ kind: "look", run: 1, open, children }, flow);
  return { clock, told, toldJobs, settles, reads, store, driver, node, look };
}

/** A child of parents of the flow `f`: key and known end, null when that is to be seen. */
function wish(node: number, parents: readonly (readonly [string, NodeEnd | null])[]): ChildWish {
  return {
    node,
    parents: parents.map(([key, end]) => ({ key, end, jobId: flowJobId("f", key) })),
  };
}

const states = [["a", "completed"], ["b", "failed"], ["c", "cancelled"], ["d", "running"]] as const;

Deno.test("a look tells which jobs are over and how; what is gone, too old or another's is gone", async () => {
  const { clock, told, look, node } = setup([
    ...states.map(([key, state]) => jobOf(key, state)),
    { ...jobOf("other", "completed"), ...draftOfState(jobIn("completed"), actorId("f/other")) },
    { ...jobOf("old", "completed"), createdAtMs: NOW_MS - 2_000 },
    { ...jobOf("unreadable", "running"), head: "{" },
  ]);
  const keys = [...states.map(([key]) => key), "other", "old", "unreadable", "missing"];
  look(keys.map((key, at) => node(at, key)));
  await clock.pass(1);
  assert.deepEqual(told, [["f@flow", {
    kind: "looked",
    run: 1,
    ends: [
      ...[{ node: 0, end: "c" }, { node: 1, end: "f" }, { node: 2, end: "x" }],
      ...[4, 5, 6, 7].map((node) => ({ node, end: "gone" })),
    ],
    gathered: [],
  }]]);
});

Deno.test("children are gathered when all their parents are over, with what is known of their ends", async () => {
  const { clock, told, look } = setup(states.map(([key, state]) => jobOf(key, state)));
  look([], [
    wish(5, [["a", null], ["b", null], ["z", "s"]]),
    wish(6, [["a", "c"], ["d", null]]),
    wish(7, [["d", "f"], ["c", "x"]]),
    wish(8, []),
  ]);
  await clock.pass(1);
  const message = told[0]?.[1];
  assert.ok(message?.kind === "looked");
  assert.deepEqual(message.gathered.map(({ node, ends }) => [node, ends]), [
    ...[[5, "cfs"], [7, "fx"], [8, ""]],
  ]);
  assert.deepEqual(JSON.parse(message.gathered[0]!.parents), {
    a: { state: "completed", result: 1 },
    b: { state: "failed", error: { name: "Error", message: "third" } },
    z: { state: "skipped" },
  });
  // It ran again since it failed: what it left then is gone.
  assert.deepEqual(JSON.parse(message.gathered[1]!.parents).d, { state: "failed" });
});

Deno.test("looks that come while a flow is being read share the next read (D3)", async () => {
  const { clock, told, reads, look, node } = setup([jobOf("a", "completed"), jobOf("b", "failed")]);
  look([node(0, "a")]);
  await Promise.resolve();
  for (let times = 0; times < 10; times++) look([node(1, "b")], [wish(2, [["a", null]])]);
  await clock.pass(1);
  assert.deepEqual(reads, [["f/a"], ["f/b"], ["f/a"]]);
  assert.equal(told.length, 2);
});

Deno.test("so many flows are read at once, the others after them (D3)", async () => {
  const { clock, told, reads, look, node, store } = setup();
  store.down = true;
  for (let at = 0; at < LOOKS_MAX + 5; at++) look([node(0, "a", `f${at}`)], [], flowOf(`f${at}`));
  await clock.pass(1);
  assert.equal(reads.length, LOOKS_MAX);
  store.down = false;
  await clock.pass(1_000);
  assert.equal(told.length, LOOKS_MAX + 5);
});

Deno.test("a look is answered when the store is back (D3)", async () => {
  const { clock, told, store, look, node } = setup([jobOf("a", "completed")]);
  store.down = true;
  look([node(0, "a")]);
  await clock.pass(1_000);
  assert.deepEqual(told, []);
  store.down = false;
  await clock.pass(1_000);
  assert.equal(told.length, 1);
});

Deno.test("reads and answers are bounded; a parent that many children share is read once a page (D4)", async () => {
  const result = JSON.stringify("x".repeat(200_000));
  const wide = Array.from({ length: 150 }, (_, at) => `n${at}`);
  const { clock, told, reads, look } = setup([
    jobOf("root", "completed", { result }),
    ...wide.map((key) => jobOf(key, "completed")),
  ]);
  look([], wide.map((_, at) => wish(at, [["root", "c"]])));
  await clock.pass(1);
  look([], [wish(0, wide.map((key) => [key, "c"]))]);
  await clock.pass(1);
  assert.deepEqual(reads.map(({ length }) => length), [1, JOBS_READ_MAX, JOBS_READ_MAX, 22]);
  const [first, second] = told.map(([, message]) => message);
  assert.ok(first?.kind === "looked" && second?.kind === "looked");
  assert.equal(first.gathered.length, Math.ceil(GATHERED_CHARS_MAX / 200_000));
  assert.equal(Object.keys(JSON.parse(second.gathered[0]!.parents)).length, 150);
});

Deno.test("cancels and retries reach the jobs; a retry's outcome reaches the flow", () => {
  const { driver, toldJobs, settles, told } = setup();
  const [a, b] = [flowJobId("f", "a"), flowJobId("f", "b")];
  driver.perform({ kind: "cancel", jobIds: [a, b] }, flowOf());
  for (const parents of ["", '{"a":{}}']) {
    driver.perform({ kind: "retry", run: 2, node: 3, jobId: b, parents }, flowOf());
  }
  assert.deepEqual(toldJobs, [
    [a, { kind: "cancel" }],
    [b, { kind: "cancel" }],
    [b, { kind: "retry" }],
    [b, { kind: "retry", parents: '{"a":{}}' }],
  ]);
  const reply = { kind: "refused", state: "running", why: "" } as const;
  settles[2]?.({ kind: "handled", reply, snapshot: flowOf() });
  settles[3]?.({ kind: "missing" });
  settles[3]?.({ kind: "busy" });
  assert.deepEqual(told.map(([, message]) => message), [
    { kind: "retried", run: 2, node: 3, outcome: "runs" },
    { kind: "retried", run: 2, node: 3, outcome: "gone" },
  ]);
});
