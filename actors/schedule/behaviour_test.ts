import assert from "node:assert/strict";
import { NOW_MS } from "../job/testing/samples.ts";
import { CARRIED_INSERTS_MAX } from "../../runtime/limits.ts";
import type { OverlapPolicy, ScheduleSpec } from "./spec.ts";
import { Hosted, MINUTE_MS, specOf } from "./testing/samples.ts";

const at = (minutes: number) => NOW_MS + minutes * MINUTE_MS;
const jobAt = (minutes: number) =>
  `nightly@${new Date(at(minutes)).toISOString().replace(".000Z", "Z")}`;

/** Beside them there is room for a report. */
const JOBS_OF_STEP = CARRIED_INSERTS_MAX - 1;

/** Lets every look be answered: none of the jobs in `running` is over, all others are. */
function look(hosted: Hosted, running: readonly string[] = []): void {
  hosted.tell({ kind: "looked", over: hosted.asks.filter((id) => !running.includes(id)) });
}

Deno.test("a schedule fires at each nominal time: one job, one line, one commit (H1, H2)", () => {
  const hosted = new Hosted(specOf({ overlap: "allow" }));
  assert.equal(hosted.state.wakeAtMs, at(1));
  hosted.wake();
  hosted.wake();
  assert.deepEqual(hosted.jobs, [jobAt(1), jobAt(2)]);
  assert.deepEqual(hosted.decisions, ["1 fired", "2 fired"]);
  assert.equal(hosted.commits, 3);
  assert.deepEqual(hosted.state.last, { nominalAtMs: at(2), jobId: jobAt(2) });
  assert.equal(hosted.state.fired, 2);
});

Deno.test("a wake-up a little ahead of its time decides; the job still has its own", () => {
  const hosted = new Hosted();
  hosted.wake(at(1) - 30);
  assert.deepEqual(hosted.jobs, [jobAt(1)]);
  assert.equal(hosted.ledger[0]!.dueAtMs, at(1));
});

Deno.test("a wake-up for nothing changes nothing", () => {
  const hosted = new Hosted();
  const { commits } = hosted;
  hosted.wake(at(0.5));
  assert.equal(hosted.commits, commits);
});

Deno.test("a fire whose earlier run is open asks about it before anything is decided", () => {
  const hosted = new Hosted();
  hosted.wake();
  hosted.wake();
  assert.deepEqual(hosted.asks, [jobAt(1)]);
  assert.deepEqual(hosted.jobs, [jobAt(1)]);
  look(hosted);
  assert.deepEqual(hosted.jobs, [jobAt(1), jobAt(2)]);
  assert.deepEqual(hosted.state.open, [jobAt(2)]);
});

/** What becomes of the fires 2 and 3 while run 1 goes on, and then, when it is over. */
const OVERLAPS: [OverlapPolicy, { during: string[]; after: string[]; jobs: number[] }][] = [
  ["skip", { during: ["2 skipped-overlap", "3 skipped-overlap"], after: [], jobs: [1] }],
  ["queue-one", { during: ["3 skipped-overlap"], after: ["2 fired"], jobs: [1, 2] }],
  ["queue-all", { during: [], after: ["2 fired", "3 fired"], jobs: [1, 2, 3] }],
  ["allow", { during: ["2 fired", "3 fired"], after: [], jobs: [1, 2, 3] }],
  ["cancel-previous", { during: ["2 skipped-overlap"], after: ["3 fired"], jobs: [1, 3] }],
];

for (const [overlap, { during, after, jobs }] of OVERLAPS) {
  Deno.test(`overlap ${overlap}: fires that come during a run`, () => {
    const hosted = new Hosted(specOf({ overlap }));
    hosted.wake();
    for (const minute of [2, 3]) {
      hosted.wake(at(minute));
      look(hosted, [jobAt(1)]);
    }
    assert.deepEqual(hosted.decisions, ["1 fired", ...during]);
    for (const job of [1, 2]) hosted.tell({ kind: "job-over", jobId: jobAt(job) });
    assert.deepEqual(hosted.decisions, ["1 fired", ...during, ...after]);
    assert.deepEqual(hosted.jobs, jobs.map(jobAt));
  });
}

Deno.test("with queue-all, runs follow one another: never two at once (H3)", () => {
  const hosted = new Hosted(specOf({ overlap: "queue-all" }));
  hosted.wake();
  for (const minute of [2, 3]) {
    hosted.wake(at(minute));
    look(hosted, [jobAt(1)]);
  }
  hosted.tell({ kind: "job-over", jobId: jobAt(1) });
  assert.deepEqual([hosted.jobs.length, hosted.state.waiting.length], [2, 1]);
  hosted.tell({ kind: "job-over", jobId: jobAt(2) });
  assert.deepEqual([hosted.jobs.length, hosted.state.waiting.length], [3, 0]);
});

Deno.test("while fires wait, open jobs are looked at again: their own word may have been lost", () => {
  const hosted = new Hosted(specOf({ overlap: "queue-one" }));
  hosted.wake();
  hosted.wake();
  look(hosted, [jobAt(1)]);
  assert.equal(hosted.state.wakeAtMs, at(2) + 5_000);
  hosted.wake();
  look(hosted);
  assert.deepEqual(hosted.jobs, [jobAt(1), jobAt(2)]);
});

