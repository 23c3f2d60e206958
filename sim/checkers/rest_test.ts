import assert from "node:assert/strict";
import { Slots } from "../../actors/dispatch/slots.ts";
import type { DueEntry, Snapshot } from "../../runtime/snapshot.ts";
import type { Store } from "../../runtime/store/port.ts";
import type { Process } from "../node/process.ts";
import { JOB, runningOf, Watching } from "../testing/watching.ts";
import { RUN_BEGAN_MS } from "../world/wall.ts";
import { FUTURE_MS, indexAgrees, liveness, nothingLeft, owners } from "./rest.ts";

Deno.test("liveness catches jobs that are due, parked or running, and leaves the future alone", async () => {
  const run = new Watching(liveness);
  run.tell({ kind: "healed" });
  run.insert({ runAtMs: RUN_BEGAN_MS + FUTURE_MS });
  await run.rest();
  assert.deepEqual(run.failures, []);
  run.move({ state: "pending", waiting: "handler" });
  await run.rest();
  run.move({ state: "running", waiting: null, running: runningOf("t1") });
  await run.rest();
  run.move({ state: "failed", running: null, finishedAtMs: RUN_BEGAN_MS });
  await run.rest();
  assert.deepEqual(run.failures, [`${JOB}: still pending`, `${JOB}: still running`]);
});

/** A node at rest that holds what is given. */
function node(
  held: { actors?: number; window?: number; reasons?: string[] },
  slots = new Slots(2),
) {
  const system = {
    load: () => ({ actors: held.actors ?? 0, window: held.window ?? 0, writesPending: 0 }),
    readiness: () => ({ ready: held.reasons === undefined, reasons: held.reasons ?? [] }),
  };
  return { processes: [{ system, slots } as unknown as Process] };
}

Deno.test("nothing-left accepts an idle node and catches what one still holds", async () => {
  const run = new Watching(nothingLeft, { slots: 2 });
  await run.rest(node({}));
  assert.deepEqual(run.failures, []);
  await run.rest(node({ actors: 1, window: 2, reasons: ["draining"] }));
  assert.deepEqual(run.failures, [
    "null: 1 actors are still in memory",
    "null: 2 wake-ups are held for 0 waiting jobs",
    "null: not ready: draining",
  ]);
});

Deno.test("nothing-left catches a reservation that was never given back", async () => {
  const run = new Watching(nothingLeft, { slots: 2 });
  const slots = new Slots(2);
  slots.reserve({ id: JOB, wakeAtMs: 0, lane: "job/default", rank: 0 });
  await run.rest(node({}, slots));
  assert.deepEqual(run.failures, ["null: slot 1 of 2 leaked"]);
});

function storeOf(held: { snapshots: Snapshot[]; tallies: [string, number][]; due: DueEntry[] }) {
  return {
    store: {
      load: () => Promise.resolve(held.snapshots),
      tallies: () => Promise.resolve(new Map(held.tallies)),
      dueBetween: () => Promise.resolve({ entries: held.due, completeToMs: Infinity }),
    } as unknown as Store,
  };
}

Deno.test("index-agrees compares tallies and due index with what was committed", async () => {
  const run = new Watching(indexAgrees);
  const { snapshot } = run.insert();
  const { lane, rank } = snapshot.index;
  const due = [{ id: JOB, wakeAtMs: RUN_BEGAN_MS, lane, rank }];
  const right = {
    snapshots: [snapshot],
    tallies: [["default/pending", 1] as [string, number]],
    due,
  };
  await run.rest(storeOf(right));
  assert.deepEqual(run.failures, []);
  await run.rest(storeOf({ ...right, tallies: [["default/pending", 2]] }));
  await run.rest(storeOf({ ...right, tallies: [] }));
  await run.rest(storeOf({ ...right, due: [] }));
  assert.deepEqual(run.failures, [
    "null: tally default/pending: 2, not 1",
    "null: tally default/pending is missing, not 1",
    `${JOB}: missing from the due index`,
  ]);
});

/** A cluster at rest: who owns which of its four shards by the store, and what each node thinks. */
function cluster(truth: readonly string[], beliefs: Readonly<Record<string, readonly number[]>>) {
  const processes = Object.entries(beliefs)
    .map(([boot, owned]) => ({ boot, system: { owned: () => owned } }) as unknown as Process);
  const fences = truth.map((boot, shard) => ({ shard, epoch: 1, owner: { node: boot, boot } }));
  return { processes, store: { fences: () => Promise.resolve(fences) } as unknown as Store };
}

Deno.test("owners accepts that each shard has one owner that knows it, within its bounds", async () => {
  const run = new Watching(owners, { shards: 4 });
  await run.rest(cluster(["a", "a", "b", "b"], { a: [0, 1], b: [2, 3] }));
  assert.deepEqual(run.failures, []);
});

Deno.test("owners catches a shard that nobody serves, two owners of one, and nodes with too many", async () => {
  const failures = async (...world: Parameters<typeof cluster>) => {
    const run = new Watching(owners, { shards: 4 });
    await run.rest(cluster(...world));
    return run.failures;
  };
  assert.deepEqual(await failures(["a", "a", "b", "b"], { a: [0, 1], b: [2] }), [
    "null: 3 of 4 shards are owned",
  ]);
  assert.deepEqual(await failures(["a", "a", "b", "b"], { a: [0, 1, 2], b: [2, 3] }), [
    "null: a thinks it owns shard 2, which is b's",
    "null: 5 of 4 shards are owned",
  ]);
  assert.deepEqual(await failures(["a", "a", "a", "a"], { a: [0, 1, 2, 3], b: [] }), [
    "null: a owns 4 of 4 shards",
    "null: b owns 0 of 4 shards",
  ]);
});
