import assert from "node:assert/strict";
import type { BenchJob, Contestant, WorkListener } from "./contestant.ts";
import { runWorkload, type WorkloadClock } from "./workloads.ts";

interface Flaws {
  /** Every n-th job is dropped. */
  readonly loses?: number;
  /** Every n-th job runs twice. */
  readonly repeats?: number;
  readonly latenessMs?: number;
}

/** A scheduler on virtual time: a submission costs 1 ms, a job runs as soon as it may. */
function setup(flaws: Flaws = {}) {
  let nowMs = 1_000;
  let stored = 0;
  let waiting: BenchJob[] = [];
  let taken = 0;
  let listener: WorkListener | undefined;
  const run = () => {
    if (listener === undefined) return;
    const due = (job: BenchJob) => (job.runAtMs ?? 0) + (flaws.latenessMs ?? 0) <= nowMs;
    const ready = waiting.filter(due);
    waiting = waiting.filter((job) => !due(job));
    for (const job of ready) {
      const times = flaws.repeats !== undefined && ++taken % flaws.repeats === 0 ? 2 : 1;
      for (let time = 0; time < times; time++) {
        listener.started(job.payload);
        listener.finished();
      }
    }
  };
  let offered = 0;
  const take = (job: BenchJob) => {
    if (flaws.loses !== undefined && ++offered % flaws.loses === 0) return;
    stored++;
    waiting.push(job);
  };
  const contestant: Contestant = {
    submit(job) {
      nowMs += 1;
      take(job);
      run();
      return Promise.resolve();
    },
    submitBulk(batch) {
      nowMs += 1;
      batch.forEach(take);
      return Promise.resolve();
    },
    work(_slots, given) {
      listener = given;
      run();
      return Promise.resolve();
    },
    rest() {
      listener = undefined;
      return Promise.resolve();
    },
    stored: () => Promise.resolve(stored),
    close: () => Promise.resolve(),
  };
  const clock: WorkloadClock = {
    wallMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: (ms) => {
      nowMs += ms;
      run();
      return Promise.resolve();
    },
  };
  return { contestant, clock };
}

Deno.test("runWorkload() submit measures the rate of accepted jobs", async () => {
  const figures = await runWorkload({ kind: "submit", seconds: 2, inFlight: 1 }, setup());
  assert.deepEqual(figures, { jobsPerSecond: 1_000 });
});

Deno.test("runWorkload() bulk measures jobs, not batches", async () => {
  const figures = await runWorkload({ kind: "bulk", seconds: 2, batch: 50 }, setup());
  assert.deepEqual(figures, { jobsPerSecond: 50_000 });
});

Deno.test("runWorkload() submit and bulk fail when the store holds fewer jobs than were accepted", async () => {
  for (
    const workload of [
      { kind: "submit", seconds: 1, inFlight: 10 },
      { kind: "bulk", seconds: 1, batch: 10 },
    ] as const
  ) {
    await assert.rejects(runWorkload(workload, setup({ loses: 100 })), /the store has/);
  }
});

Deno.test("runWorkload() drain fails when a job is lost or comes twice", async () => {
  const workload = { kind: "drain", seconds: 1, jobs: 100, slots: 10 } as const;
  await assert.rejects(runWorkload(workload, setup({ loses: 10 })), /only 90 of 100 jobs finished/);
  await assert.rejects(runWorkload(workload, setup({ repeats: 10 })), /started, 110 times in all/);
});

Deno.test("runWorkload() lag measures from the due time and counts early starts", async () => {
  const workload = { kind: "lag", jobs: 1_000, overMs: 2_000, pending: 500, slots: 10 } as const;
  const late = await runWorkload(workload, setup({ latenessMs: 700 }));
  assert.ok((late["p50Ms"] ?? 0) >= 700 && (late["p50Ms"] ?? 0) <= 1_200, JSON.stringify(late));
  assert.equal(late["early"], 0);
  const early = await runWorkload(workload, setup({ latenessMs: -1_000 }));
  assert.ok((early["early"] ?? 0) > 0);
});

Deno.test("runWorkload() paced submits the promised number of jobs", async () => {
  const workload = { kind: "paced", seconds: 2, perSecond: 100, slots: 10 } as const;
  const figures = await runWorkload(workload, setup());
  assert.equal(figures["early"], 0);
  assert.ok((figures["maxMs"] ?? 99) <= 1);
});