Deno.test("cancel-previous cancels the run before, and again while it does not end", () => {
  const hosted = new Hosted(specOf({ overlap: "cancel-previous" }));
  hosted.wake();
  hosted.wake();
  look(hosted, [jobAt(1)]);
  assert.deepEqual(hosted.cancels, [jobAt(1)]);
  hosted.wake();
  look(hosted, [jobAt(1)]);
  assert.deepEqual(hosted.cancels, [jobAt(1)]);
  assert.deepEqual(hosted.jobs, [jobAt(1)]);
});

/** Fires 1 to 5 come while nobody is there; at 5:30 somebody is. */
const MISFIRES: [string, ScheduleSpec["misfire"], string[]][] = [
  ["fire-once", { policy: "fire-once", windowMs: null, max: 10 }, [
    ...["1 misfired", "2 misfired", "3 misfired", "4 misfired", "5 fired"],
  ]],
  ["fire-once within a window that is over", {
    policy: "fire-once",
    windowMs: 20_000,
    max: 10,
  }, ["1 misfired", "2 misfired", "3 misfired", "4 misfired", "5 misfired"]],
  ["skip", { policy: "skip", windowMs: null, max: 10 }, [
    ...["1 misfired", "2 misfired", "3 misfired", "4 misfired", "5 misfired"],
  ]],
  ["catch-up, the latest two", { policy: "catch-up", windowMs: null, max: 2 }, [
    ...["1 misfired", "2 misfired", "3 misfired", "4 fired", "5 fired"],
  ]],
  ["catch-up within a window", { policy: "catch-up", windowMs: 3 * MINUTE_MS, max: 10 }, [
    ...["1 misfired", "2 misfired", "3 fired", "4 fired", "5 fired"],
  ]],
];

for (const [what, misfire, decisions] of MISFIRES) {
  Deno.test(`misfire ${what}`, () => {
    const hosted = new Hosted(specOf({ misfire, overlap: "allow" }));
    hosted.wake(at(5.5));
    assert.deepEqual(hosted.decisions, decisions);
    assert.equal(hosted.state.wakeAtMs, at(6));
  });
}

Deno.test("a fire that is a few seconds late was not missed: a failover takes that long", () => {
  const misfire = { policy: "skip", windowMs: null, max: 10 } as const;
  const hosted = new Hosted(specOf({ misfire }));
  hosted.wake(at(1) + 9_000);
  assert.deepEqual(hosted.decisions, ["1 fired"]);
});

Deno.test("fire-once: the fire that is in time stands for those that were missed", () => {
  const hosted = new Hosted(specOf({ overlap: "allow" }));
  hosted.wake(at(3) + 1_000);
  assert.deepEqual(hosted.decisions, ["1 misfired", "2 misfired", "3 fired"]);
});

Deno.test("catch-up runs one after another, unless overlaps are allowed", () => {
  const misfire = { policy: "catch-up", windowMs: null, max: 3 } as const;
  const hosted = new Hosted(specOf({ misfire }));
  hosted.wake(at(3.5));
  assert.deepEqual(hosted.jobs, [jobAt(1)]);
  for (const job of [1, 2]) hosted.tell({ kind: "job-over", jobId: jobAt(job) });
  assert.deepEqual(hosted.jobs, [1, 2, 3].map(jobAt));
});

Deno.test("a catch-up larger than one commit goes on in the next (H4)", () => {
  const max = CARRIED_INSERTS_MAX + 50;
  const misfire = { policy: "catch-up", windowMs: null, max } as const;
  const hosted = new Hosted(specOf({ misfire, overlap: "allow" }));
  hosted.wake(at(500) + 30_000);
  assert.equal(hosted.jobs.length, JOBS_OF_STEP);
  assert.equal(hosted.state.wakeAtMs, hosted.nowMs);
  hosted.wake();
  assert.equal(new Set(hosted.jobs).size, max);
  assert.equal(hosted.jobs.at(-1), jobAt(500));
});

Deno.test("what does not fire is in the ledger, with why", () => {
  const odd = (ms: number) =>
    ms === at(1)
      ? { fires: false, note: "excluded" } as const
      : ms === at(2)
      ? { fires: false, note: "dst-gap" } as const
      : {};
  const hosted = new Hosted(specOf({ overlap: "allow" }), odd);
  for (let n = 0; n < 3; n++) hosted.wake();
  assert.deepEqual(hosted.decisions, ["1 excluded", "2 dst-gap", "3 fired"]);
});

Deno.test("count ends a schedule after so many fires; skipped ones are none of them", () => {
  const hosted = new Hosted(specOf({ count: 2 }));
  hosted.wake();
  hosted.wake();
  look(hosted, [jobAt(1)]);
  hosted.wake();
  look(hosted);
  assert.deepEqual(hosted.decisions, ["1 fired", "2 skipped-overlap", "3 fired"]);
  assert.equal(hosted.state.state, "ended");
  assert.equal(hosted.state.wakeAtMs, null);
});
