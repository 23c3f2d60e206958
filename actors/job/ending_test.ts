import assert from "node:assert/strict";
import { actorId, type BootId } from "../../runtime/ids.ts";
import type { AttemptOutcome } from "../executor/port.ts";
import { adopted, ended, HISTORY_ERROR_CHARS_MAX } from "./ending.ts";
import { LABEL_PARKED } from "./codec.ts";
import { indexingOf } from "./stored/indexing.ts";
import { contextOf, jobIn, NOW_MS, runningOf, specOf, TOKEN } from "./testing/samples.ts";
import { ATTEMPTS_KEPT_MAX, type JobState, LOST_ATTEMPTS_MAX } from "./state.ts";

const context = contextOf({ nowMs: NOW_MS + 100 });
const later = NOW_MS + 100;
const error = { name: "Error", message: "boom", stack: "at run()" };
const OK: AttemptOutcome = { kind: "ok", result: '{"n":1}' };
const ERROR: AttemptOutcome = { kind: "error", error, retryable: true };
const TIMEOUT: AttemptOutcome = { kind: "timeout", error: { name: "Odd", message: "30s" } };
const LOST: AttemptOutcome = { kind: "lost", error: { name: "HostDied", message: "host died" } };
const INTERRUPTED: AttemptOutcome = {
  kind: "interrupted",
  error: { name: "Drained", message: "the node drained" },
};
const UNKNOWN: AttemptOutcome = { kind: "unknown-handler" };
const CANCELLED: AttemptOutcome = { kind: "cancelled" };

const once = specOf({ delivery: "at-most-once" });
const cancelling = jobIn("running", { running: runningOf({ cancelling: true }) });

function end(outcome: AttemptOutcome, job: JobState = jobIn("running")): JobState {
  return ended(job, { token: TOKEN, outcome }, context).state;
}

Deno.test("ended() under a stale token changes nothing (J7)", () => {
  for (const job of [jobIn("running"), jobIn("pending"), jobIn("completed")]) {
    const step = ended(job, { token: "token-0", outcome: OK }, context);
    assert.equal(step.state, job);
    assert.deepEqual(step.effects, []);
  }
});

Deno.test("whoever observes a job is told when it is over, and only then (J12)", () => {
  const observer = actorId("nightly@schedule");
  const spec = specOf({ observer });
  const tells = (outcome: AttemptOutcome, job = jobIn("running", { spec })) =>
    ended(job, { token: TOKEN, outcome }, context).effects.filter(({ kind }) => kind === "over");
  for (const outcome of [OK, { ...ERROR, retryable: false }]) {
    assert.deepEqual(tells(outcome), [{ kind: "over", observer }]);
  }
  assert.deepEqual(tells(ERROR), [], "it is retried");
  assert.deepEqual(tells(LOST), []);
  assert.deepEqual(tells(OK, jobIn("running")), [], "nobody observes it");
});

Deno.test("ended() ok completes the job with its result and a line of history", () => {
  const job = end(OK, jobIn("running", { error }));
  assert.deepEqual(
    [job.state, job.result, job.error, job.finishedAtMs, job.counted, job.running],
    ["completed", '{"n":1}', null, later, 1, null],
  );
  assert.deepEqual(job.attempts, [{
    number: 1,
    node: "a",
    startedAtMs: NOW_MS,
    finishedAtMs: later,
    outcome: "ok",
    error: null,
  }]);
});

Deno.test("ended() with an error retries after the backoff, and counts the attempt", () => {
  const job = end(ERROR);
  assert.deepEqual([job.state, job.counted, job.runAtMs], ["retrying", 1, later + 1_000]);
  assert.deepEqual(job.error, error);
});

Deno.test("ended() with the last attempt's error fails the job", () => {
  const job = end(ERROR, jobIn("running", { counted: 2, running: runningOf({ number: 3 }) }));
  assert.deepEqual([job.state, job.counted, job.finishedAtMs], ["failed", 3, later]);
  assert.deepEqual(job.error, error);
});

Deno.test("ended() begins the backoff anew after a retry by hand", () => {
  const job = end(ERROR, jobIn("running", { counted: 3, maxAttempts: 6 }));
  assert.deepEqual([job.state, job.runAtMs], ["retrying", later + 1_000]);
});

