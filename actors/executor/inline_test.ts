import assert from "node:assert/strict";
import type { Clock } from "../../runtime/clock.ts";
import type { CodeSpans } from "./attempt/spans.ts";
import { type InlineRun, InlineRunner } from "./inline.ts";
import type { AttemptOrder, AttemptOutcome, AttemptReports } from "./port.ts";

/** A clock whose timers fire when the test says so. */
function fakeClock() {
  const timers = new Set<{ atMs: number; fire: () => void }>();
  let nowMs = 0;
  const clock: Clock = {
    wallMs: () => nowMs,
    monotonicMs: () => nowMs,
    after(delayMs, fire) {
      const timer = { atMs: nowMs + delayMs, fire };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
  };
  return {
    clock,
    timers,
    pass(ms: number) {
      nowMs += ms;
      for (const timer of [...timers]) {
        if (timer.atMs <= nowMs && timers.delete(timer)) timer.fire();
      }
    },
  };
}

interface SetupOptions {
  readonly timeoutMs?: number | null;
  readonly spans?: CodeSpans;
  readonly trace?: AttemptOrder["trace"];
}

function setup(run: InlineRun, { timeoutMs = null, spans, trace }: SetupOptions = {}) {
  const { clock, pass, timers } = fakeClock();
  const ended: AttemptOutcome[] = [];
  const steps: string[] = [];
  const reports: AttemptReports = {
    progress: () => {},
    log: () => {},
    step(_key, name) {
      steps.push(name);
      return Promise.resolve();
    },
    checkpoint: () => Promise.resolve(),
    ended: (_key, outcome) => ended.push(outcome),
  };
  const runner = new InlineRunner({ reports, clock, spans });
  const order: AttemptOrder = {
    key: { jobId: "j", attempt: 1, token: "t" },
    name: "h",
    payload: "[1]",
    timeoutMs,
    notBeforeMs: 0,
    scheduledForMs: 0,
    fence: 1,
    checkpoint: "null",
    steps: new Map(),
    exclusive: false,
    ...(trace !== undefined && { trace }),
  };
  runner.start(order, { run, timeoutMs });
  return { runner, ended, steps, pass, timers };
}

const settle = () => new Promise((turn) => setImmediate(turn));

Deno.test("InlineRunner runs and tells the result", async () => {
  const { ended, timers } = setup((_ctx, payload) => payload, { timeoutMs: 50 });
  await settle();
  assert.deepEqual(ended, [{ kind: "ok", result: "[1]" }]);
  assert.equal(timers.size, 0);
});

Deno.test("InlineRunner runs code within its attempt's span, and within none where it is not traced", async () => {
  for (const trace of [{ parent: "00-1-2-01", queue: "default" }, undefined]) {
    let active: string | undefined = "another's";
    const spans: CodeSpans = {
      within(traceparent, run) {
        active = traceparent;
        return run();
      },
      step: (_name, run) => run(),
    };
    const { ended } = setup(() => active ?? null, { spans, ...(trace && { trace }) });
    await settle();
    assert.deepEqual(ended, [{ kind: "ok", result: JSON.stringify(trace?.parent ?? null) }]);
  }
});

Deno.test("InlineRunner signals at the time-out and ends when the code heeds it", async () => {
  const { ended, pass } = setup(
    (ctx) => new Promise((_, reject) => ctx.signal.addEventListener("abort", () => reject("x"))),
    { timeoutMs: 50 },
  );
  pass(50);
  await settle();
  assert.deepEqual(ended.map(({ kind }) => kind), ["timeout"]);
});

Deno.test("InlineRunner leaves code behind that does not heed its signal, and hears it no more", async () => {
  const wake = Promise.withResolvers<void>();
  const { runner, ended, steps, pass } = setup(async (ctx) => {
    await wake.promise;
    await ctx.step("late", () => 1);
  });
  assert.equal(runner.abort("t", "cancelled"), true);
  assert.equal(runner.abort("other", "cancelled"), false);
  await settle();
  assert.deepEqual(ended, []);
  pass(500);
  assert.deepEqual(ended, [{ kind: "cancelled" }]);
  wake.resolve();
  await settle();
  assert.equal(ended.length, 1);
  assert.deepEqual(steps, []);
});

Deno.test("InlineRunner.close ends what runs as interrupted", async () => {
  const { runner, ended } = setup(() => new Promise(() => {}));
  await settle();
  runner.close();
  assert.deepEqual(ended.map(({ kind }) => kind), ["interrupted"]);
  assert.equal(runner.load, 0);
});
