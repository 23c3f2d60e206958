import assert from "node:assert/strict";
import { CHECKPOINT_CHARS_MAX } from "../executor/port.ts";
import { checkpoint, deadline, progress } from "./reports.ts";
import { contextOf, jobIn, NOW_MS, specOf, TOKEN } from "./testing/samples.ts";

const context = contextOf();
const job = jobIn("running");
const progressOf = (percent: number, token = TOKEN) =>
  progress(job, { kind: "progress", token, percent }, context);
const checkpointOf = (value: string, token = TOKEN) =>
  checkpoint(job, { kind: "checkpoint", token, value }, context);

Deno.test("progress() is cut to 0 to 100", () => {
  const cases: [number, number][] = [[40, 40], [-1, 0], [250, 100], [33.5, 33.5]];
  for (const [percent, kept] of cases) assert.equal(progressOf(percent).state.progress, kept);
});

Deno.test("progress() refuses what is no number, and an attempt of the past", () => {
  for (const step of [progressOf(NaN), progressOf(Infinity), progressOf(5, "stale")]) {
    assert.equal(step.state, job);
    assert.equal(step.reply?.kind, "refused");
  }
});

Deno.test("progress() that was reported already is not written again", () => {
  const known = jobIn("running", { progress: 40 });
  const step = progress(known, { kind: "progress", token: TOKEN, percent: 40 }, context);
  assert.equal(step.state, known);
});

Deno.test("checkpoint() keeps the value for later attempts", () => {
  const { state, reply, effects } = checkpointOf('{"page":7}');
  assert.equal(state.checkpoint, '{"page":7}');
  assert.deepEqual(reply, { kind: "done" });
  assert.deepEqual(effects, [{ kind: "changed", job: state, before: job }]);
});

Deno.test("checkpoint() has a bound, and says so", () => {
  assert.equal(checkpointOf("x".repeat(CHECKPOINT_CHARS_MAX)).reply?.kind, "done");
  const { state, reply } = checkpointOf("x".repeat(CHECKPOINT_CHARS_MAX + 1));
  assert.equal(state, job);
  assert.match(reply?.kind === "refused" ? reply.why : "", /65536 characters/);
});

Deno.test("checkpoint() of an attempt of the past is refused, and the same again not written", () => {
  assert.equal(checkpointOf("1", "stale").reply?.kind, "refused");
  const known = jobIn("running", { checkpoint: "1" });
  const step = checkpoint(known, { kind: "checkpoint", token: TOKEN, value: "1" }, context);
  assert.equal(step.state, known);
});

Deno.test("deadline() notes at once what a job has missed that nobody runs", () => {
  const spec = specOf({ sla: { startWithinMs: 10, finishWithinMs: null } });
  const atMs = NOW_MS + 10;
  const pending = jobIn("pending", { spec });
  // The clock may have been set back since the moment was found to have passed.
  for (const nowMs of [atMs + 1, atMs - 5]) {
    const step = deadline(pending, { kind: "deadline", atMs }, contextOf({ nowMs }));
    assert.deepEqual(step.state.breached, ["start"]);
    assert.deepEqual(step.effects.map(({ kind }) => kind), ["changed"]);
  }
});

Deno.test("deadline() changes nothing about a job that was in time", () => {
  const spec = specOf({ sla: { startWithinMs: 10, finishWithinMs: null } });
  for (const state of ["running", "completed"] as const) {
    const job = jobIn(state, { spec });
    const context = contextOf({ nowMs: NOW_MS + 99 });
    assert.equal(deadline(job, { kind: "deadline", atMs: NOW_MS + 10 }, context).state, job);
  }
});