Deno.test("ended() obeys the handler: not retryable fails, retryAfter sets the delay", () => {
  assert.equal(end({ kind: "error", error, retryable: false }).state, "failed");
  const job = end({ kind: "error", error, retryable: true, retryAfterMs: 7 });
  assert.deepEqual([job.state, job.runAtMs], ["retrying", later + 7]);
});

Deno.test("ended() obeys the policy's lists of errors", () => {
  const listed = (lists: { on?: string[]; notOn?: string[] }) =>
    jobIn("running", { spec: specOf({ retry: { ...specOf().retry, ...lists } }) });
  assert.equal(end(ERROR, listed({ notOn: ["Error"] })).state, "failed");
  assert.equal(end(ERROR, listed({ on: ["NetError"] })).state, "failed");
  assert.equal(end(ERROR, listed({ on: ["Error"] })).state, "retrying");
  assert.equal(end(TIMEOUT, listed({ notOn: ["TimeoutError"] })).state, "failed");
  assert.equal(end(TIMEOUT, listed({ on: ["TimeoutError"] })).state, "retrying");
});

Deno.test("ended() by time-out retries like an error, under the name TimeoutError", () => {
  const job = end(TIMEOUT);
  assert.deepEqual([job.state, job.error], ["retrying", { name: "TimeoutError", message: "30s" }]);
  assert.equal(job.attempts[0]?.outcome, "timeout");
});

Deno.test("ended() lost is due again in its old place under the same number, counted apart", () => {
  const job = end(LOST);
  assert.deepEqual(
    [job.state, job.runAtMs, job.lost, job.counted, job.attempts[0]?.number],
    ["pending", NOW_MS, 1, 0, 1],
  );
});

Deno.test("ended() lost beyond the bound fails the job as poison, with that reason", () => {
  const bound = jobIn("running", { lost: LOST_ATTEMPTS_MAX - 1 });
  assert.equal(end(LOST, bound).state, "pending");
  const job = end(LOST, jobIn("running", { lost: LOST_ATTEMPTS_MAX }));
  assert.equal(job.state, "failed");
  assert.match(job.error?.message ?? "", /died under it 4 times; last: host died/);
});

Deno.test("ended() interrupted is due again in its old place and costs nothing", () => {
  const job = end(INTERRUPTED);
  assert.deepEqual([job.state, job.runAtMs, job.lost, job.counted], ["pending", NOW_MS, 0, 0]);
  assert.equal(job.attempts[0]?.outcome, "interrupted");
});

Deno.test("ended() interrupted before the handler was called takes the start back", () => {
  const armed = jobIn("running", {
    runAtMs: NOW_MS + 130,
    startedAtMs: NOW_MS + 130,
    running: runningOf({ startedAtMs: NOW_MS + 130 }),
  });
  const job = end({ ...INTERRUPTED, begun: false }, armed);
  assert.deepEqual(
    [job.state, job.runAtMs, job.startedAtMs, job.attempts],
    ["pending", NOW_MS + 130, null, []],
  );
});

Deno.test("ended() without a handler parks the job where it can be found", () => {
  const job = end(UNKNOWN);
  assert.deepEqual(
    [job.state, job.waiting, job.counted, job.attempts, job.startedAtMs],
    ["pending", "handler", 0, [], null],
  );
  const { wakeAtMs, labels } = indexingOf(job);
  assert.equal(wakeAtMs, null);
  assert.ok(labels.includes(LABEL_PARKED));
});

Deno.test("ended() of an at-most-once job that did not succeed fails it (J8)", () => {
  const job = jobIn("running", { spec: once });
  assert.deepEqual(end(ERROR, job).error, error);
  for (const outcome of [ERROR, TIMEOUT, LOST, INTERRUPTED]) {
    assert.equal(end(outcome, job).state, "failed", outcome.kind);
  }
  assert.match(end(LOST, job).error?.message ?? "", /at most once, it is not run again/);
  assert.match(end(INTERRUPTED, job).error?.message ?? "", /may have begun/);
});

Deno.test("ended() of an at-most-once job whose handler was never called leaves it another try", () => {
  const job = jobIn("running", { spec: once });
  assert.equal(end({ ...INTERRUPTED, begun: false }, job).state, "pending");
  assert.equal(end(UNKNOWN, job).waiting, "handler");
});

