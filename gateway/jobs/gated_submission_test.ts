import assert from "node:assert/strict";
import { jobBehaviour } from "../../actors/job/behaviour.ts";
import { decodeJob } from "../../actors/job/codec.ts";
import type { JobMessage } from "../../actors/job/messages.ts";
import { NOW_MS, specOf } from "../../actors/job/testing/samples.ts";
import type { Gate } from "../../actors/unique/gate.ts";
import {
  GATE_LOOK_EVERY_MS,
  gatekeeperBehaviour,
  gatekeeperId,
} from "../../actors/unique/gatekeeper.ts";
import { Fault } from "../../runtime/fault.ts";
import { actorId, IdMaker } from "../../runtime/ids.ts";
import { Feed } from "../feed.ts";
import type { SubmitOutcome } from "../service.ts";
import { FakeSystem } from "../testing/fake_system.ts";
import { submitGated } from "./gated_submission.ts";
import { QueueBook } from "./queue_book.ts";
import type { SubmissionDeps } from "./submission.ts";

const UNIQUE: Gate = { mode: "unique", key: "invoice-7", windowMs: null, onConflict: "reject" };
const DEBOUNCE: Gate = { mode: "debounce", key: "page-1", waitMs: 5_000, maxWaitMs: null };
const THROTTLE: Gate = { mode: "throttle", key: "page-1", everyMs: 60_000 };

function setup() {
  const system = new FakeSystem(NOW_MS).host(jobBehaviour()).host(gatekeeperBehaviour);
  const feed = new Feed({ boot: "boot-1" });
  const published: string[] = [];
  feed.subscribe({}, ({ jobId }) => published.push(jobId));
  const ids = new IdMaker((count) => new Uint8Array(count));
  const deps: SubmissionDeps = { system, clock: system.clock, ids, feed, queues: new QueueBook() };
  const submit = (gate: Gate, payload = "null", runAtMs = system.nowMs) =>
    submitGated(deps, specOf({ payload, runAtMs }), gate);
  const tell = (id: string, message: JobMessage) =>
    system.ref<JobMessage, unknown>("job", actorId(id)).ask(message);
  const job = async (id: string) => {
    const snapshot = await system.read(actorId(id));
    return snapshot ? decodeJob(snapshot) : assert.fail(`no job ${id}`);
  };
  const run = async (id: string) => {
    await tell(id, { kind: "start" });
    const { running } = await job(id);
    const outcome = { kind: "ok", result: "null" } as const;
    await tell(id, { kind: "ended", token: running?.token ?? "", outcome });
  };
  return { system, submit, published, tell, job, run };
}

function idOf(outcome: SubmitOutcome): string {
  return "record" in outcome ? outcome.record.id : outcome.id;
}

Deno.test("of many submissions of a unique key at once exactly one is accepted (U3, Q1)", async () => {
  const { submit, published, job } = setup();
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => submit(UNIQUE)));
  const accepted = outcomes.filter(({ kind }) => kind === "accepted");
  assert.equal(accepted.length, 1);
  const id = idOf(accepted[0]!);
  assert.deepEqual(new Set(outcomes.map(idOf)), new Set([id]), "all others are told of it");
  assert.deepEqual(published, [id]);
  assert.equal((await job(id)).state, "pending");
});

Deno.test("an accepted job is told as it was stored, and lives in its gatekeeper's shard", async () => {
  const { submit, system, job } = setup();
  const outcome = await submit(UNIQUE, '{"n":1}', NOW_MS + 9);
  assert.ok(outcome.kind === "accepted");
  const { record } = outcome;
  assert.deepEqual(record.job, await job(record.id));
  assert.deepEqual([record.version, record.job.state], [1, "scheduled"]);
  const keeper = gatekeeperId(record.id.split("@")[0]!);
  assert.equal(system.shardOf(keeper), record.shard);
});

Deno.test("a unique key is free when its job is over; each key and each mode is its own", async () => {
  const { submit, run, tell } = setup();
  const first = await submit(UNIQUE);
  assert.equal((await submit({ ...UNIQUE, key: "invoice-8" })).kind, "accepted");
  assert.equal((await submit({ ...THROTTLE, key: UNIQUE.key })).kind, "accepted");
  await run(idOf(first));
  const second = await submit(UNIQUE);
  assert.equal(second.kind, "accepted");
  assert.notEqual(idOf(second), idOf(first));
  await tell(idOf(second), { kind: "cancel" });
  assert.equal((await submit(UNIQUE)).kind, "accepted");
});

Deno.test("keep hands out the job that has the key; replace makes it this one", async () => {
  const { submit, job, tell } = setup();
  const first = idOf(await submit(UNIQUE, '{"n":1}', NOW_MS + 60_000));
  const kept = await submit({ ...UNIQUE, onConflict: "keep" }, '{"n":2}');
  assert.ok(kept.kind === "kept");
  assert.deepEqual([kept.record.id, kept.record.job.spec.payload], [first, '{"n":1}']);
  const replaced = await submit({ ...UNIQUE, onConflict: "replace" }, '{"n":3}', NOW_MS + 5);
  assert.ok(replaced.kind === "merged");
  assert.deepEqual([replaced.record.id, replaced.how], [first, "replaced"]);
  const { spec, runAtMs } = await job(first);
  assert.deepEqual([spec.payload, runAtMs], ['{"n":3}', NOW_MS + 5]);
  await tell(first, { kind: "run-now" });
  await tell(first, { kind: "start" });
  const late = await submit({ ...UNIQUE, onConflict: "replace" }, '{"n":4}');
  assert.deepEqual(late, {
    ...{ kind: "key-held", id: first, why: "the job that has this key has started" },
  });
  assert.equal((await job(first)).spec.payload, '{"n":3}');
});

