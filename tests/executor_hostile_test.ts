import assert from "node:assert/strict";
import type { AttemptOutcome } from "../actors/executor/port.ts";
import { type Harness, withExecutor } from "./executor_harness.ts";

/** What each hostile act must end as: `timeout`, or the name of its own error. */
const ENDS: Record<string, string> = {
  "sync-loop": "timeout",
  "microtask-loop": "timeout",
  "async-loop": "timeout",
  "late-sync-loop": "timeout",
  "exit": "ForbiddenError",
  "process-exit": "ForbiddenError",
  "process-abort": "ForbiddenError",
  "close": "ForbiddenError",
  "rejection": "RangeError",
  "timer-throw": "RangeError",
  "throw-text": "NonError",
  "throw-null": "NonError",
  "throw-proxy": "NonError",
  "huge-text": "UnserializableError",
  "huge-array": "UnserializableError",
  "huge-filled-array": "UnserializableError",
  "huge-bytes": "UnserializableError",
  "cycle": "UnserializableError",
  "bigint": "UnserializableError",
  "function": "UnserializableError",
  "symbol": "UnserializableError",
  "endless-json": "UnserializableError",
  "read": "NotCapable",
  "write": "NotCapable",
  "connect": "NotCapable",
  "listen": "NotCapable",
  "fetch": "NotCapable",
  "env": "NotCapable",
  "run": "NotCapable",
  "kill": "NotCapable",
  "ffi": "NotCapable",
  "import-file": "TypeError",
  "import-remote": "TypeError",
  "worker": "ForbiddenError",
  "post": "ForbiddenError",
  "patch-json": "TypeError",
  "patch-array": "TypeError",
  "patch-promise": "TypeError",
  "patch-object": "TypeError",
  "patch-map": "TypeError",
  "patch-port": "TypeError",
  "patch-timers": "TypeError",
};

const nameOf = (outcome: AttemptOutcome) =>
  outcome.kind === "error" ? outcome.error.name : outcome.kind;

Deno.test("each hostile handler ends its own attempt with a clear error, and its worker serves on", async () => {
  await withExecutor({}, async ({ run, strays }) => {
    for (const [act, expected] of Object.entries(ENDS)) {
      const outcome = await run("hostile", act, { timeoutMs: 400 });
      assert.equal(nameOf(outcome), expected, `${act}: ${JSON.stringify(outcome).slice(0, 500)}`);
      assert.ok(JSON.stringify(outcome).length < 20_000, `${act}: bounded`);
    }
    assert.equal((await run("good", { act: "noop" })).kind, "ok");
    assert.deepEqual(strays, []);
  });
});

Deno.test("memory that runs away is seen in company, and is the attempt's own error when it is alone", async () => {
  await withExecutor({ heapMiB: 96, workers: 1 }, async ({ run }) => {
    // Evicted before the host dies of it; from then on the handler has a host of its own.
    assert.equal((await run("hostile", "heap", { timeoutMs: 20_000 })).kind, "interrupted");
    for (const act of ["heap", "off-heap"]) {
      const outcome = await run("hostile", act, { timeoutMs: 20_000 });
      assert.equal(nameOf(outcome), "MemoryLimitExceeded", act);
    }
    assert.equal((await run("good", { act: "noop" })).kind, "ok");
  });
});

Deno.test("neighbours of an attempt whose memory runs away are interrupted, and never blamed", async () => {
  await withExecutor({ heapMiB: 96, workers: 1 }, async ({ run }) => {
    const neighbour = run("good", { act: "sleep", ms: 20_000 }, { timeoutMs: 30_000 });
    const culprit = await run("hostile", "heap", { timeoutMs: 20_000 });
    assert.deepEqual([culprit.kind, (await neighbour).kind], ["interrupted", "interrupted"]);
    const again = run("good", { act: "sleep", ms: 1_500 }, { timeoutMs: 30_000 });
    const alone = await run("hostile", "heap", { timeoutMs: 20_000 });
    assert.equal(nameOf(alone), "MemoryLimitExceeded");
    // The host may still die of what was taken before the eviction.
    assert.ok(["ok", "interrupted"].includes((await again).kind), JSON.stringify(await again));
    assert.equal((await run("good", { act: "noop" })).kind, "ok");
  });
});

Deno.test("an attempt that blocks its worker delays none that has not begun, and is alone to blame", async () => {
  await withExecutor({ workers: 1 }, async ({ run }) => {
    const neighbour = run("good", { act: "sleep", ms: 5_000 });
    const culprit = run("hostile", "sync-loop", { timeoutMs: 600 });
    const waited: number[] = [];
    for (let at = 0; at < 20; at++) {
      const from = performance.now();
      assert.equal((await run("good", { act: "noop" })).kind, "ok");
      waited.push(performance.now() - from);
    }
    assert.ok(Math.max(...waited) < 300, `slowest ${Math.max(...waited)} ms`);
    assert.equal((await culprit).kind, "timeout");
    assert.equal((await neighbour).kind, "interrupted");
  });
});

/** How late things were, ms, ascending. */
interface Lags {
  /** Attempts: from their due time to their handler's call, repeated while it was nobody's fault. */
  readonly attempts: readonly number[];
  /** Timers of this process: what the machine alone costs. */
  readonly timers: readonly number[];
}

/** A steady stream of no-op attempts, 200 a second. */
function stream({ run }: Harness): { stop: () => Promise<Lags> } {
  const attempts: number[] = [];
  const timers: number[] = [];
  const running: Promise<void>[] = [];
  const one = async () => {
    const notBeforeMs = Date.now() + 20;
    for (;;) {
      const outcome = await run("good", { act: "facts" }, { notBeforeMs, timeoutMs: 30_000 });
      if (outcome.kind === "lost" || outcome.kind === "interrupted") continue;
      assert.equal(outcome.kind, "ok", JSON.stringify(outcome));
      if (outcome.kind === "ok") attempts.push(JSON.parse(outcome.result).startedAt - notBeforeMs);
      return;
    }
  };
  let dueAt = performance.now() + 10;
  const timer = setInterval(() => {
    timers.push(performance.now() - dueAt);
    dueAt = performance.now() + 10;
    running.push(one(), one());
  }, 10);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(running);
      const ascending = (lags: number[]) => lags.sort((a, b) => a - b);
      return { attempts: ascending(attempts), timers: ascending(timers) };
    },
  };
}

function percentile99(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length * 0.99)] ?? Infinity;
}

Deno.test("others start on time while handlers loop, leak and crash", async () => {
  await withExecutor({ heapMiB: 128 }, async (harness) => {
    const others = stream(harness);
    const acts = ["sync-loop", "microtask-loop", "late-sync-loop", "exit", "heap", "huge-text"];
    for (const act of acts) {
      await harness.run("hostile", act, { timeoutMs: act === "heap" ? 20_000 : 500 });
    }
    const { attempts, timers } = await others.stop();
    const p99 = percentile99(attempts);
    const timerP99 = percentile99(timers);
    assert.ok(attempts.length > 100);
    assert.ok((attempts[0] ?? -1) >= 0, "never early");
    // A machine that is overloaded by others delays plain timers, too; then that is the measure.
    const limit = Math.max(50, 6 * timerP99);
    assert.ok(p99 <= limit, `start lag p99 ${p99} ms, of timers ${timerP99} ms`);
  });
});