Deno.test("ended() while being cancelled: cancelled whatever went wrong, completed if it won", () => {
  for (const outcome of [ERROR, TIMEOUT, LOST, INTERRUPTED, UNKNOWN, CANCELLED]) {
    const job = end(outcome, cancelling);
    assert.deepEqual(
      [job.state, job.running, job.finishedAtMs],
      ["cancelled", null, later],
      outcome.kind,
    );
  }
  assert.equal(end(OK, cancelling).state, "completed");
});

Deno.test("ended() while being cancelled keeps how it ended in the history", () => {
  assert.equal(end(CANCELLED, cancelling).attempts[0]?.outcome, "cancelled");
  assert.equal(end(LOST, cancelling).attempts[0]?.outcome, "lost");
  assert.deepEqual(end(UNKNOWN, cancelling).attempts, []);
});

Deno.test("ended() never puts the end before the start, whatever the clock did", () => {
  const step = ended(jobIn("running"), { token: TOKEN, outcome: OK }, contextOf({ nowMs: 5 }));
  assert.equal(step.state.finishedAtMs, NOW_MS);
});

Deno.test("ended() keeps the latest attempts, without stacks, their messages cut", () => {
  let job = jobIn("running");
  for (let turn = 0; turn < ATTEMPTS_KEPT_MAX + 3; turn++) {
    const long = { ...error, message: `${turn} ` + "x".repeat(HISTORY_ERROR_CHARS_MAX) };
    const outcome: AttemptOutcome = { kind: "interrupted", error: long };
    job = { ...end(outcome, job), state: "running", running: runningOf() };
  }
  assert.equal(job.attempts.length, ATTEMPTS_KEPT_MAX);
  const last = job.attempts.at(-1)?.error;
  assert.equal(last?.message.length, HISTORY_ERROR_CHARS_MAX);
  assert.match(last.message, /^22 x/);
  assert.equal(last.stack, undefined);
});

Deno.test("ended() late notes the missed service level", () => {
  const spec = specOf({ sla: { startWithinMs: null, finishWithinMs: 99 } });
  assert.deepEqual(end(OK, jobIn("running", { spec })).breached, ["finish"]);
});

Deno.test("adopted() leaves an attempt of this process start alone, and asks whether it began here", () => {
  const job = jobIn("running");
  const { state, effects } = adopted(job, context);
  assert.equal(state, job);
  assert.deepEqual(effects.map(({ kind }) => kind), ["confirm"]);
});

Deno.test("adopted() leaves an attempt of another process start that lives alone, and asks there", () => {
  const job = jobIn("running");
  const { boot } = job.running ?? assert.fail();
  const other = { ...context, boot: "boot-2" as BootId, lives: (asked: BootId) => asked === boot };
  const { state, effects } = adopted(job, other);
  assert.equal(state, job);
  assert.deepEqual(effects.map((effect) => effect.kind === "confirm" && effect.boot), [boot]);
});

Deno.test("adopted() repeats the abort of an attempt of this process start", () => {
  const { state, effects } = adopted(cancelling, context);
  assert.equal(state, cancelling);
  assert.deepEqual(effects.map(({ kind }) => kind), ["confirm", "abort"]);
});

Deno.test("adopted() takes an attempt of another process start for lost", () => {
  const job = adopted(jobIn("running"), { ...context, boot: "boot-2" as BootId }).state;
  assert.deepEqual([job.state, job.lost, job.attempts[0]?.outcome], ["pending", 1, "lost"]);
  assert.match(job.error?.message ?? "", /node a went away/);
});

Deno.test("adopted() does not count an armed start whose moment has not come", () => {
  const armed = {
    runAtMs: later + 30,
    startedAtMs: later + 30,
    running: runningOf({ startedAtMs: later + 30 }),
  };
  const other = { ...context, boot: "boot-2" as BootId };
  const job = adopted(jobIn("running", armed), other).state;
  assert.deepEqual([job.state, job.lost, job.runAtMs], ["pending", 0, later + 30]);
  assert.equal(job.attempts[0]?.outcome, "interrupted", "it may have run, and left steps");
  const strict = adopted(jobIn("running", { ...armed, spec: once }), other).state;
  assert.equal(strict.state, "failed");
});

Deno.test("adopted() while being cancelled cancels", () => {
  const job = adopted(cancelling, { ...context, boot: "boot-2" as BootId }).state;
  assert.equal(job.state, "cancelled");
});