Deno.test("a window outlasts its completed job, whose retention outlasts the window", async () => {
  const { submit, run, job, system } = setup();
  const gate: Gate = { ...UNIQUE, windowMs: 10 * 86_400_000 };
  const first = idOf(await submit(gate));
  await run(first);
  assert.equal((await job(first)).spec.retention.completedMs, 10 * 86_400_000);
  system.nowMs += 10 * 86_400_000 - 1;
  assert.equal((await submit(gate)).kind, "key-held");
  system.nowMs += 1;
  assert.equal((await submit(gate)).kind, "accepted");
});

Deno.test("a debounced job is one, of the last submission, put off each time until it starts", async () => {
  const { submit, job, run, system } = setup();
  const first = idOf(await submit(DEBOUNCE, "1"));
  for (const payload of ["2", "3"]) {
    system.nowMs += 3_000;
    const merged = await submit(DEBOUNCE, payload);
    assert.deepEqual([merged.kind, idOf(merged)], ["merged", first]);
  }
  const { spec, runAtMs, state } = await job(first);
  assert.deepEqual([spec.payload, runAtMs - NOW_MS, state], ["3", 11_000, "scheduled"]);
  system.nowMs = runAtMs;
  await run(first);
  const next = await submit(DEBOUNCE, "4");
  assert.equal(next.kind, "accepted");
  assert.equal((await job(idOf(next))).runAtMs, system.nowMs + 5_000);
});

Deno.test("a throttled key runs at once, then the latest of the others at the period's end", async () => {
  const { submit, job, run, system } = setup();
  const first = idOf(await submit(THROTTLE, "1"));
  await run(first);
  const outcomes: SubmitOutcome[] = [];
  for (const payload of ["2", "3", "4"]) {
    system.nowMs += 1_000;
    outcomes.push(await submit(THROTTLE, payload));
  }
  assert.deepEqual(outcomes.map(({ kind }) => kind), ["accepted", "merged", "merged"]);
  const trailing = await job(idOf(outcomes[0]!));
  assert.deepEqual([trailing.spec.payload, trailing.runAtMs - NOW_MS], ["4", 60_000]);
  system.nowMs = NOW_MS + 60_000;
  await run(idOf(outcomes[0]!));
  const later = await submit(THROTTLE, "5");
  assert.equal((await job(idOf(later))).runAtMs - NOW_MS, 120_000);
});

Deno.test("a job that starts between the look and the superseding is followed by another", async () => {
  const { submit, job, system } = setup();
  const first = idOf(await submit(DEBOUNCE, "1"));
  system.nowMs += 5_000;
  system.beforeAsk = () => {
    system.beforeAsk = () => {};
    system.ref("job", actorId(first)).tell({ kind: "start" });
  };
  const second = await submit(DEBOUNCE, "2");
  assert.equal(second.kind, "accepted");
  const [one, other] = [await job(first), await job(idOf(second))];
  assert.deepEqual([one.state, one.spec.payload], ["running", "1"]);
  assert.deepEqual([other.state, other.spec.payload], ["scheduled", "2"]);
});

Deno.test("a key whose gatekeeper was swept is new", async () => {
  const { submit, run, system } = setup();
  const first = idOf(await submit(UNIQUE));
  await run(first);
  system.remove(gatekeeperId(first.split("@")[0]!));
  system.nowMs += GATE_LOOK_EVERY_MS;
  assert.equal((await submit(UNIQUE)).kind, "accepted");
});

Deno.test("a shard that moves is waited for, a gatekeeper that stays busy is a fault", async () => {
  const { submit, system, published } = setup();
  system.troubles.push("busy", "busy");
  assert.equal((await submit(UNIQUE)).kind, "accepted");
  assert.equal(system.nowMs, NOW_MS + 200);
  system.beforeAsk = () => system.troubles.push("busy");
  const overloaded = (thrown: unknown) => thrown instanceof Fault && thrown.code === "overloaded";
  await assert.rejects(submit(DEBOUNCE), overloaded);
  assert.equal(system.nowMs, NOW_MS + 5_200);
  assert.equal(published.length, 1);
});

Deno.test("nobody knows what became of a submission whose gatekeeper did not answer", async () => {
  const { submit, system } = setup();
  for (const trouble of ["deadline", "crashed"] as const) {
    system.troubles.push(trouble);
    const timeout = (thrown: unknown) => thrown instanceof Fault && thrown.code === "timeout";
    await assert.rejects(submit(UNIQUE), timeout);
  }
  assert.equal((await submit(UNIQUE)).kind, "accepted");
});
