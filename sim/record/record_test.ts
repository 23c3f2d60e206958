import assert from "node:assert/strict";
import { MemoryStore } from "../../runtime/store/memory.ts";
import { actorId, type BootId, type NodeName, type ShardId } from "../../runtime/ids.ts";
import { draftOfJob, encodeJob } from "../../actors/job/codec.ts";
import { specOf } from "../../actors/job/testing/samples.ts";
import { BOOT, JOB, runningOf, Watching } from "../testing/watching.ts";
import { completion } from "../checkers/life.ts";
import { RUN_BEGAN_MS } from "../world/wall.ts";
import type { SimEvent } from "./events.ts";
import { Ledger } from "./ledger.ts";
import { Recorder } from "./recorder.ts";
import { Trace } from "./trace.ts";
import { wrapStore } from "./wrapped_store.ts";

const CLAIMANT = { node: "a" as NodeName, boot: BOOT as BootId };

Deno.test("Ledger.take() keeps commits, attempts and what clients were told", () => {
  const run = new Watching(completion);
  run.tell({ kind: "submitting", id: JOB });
  run.insert();
  run.tell({ kind: "submitted", id: JOB, outcome: { kind: "created" } });
  run.start("t1");
  run.end("t1", { kind: "cancelled" });
  const file = run.ledger.file(JOB);
  assert.deepEqual([file.accepted, file.sent, file.refused, file.commits.length], [true, 1, 0, 2]);
  const { begunAtMs, orderedAtMs, outcomes } = file.attempts.get("t1")!;
  assert.deepEqual([begunAtMs, orderedAtMs, outcomes.length], [[0], [0], 1]);
  assert.equal(run.ledger.committed(JOB)?.job.running?.token, "t1");
});

Deno.test("Trace.hash changes with what happened and with when", () => {
  const traced = (...events: [number, SimEvent][]) => {
    const trace = new Trace();
    for (const [atMs, event] of events) trace.add(atMs, event);
    return trace.hash;
  };
  const booted: SimEvent = { kind: "booted", boot: BOOT };
  assert.equal(traced([1, booted]), traced([1, booted]));
  assert.notEqual(traced([1, booted]), traced([2, booted]));
  assert.notEqual(traced([1, booted]), traced([1, { ...booted, boot: "a.2" }]));
});

Deno.test("Trace.last() shows one job's events and the world's", () => {
  const trace = new Trace();
  trace.add(1, { kind: "booted", boot: BOOT });
  trace.add(1_002, { kind: "submitting", id: JOB });
  trace.add(1_003, { kind: "submitting", id: actorId("other") });
  assert.deepEqual(trace.last(9, JOB), ["    0.001  booted [a.1]", "    1.002  submitting job"]);
  assert.equal(trace.last(1, null).length, 1);
});

Deno.test("Recorder tells what the store took: inserts, transitions with their epochs, acquisitions", async () => {
  const events: SimEvent[] = [];
  const ledger = new Ledger();
  const inner = new MemoryStore({ wallMs: () => RUN_BEGAN_MS }, { shards: 1 });
  const recorder = new Recorder({
    inner,
    ledger,
    time: { nowMs: 7 },
    observe: (event) => {
      events.push(event);
      ledger.take(event, 7);
    },
  });
  const store = recorder.storeOf(BOOT);
  await store.renew(CLAIMANT, { ttlMs: 1_000, opening: true });
  await store.acquire(CLAIMANT, [0 as ShardId]);
  const shard = 0 as ShardId;
  const draft = { ...draftOfJob(specOf(), { id: JOB, nowMs: RUN_BEGAN_MS }), shard };
  await store.apply([{ kind: "insert", draft }]);
  const { job } = ledger.committed(JOB)!;
  const stored = encodeJob({ ...job, state: "running", running: runningOf("t1") });
  const move = {
    kind: "transition",
    id: JOB,
    shard,
    epoch: 1,
    expectedVersion: 1,
    ...stored,
  } as const;
  await store.apply([{ ...move, epoch: 9 }, move, move, { kind: "insert", draft }]);
  assert.deepEqual(events.map(({ kind }) => kind), ["session", "acquired", "inserted", "moved"]);
  const moved = events[3];
  assert.ok(moved?.kind === "moved");
  assert.deepEqual(
    [moved.epoch, moved.before?.snapshot.version, moved.after.job.running?.token, moved.after.atMs],
    [1, 1, "t1", 7],
  );
});

Deno.test("Recorder tells of sessions, and of what was released, not of renewals that came too late", async () => {
  const events: SimEvent[] = [];
  const wall = { nowMs: RUN_BEGAN_MS };
  const inner = new MemoryStore({ wallMs: () => wall.nowMs }, { shards: 2 });
  const recorder = new Recorder({
    inner,
    ledger: new Ledger(),
    time: { nowMs: 7 },
    observe: (event) => void events.push(event),
  });
  const store = recorder.storeOf(BOOT);
  await store.renew(CLAIMANT, { ttlMs: 1_000, opening: true });
  await store.acquire(CLAIMANT, [1 as ShardId]);
  await store.release(CLAIMANT, [1 as ShardId]);
  wall.nowMs += 1_000;
  await store.renew(CLAIMANT, { ttlMs: 1_000, opening: false });
  await store.leave(CLAIMANT);
  assert.deepEqual(events, [
    { kind: "session", boot: BOOT, untilMs: RUN_BEGAN_MS + 1_000 },
    { kind: "acquired", boot: BOOT, shard: 1, epoch: 1 },
    { kind: "released", boot: BOOT, shard: 1 },
    { kind: "session", boot: BOOT, untilMs: 0 },
  ]);
});

Deno.test("wrapStore() puts every call through, with its name", async () => {
  const inner = new MemoryStore({ wallMs: () => 0 }, { shards: 1 });
  const ops: string[] = [];
  const store = wrapStore(inner, (op, work) => {
    ops.push(op);
    return work();
  });
  await store.apply([]);
  await store.load([]);
  await store.find({ kind: "job", labels: [], order: "newest", limit: 1 });
  await store.tallies("job");
  await store.journal({ id: JOB, stream: "log", after: 0, limit: 1 });
  await store.lanes({ after: null, limit: 1 });
  await store.dueInLane({ lane: "x", untilMs: 0, limit: 1 });
  await store.dueBetween({ fromMs: 0, untilMs: 1, limit: 1 });
  await store.sweep({ nowMs: 0, limit: 1 });
  await store.renew(CLAIMANT, { ttlMs: 1, opening: true });
  await store.acquire(CLAIMANT, []);
  await store.release(CLAIMANT, []);
  await store.fences();
  await store.sessions();
  await store.leave(CLAIMANT);
  await store.close();
  assert.equal(
    ops.join(" "),
    "apply load find tallies journal lanes dueInLane dueBetween sweep renew acquire release fences sessions leave",
  );
});
