import assert from "node:assert/strict";
import type { JobState } from "../../../actors/job/state.ts";
import { JOB, Watching } from "../../testing/watching.ts";
import { RUN_BEGAN_MS } from "../../world/wall.ts";
import type { Checker } from "../checker.ts";
import { breaches, noted } from "./deadlines.ts";

function setup(checker: Checker) {
  const run = new Watching(checker, { deeds: [] });
  run.insert({ sla: { startWithinMs: 10_000, finishWithinMs: null } });
  return {
    run,
    note: (...breached: JobState["breached"]) => run.move({ breached }),
    session: () => run.tell({ kind: "session", boot: "a.1", untilMs: RUN_BEGAN_MS + 1e6 }),
  };
}

Deno.test("breaches accepts a miss after its moment, and catches one before, twice, and taken back", () => {
  const { run, note } = setup(breaches);
  run.time.nowMs = 10_001;
  note("start");
  assert.deepEqual(run.failures, []);
  note();
  assert.match(run.failures[0] ?? "", /no longer missed/);
  note("start", "start");
  assert.match(run.failures[1] ?? "", /noted twice/);
  const early = setup(breaches);
  early.run.time.nowMs = 9_000;
  early.note("start");
  assert.match(early.run.failures[0] ?? "", /missed before/);
});

Deno.test("noted catches a moment that nobody notes for 2 s, but not while there is trouble", () => {
  const { run, session, note } = setup(noted);
  run.time.nowMs = 10_500;
  session();
  run.tell({ kind: "gone", boot: "b.1", how: "crashed" });
  run.time.nowMs = 20_000;
  session();
  assert.deepEqual(run.failures, []);
  run.time.nowMs = 21_000;
  session();
  assert.equal(run.failures.length, 1);
  note("start");
  run.time.nowMs = 30_000;
  session();
  assert.deepEqual(run.failures, [`${JOB}: start was missed at ${RUN_BEGAN_MS + 10_000}`]);
});
