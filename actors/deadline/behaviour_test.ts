import assert from "node:assert/strict";
import fc from "fast-check";
import { actorId, type ShardId } from "../../runtime/ids.ts";
import { ARM_AHEAD_MS } from "../../runtime/limits.ts";
import { contextOf, NOW_MS, specOf } from "../job/testing/samples.ts";
import {
  deadlineBehaviour,
  type DeadlineMessage,
  type DeadlineState,
  draftOfDeadline,
  ORPHAN_AFTER_MS,
} from "./behaviour.ts";
import { draftsOfJob } from "./drafts.ts";

const id = actorId("order-7");
const spec = specOf({ sla: { startWithinMs: 10, finishWithinMs: 50, succeedWithinMs: 50 } });

function draft() {
  return draftOfDeadline(spec, { id, nowMs: NOW_MS }) ?? assert.fail("no deadline");
}

function begin(): DeadlineState {
  return deadlineBehaviour.decode({ ...draft(), shard: 0 as ShardId, version: 1 });
}

function tell(state: DeadlineState, message: DeadlineMessage, nowMs: number) {
  const context = contextOf({ id: actorId(`${id}@deadline`), nowMs });
  return deadlineBehaviour.receive(state, message, context);
}

Deno.test("draftOfDeadline() is for jobs with a service level, and comes before them (DL2)", () => {
  assert.equal(draftOfDeadline(specOf(), { id, nowMs: NOW_MS }), undefined);
  const ids = (of: typeof spec) => draftsOfJob(of, { id, nowMs: NOW_MS }).map(({ id }) => id);
  assert.deepEqual(ids(spec), ["order-7@deadline", "order-7"]);
  assert.deepEqual(ids(specOf()), ["order-7"]);
});

Deno.test("a deadline wakes after each moment, however far ahead of its time a wake-up comes", () => {
  const { wakeAtMs } = draft().index;
  assert.equal(wakeAtMs, NOW_MS + 11 + ARM_AHEAD_MS);
  assert.deepEqual(tell(begin(), { kind: "wake" }, NOW_MS + 10).effects, []);
  assert.deepEqual(tell(begin(), { kind: "wake" }, wakeAtMs! - ARM_AHEAD_MS).effects, [
    { kind: "tell", job: id, atMs: NOW_MS + 10 },
  ]);
});

Deno.test("a moment that was told is over; the last one ends the deadline", () => {
  const first = tell(begin(), { kind: "told", atMs: NOW_MS + 10, gone: false }, NOW_MS + 60);
  assert.deepEqual(first.state.momentsMs, [NOW_MS + 50]);
  const last = tell(first.state, { kind: "told", atMs: NOW_MS + 50, gone: false }, NOW_MS + 61);
  assert.deepEqual(deadlineBehaviour.encode(last.state).index, {
    ...deadlineBehaviour.encode(first.state).index,
    wakeAtMs: null,
    expireAtMs: NOW_MS + 61,
    tally: "over",
  });
});

Deno.test("moments that passed while nobody was there are told as one", () => {
  const { effects } = tell(begin(), { kind: "wake" }, NOW_MS + 9_000);
  assert.deepEqual(effects.map(({ atMs }) => atMs), [NOW_MS + 50]);
});

Deno.test("a deadline waits for a job that has not come yet, and ends when none comes (DL2)", () => {
  const gone = { kind: "told", atMs: NOW_MS + 10, gone: true } as const;
  const state = begin();
  assert.equal(tell(state, gone, NOW_MS + 10 + ORPHAN_AFTER_MS - 1).state, state);
  const ended = tell(state, gone, NOW_MS + 10 + ORPHAN_AFTER_MS).state;
  assert.deepEqual(ended, { momentsMs: [], overAtMs: NOW_MS + 10 + ORPHAN_AFTER_MS });
});

Deno.test("what was told twice, or too early, changes nothing; every moment is told in the end (DL1)", () => {
  const steps = fc.array(fc.record({ ms: fc.nat(60), lost: fc.boolean(), twice: fc.boolean() }));
  fc.assert(fc.property(steps, (steps) => {
    let state = begin();
    const told = new Set<number>();
    const wake = (nowMs: number, { lost, twice }: { lost: boolean; twice: boolean }) => {
      for (const { atMs } of tell(state, { kind: "wake" }, nowMs).effects) {
        assert.ok(atMs < nowMs);
        told.add(atMs);
        if (lost) continue;
        for (let times = twice ? 2 : 1; times > 0; times--) {
          state = tell(state, { kind: "told", atMs, gone: false }, nowMs).state;
        }
      }
    };
    let nowMs = NOW_MS;
    for (const { ms, ...how } of steps) wake(nowMs += ms, how);
    wake(NOW_MS + 1e6, { lost: false, twice: true });
    assert.ok(told.has(NOW_MS + 50) && state.overAtMs !== null);
  }));
});
