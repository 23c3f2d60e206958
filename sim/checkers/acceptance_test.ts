import assert from "node:assert/strict";
import type { Snapshot } from "../../runtime/snapshot.ts";
import type { Process } from "../node/process.ts";
import type { Command, Commanded } from "../record/events.ts";
import { JOB, runningOf, Watching } from "../testing/watching.ts";
import { RUN_BEGAN_MS } from "../world/wall.ts";
import { accepted, commands } from "./acceptance.ts";

/** A node that reads `snapshot`, whatever it is asked for. */
function reading(snapshot: Snapshot | undefined): { process: Process } {
  const system = { read: () => Promise.resolve(snapshot) };
  return { process: { system } as unknown as Process };
}

Deno.test("accepted catches an answer that came before the commit", () => {
  const run = new Watching(accepted);
  run.tell({ kind: "submitted", id: JOB, outcome: { kind: "created" } });
  assert.deepEqual(run.failures, [`${JOB}: accepted, but the store has not taken it`]);
});

Deno.test("accepted catches a job that cannot be found any more, or only as it was", async () => {
  const run = new Watching(accepted);
  const { snapshot } = run.insert();
  run.tell({ kind: "submitted", id: JOB, outcome: { kind: "created" } });
  await run.rest(reading(snapshot));
  assert.deepEqual(run.failures, []);
  await run.rest(reading(undefined));
  run.move({ state: "cancelled", finishedAtMs: RUN_BEGAN_MS });
  await run.rest(reading(snapshot));
  assert.deepEqual(run.failures, [
    `${JOB}: accepted, and now found as version undefined`,
    `${JOB}: accepted, and now found as version 1`,
  ]);
});

Deno.test("accepted lets go of a job whose retention is over", async () => {
  const run = new Watching(accepted);
  run.insert({ retention: { completedMs: 10, failedMs: 10 } });
  run.move({ state: "cancelled", finishedAtMs: RUN_BEGAN_MS });
  run.time.nowMs = 10;
  await run.rest(reading(undefined));
  assert.deepEqual(run.failures, []);
});

Deno.test("accepted catches a refused submission that is there, unless another one was not refused", async () => {
  const run = new Watching(accepted);
  const refuse = () => {
    run.tell({ kind: "submitting", id: JOB });
    run.tell({ kind: "submitted", id: JOB, outcome: { kind: "refused", code: "full" } });
  };
  refuse();
  const { snapshot } = run.insert();
  await run.rest(reading(snapshot));
  assert.deepEqual(run.failures, [`${JOB}: stored, though its only submissions were refused`]);
  run.tell({ kind: "submitting", id: JOB });
  run.failures.length = 0;
  await run.rest(reading(snapshot));
  assert.deepEqual(run.failures, []);
});

function told(run: Watching, command: Command, outcome: Commanded) {
  run.tell({ kind: "commanded", id: JOB, command, askedAtMs: 0, alone: true, outcome });
}

Deno.test("commands accepts answers that are committed and did what they say", () => {
  const run = new Watching(commands);
  run.insert();
  const cancelled = run.move({ state: "cancelled", finishedAtMs: RUN_BEGAN_MS });
  told(run, "cancel", { kind: "replied", reply: { kind: "done" }, snapshot: cancelled.snapshot });
  const retried = run.move({ state: "pending", finishedAtMs: null });
  told(run, "retry", { kind: "replied", reply: { kind: "done" }, snapshot: retried.snapshot });
  const stopping = run.move({ state: "running", running: runningOf("t1", { cancelling: true }) });
  told(run, "cancel", {
    kind: "replied",
    reply: { kind: "stopping" },
    snapshot: stopping.snapshot,
  });
  assert.deepEqual(run.failures, []);
});

Deno.test("commands catches an answer from a version that is not committed", () => {
  const run = new Watching(commands);
  const { snapshot } = run.insert();
  const ahead = { ...snapshot, version: 2 };
  told(run, "retry", { kind: "replied", reply: { kind: "done" }, snapshot: ahead });
  assert.deepEqual(run.failures, [
    `${JOB}: retry was answered from a version 2 that is not committed`,
  ]);
});

Deno.test("commands catches a job that is not what its answer says", () => {
  const run = new Watching(commands);
  const { snapshot } = run.insert();
  told(run, "cancel", { kind: "replied", reply: { kind: "done" }, snapshot });
  assert.deepEqual(run.failures, [
    `${JOB}: cancel was answered "done", and the job is pending`,
  ]);
});

Deno.test("commands catches a busy that did what was asked", () => {
  const run = new Watching(commands);
  run.insert();
  told(run, "cancel", { kind: "busy" });
  assert.deepEqual(run.failures, []);
  run.move({ state: "cancelled", finishedAtMs: RUN_BEGAN_MS });
  told(run, "cancel", { kind: "busy" });
  assert.deepEqual(run.failures, [`${JOB}: cancel was answered "busy", and done`]);
});
