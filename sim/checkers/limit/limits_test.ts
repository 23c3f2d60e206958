import assert from "node:assert/strict";
import { UNLIMITED } from "../../../actors/limiter/limits.ts";
import { actorId } from "../../../runtime/ids.ts";
import type { PlannedLimits } from "../../plans/limits.ts";
import { Watching } from "../../testing/watching.ts";
import { RUN_BEGAN_MS } from "../../world/wall.ts";
import type { Checker } from "../checker.ts";
import { paces, permits, starvation } from "./limits.ts";

const NARROW: PlannedLimits = {
  ...{ queue: "q", concurrency: 2, rate: null, perKey: { concurrency: 1, rate: null } },
};

function setup(checker: Checker, limits: PlannedLimits = NARROW) {
  const run = new Watching(checker, { limits: [limits], deeds: [], slots: 400 });
  const session = (boot: string, forMs = 3_000) =>
    run.tell({ kind: "session", boot, untilMs: RUN_BEGAN_MS + run.time.nowMs + forMs });
  const starts = (name: string, { boot = "a.1", lane = "job/q" } = {}) => {
    const id = actorId(name);
    run.tell({ kind: "reserved", boot, entry: { id, wakeAtMs: 0, lane, rank: 0 } });
    run.tell({ kind: "starting", boot, id, token: name, lane });
  };
  const ends = (name: string) =>
    run.tell({
      ...{ kind: "ended", boot: "a.1", outcome: { kind: "ok", result: "1" } },
      key: { jobId: name, attempt: 1, token: name },
    });
  return { run, session, starts, ends };
}

Deno.test("permits accepts as many as may run, wherever, again when one has ended", () => {
  const { run, session, starts, ends } = setup(permits);
  session("a.1");
  session("b.1");
  starts("1");
  starts("2", { boot: "b.1" });
  ends("1");
  starts("3");
  assert.deepEqual(run.failures, []);
});

Deno.test("permits catches one too many in a queue on two nodes, and in a key", () => {
  const { run, session, starts, ends } = setup(permits);
  session("a.1");
  session("b.1");
  starts("1", { lane: "job/q/k" });
  starts("2", { lane: "job/q/k" });
  ends("2");
  starts("3", { boot: "b.1" });
  starts("4", { boot: "b.1" });
  assert.deepEqual(run.failures, ["2: 2 of 1 run in job/q/k", "4: 3 of 2 run in job/q"]);
});

Deno.test("permits does not count what runs on a node that lost its session, or is gone", () => {
  const { run, session, starts } = setup(permits);
  session("a.1");
  starts("1");
  starts("2");
  run.time.nowMs += 4_000;
  session("b.1");
  starts("3", { boot: "b.1" });
  session("a.1");
  starts("4", { boot: "b.1" });
  run.tell({ kind: "gone", boot: "b.1", how: "crashed" });
  starts("5");
  assert.deepEqual(run.failures, []);
});

Deno.test("paces catches more starts in a span than the rate, less what may come late", () => {
  const rate = { limit: 2, perMs: 3_000 };
  const { run, starts } = setup(paces, { ...NARROW, rate, perKey: UNLIMITED });
  starts("1");
  starts("2");
  run.time.nowMs += 2_000;
  starts("3");
  assert.deepEqual(run.failures, []);
  run.time.nowMs += 500;
  starts("4");
  starts("5");
  assert.deepEqual(run.failures, ["5: 3 of 2 started in job/q"]);
});

Deno.test("starvation catches a queue that starts nothing although a job waits, but not while there is trouble", () => {
  const { run, session, starts } = setup(starvation);
  run.insert({ queue: "q" });
  run.time.nowMs += 9_000;
  session("a.1");
  run.tell({ kind: "paused", boot: "a.1", forMs: 2_000 });
  run.time.nowMs += 9_000;
  session("a.1");
  starts("other");
  run.time.nowMs += 9_000;
  session("a.1");
  assert.deepEqual(run.failures, []);
  run.time.nowMs += 2_000;
  session("a.1");
  assert.deepEqual(run.failures, ["job: nothing starts in q, and it waits"]);
});
