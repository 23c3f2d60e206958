import assert from "node:assert/strict";
import { decodeSchedule, draftOfSchedule, encodeSchedule } from "../../../actors/schedule/codec.ts";
import { type Decision, encodeEntry, LEDGER_STREAM } from "../../../actors/schedule/ledger.ts";
import type { ScheduleSpec } from "../../../actors/schedule/spec.ts";
import type { ScheduleState } from "../../../actors/schedule/state.ts";
import { fireId, scheduleActorId } from "../../../actors/schedule/ids.ts";
import { MINUTE_MS, specOf } from "../../../actors/schedule/testing/samples.ts";
import { actorId, type ShardId } from "../../../runtime/ids.ts";
import type { ActorCommit } from "../../record/events.ts";
import { BOOT, Watching } from "../../testing/watching.ts";
import type { Checker } from "../checker.ts";
import { fires, overlaps, skips } from "./fires.ts";

const ID = scheduleActorId("tick");
const fireOf = (minute: number) => fireId("tick", minute * MINUTE_MS);

/** A schedule that began at 0 and fires every minute, as the store would take it. */
function setup(checker: Checker, spec: Partial<ScheduleSpec> = {}) {
  const run = new Watching(checker);
  const draft = draftOfSchedule(specOf(spec), { id: "tick", nowMs: 0 });
  const snapshot = { ...draft, shard: 0 as ShardId, version: 1 };
  let commit: ActorCommit = {
    atMs: 0,
    boot: BOOT,
    snapshot,
  };
  run.tell({ kind: "actor-inserted", id: ID, after: commit });
  /** Moves on to `toMinute` with these lines: minute, decision, job. */
  const move = (
    toMinute: number,
    lines: readonly [number, Decision, string | null][],
    { patch = {}, made }: { patch?: Partial<ScheduleState>; made?: readonly string[] } = {},
  ) => {
    const before = commit;
    const schedule = {
      ...decodeSchedule(before.snapshot),
      decidedToMs: toMinute * MINUTE_MS,
      ...patch,
    };
    const stored = encodeSchedule(schedule);
    const { version } = before.snapshot;
    commit = {
      ...before,
      snapshot: { ...before.snapshot, ...stored, version: version + 1 },
    };
    const texts = lines.map(([minute, decision, jobId]) => {
      const nominalAtMs = minute * MINUTE_MS;
      return encodeEntry({
        nominalAtMs,
        dueAtMs: nominalAtMs,
        decision,
        jobId,
        node: "a",
        atMs: 0,
      });
    });
    const jobs = made ??
      lines.flatMap(([, decision, id]) => decision === "fired" && id ? [id] : []);
    run.tell({
      kind: "actor-moved",
      id: ID,
      transition: {
        kind: "transition",
        ...{ id: ID, shard: snapshot.shard, epoch: 1, expectedVersion: version, ...stored },
        carries: { lines: { stream: LEDGER_STREAM, texts } },
      },
      epoch: 1,
      before,
      after: commit,
      made: jobs.map(actorId),
    });
    for (const id of jobs) run.insert({}, actorId(id));
  };
  return { run, move };
}

Deno.test("fires: every nominal time decided once, with its job, is as it should be", () => {
  const { run, move } = setup(fires);
  move(1, [[1, "fired", fireOf(1)]]);
  move(3, [[2, "skipped-overlap", null], [3, "fired", fireOf(3)]]);
  move(4, [], { patch: { waiting: [{ nominalAtMs: 4 * MINUTE_MS, dueAtMs: 4 * MINUTE_MS }] } });
  move(4, [[4, "fired", fireOf(4)]], { patch: { waiting: [] } });
  assert.deepEqual(run.failures, []);
});

const FLAWS: [string, RegExp, (move: ReturnType<typeof setup>["move"]) => void][] = [
  ["a time that is decided again", /decided again/, (move) => {
    move(1, [[1, "fired", fireOf(1)]]);
    move(1, [[1, "misfired", null]]);
  }],
  ["a time that is passed over", /passed over/, (move) => move(2, [[2, "fired", fireOf(2)]])],
  ["a fire under another name", /fired as/, (move) => move(1, [[1, "fired", "tick@x"]])],
  [
    "a fire without its job",
    /was not made/,
    (move) => move(1, [[1, "fired", fireOf(1)]], { made: [] }),
  ],
  [
    "a job without a decision",
    /without a decision/,
    (move) => move(1, [[1, "misfired", null]], { made: [fireOf(1)] }),
  ],
  [
    "a backfill of what is to come",
    /not decided yet/,
    (move) => move(1, [[1, "fired", fireOf(1)], [2, "backfilled", fireOf(2)]]),
  ],
  [
    "a fire that is backfilled in the same commit",
    /fired and is backfilled/,
    (move) => move(1, [[1, "fired", fireOf(1)], [1, "backfilled", fireOf(1)]]),
  ],
];

for (const [what, text, act] of FLAWS) {
  Deno.test(`fires tells of ${what}`, () => {
    const { run, move } = setup(fires);
    act(move);
    assert.match(run.failures.join("\n"), text);
  });
}

Deno.test("overlaps tells of a job that was made while an earlier one is not over", () => {
  for (const [overlap, failures] of [["skip", 1], ["allow", 0]] as const) {
    const { run, move } = setup(overlaps, { overlap });
    move(1, [[1, "fired", fireOf(1)]]);
    move(2, [[2, "fired", fireOf(2)]]);
    assert.equal(run.failures.length, failures, overlap);
  }
});

Deno.test("overlaps says nothing of a job after one that is over", () => {
  const { run, move } = setup(overlaps, { overlap: "skip" });
  move(1, [[1, "fired", fireOf(1)]]);
  run.move({ state: "completed", finishedAtMs: 1 }, { id: fireOf(1) });
  move(2, [[2, "fired", fireOf(2)]]);
  assert.deepEqual(run.failures, []);
});

Deno.test("skips tells of a fire that was skipped though no run was open for long", () => {
  for (const [open, failures] of [[true, 0], [false, 1]] as const) {
    const { run, move } = setup(skips, { overlap: "skip" });
    move(1, [[1, "fired", fireOf(1)]]);
    if (!open) run.move({ state: "completed", finishedAtMs: 1 }, { id: fireOf(1) });
    run.time.nowMs += 10_000;
    move(2, [[2, "skipped-overlap", null]]);
    assert.equal(run.failures.length, failures);
  }
});
