import assert from "node:assert/strict";
import { CHECKPOINT_CHARS_MAX } from "../executor/port.ts";
import { checkpoint, progress } from "./reports.ts";
import { contextOf, jobIn, TOKEN } from "./testing/samples.ts";

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
