import assert from "node:assert/strict";
import type { ActorId } from "../ids.ts";
import { ARM_AHEAD_MS, WINDOW_AHEAD_MS } from "../limits.ts";
import { dueEntry, DueModel } from "../testing/due_model.ts";
import { NearWindow } from "./near_window.ts";
import type { WindowEvent, WindowRead } from "./window_events.ts";

const NOW_MS = 1_000_000;
const BOUNDS = { futureMax: 8, laneReadyMax: 4, lineReadyMax: 16, lanesMax: 8 };
const OPEN = () => "held" as const;

/** A window over a model of the store; reads wait in `reads` until they are answered. */
function setup() {
  const window = new NearWindow(NOW_MS, BOUNDS);
  const model = new DueModel(BOUNDS.laneReadyMax);
  const reads: WindowRead[] = [];
  const clock = { nowMs: NOW_MS };
  const feed = (event: WindowEvent) => void reads.push(...window.step(event, clock.nowMs));
  const tick = () => feed({ kind: "tick" });
  const told = (entry: ReturnType<typeof dueEntry>) => {
    model.put(entry);
    feed({ kind: "scheduled", entry });
  };
  const answerAll = () => {
    for (let rounds = 0; reads.length > 0; rounds++) {
      assert.ok(rounds < 100, "reads without end");
      for (const read of reads.splice(0)) feed(model.answer(read, clock.nowMs));
    }
  };
  /** Takes, starts and settles. */
  const run = (count = 100) => {
    const taken = window.take({ nowMs: clock.nowMs, count }, OPEN);
    for (const { id } of taken) {
      model.entries.delete(id);
      feed({ kind: "unscheduled", id });
      feed({ kind: "woken", id });
    }
    tick();
    return taken.map(({ id }) => String(id));
  };
  const started = () => {
    tick();
    answerAll();
  };
  return { window, model, reads, clock, feed, tick, told, answerAll, run, started };
}

Deno.test("step() reads the lanes and the time ahead at the start, each once", () => {
  const { reads, tick } = setup();
  tick();
  tick();
  assert.deepEqual(reads, [
    { kind: "read-lanes", after: null },
    { kind: "read-ahead", fromMs: NOW_MS, untilMs: NOW_MS + WINDOW_AHEAD_MS },
  ]);
});

Deno.test("take() finds what was due before the start, and what becomes due (W1)", () => {
  const { model, clock, started, run } = setup();
  model.put(dueEntry("old", NOW_MS - 5_000), dueEntry("soon", NOW_MS + 5_000));
  started();
  assert.deepEqual(run(), ["old"]);
  clock.nowMs += 5_000;
  assert.deepEqual(run(), ["soon"]);
});

Deno.test("take() gives nothing before its time less the arming span (W2)", () => {
  const { window, told, clock, run, started } = setup();
  started();
  told(dueEntry("later", NOW_MS + 1_000));
  assert.equal(window.nextTakeAtMs(), NOW_MS + 1_000 - ARM_AHEAD_MS);
  clock.nowMs = NOW_MS + 1_000 - ARM_AHEAD_MS - 1;
  assert.deepEqual(run(), []);
  clock.nowMs += 1;
  assert.deepEqual(run(), ["later"]);
});

Deno.test("take() gives nothing early when the clock goes back after it became ready (W2)", () => {
  const { told, clock, run, started, tick } = setup();
  started();
  told(dueEntry("job", NOW_MS + 100));
  clock.nowMs += 100;
  tick();
  clock.nowMs -= 60_000;
  assert.deepEqual(run(), []);
  clock.nowMs += 60_000;
  assert.deepEqual(run(), ["job"]);
});

Deno.test("take() finds what a clock that went forward made due beyond the horizon (W1)", () => {
  const { model, clock, tick, answerAll, run, started } = setup();
  model.put(dueEntry("tomorrow", NOW_MS + 86_400_000));
  started();
  clock.nowMs += 86_400_000;
  tick();
  answerAll();
  assert.deepEqual(run(), ["tomorrow"]);
});

Deno.test("take() gives an entry once, until its wake-up ended and it is told again (W3)", () => {
  const { window, told, feed, clock, started } = setup();
  started();
  const take = () => window.take({ nowMs: clock.nowMs, count: 9 }, OPEN).map(({ id }) => id);
  told(dueEntry("job", NOW_MS));
  assert.deepEqual(take(), ["job"]);
  assert.deepEqual(take(), []);
  told(dueEntry("job", NOW_MS, { rank: 1 }));
  assert.deepEqual(take(), [], "its wake-up is still under way");
  feed({ kind: "woken", id: "job" as ActorId });
  assert.deepEqual(take(), ["job"]);
});

Deno.test("take() is not held up by an entry whose wake-up is under way (W3)", () => {
  const { window, told, clock, started } = setup();
  started();
  const take = () => window.take({ nowMs: clock.nowMs, count: 1 }, OPEN).map(({ id }) => id);
  told(dueEntry("first", NOW_MS - 2));
  assert.deepEqual(take(), ["first"]);
  told(dueEntry("first", NOW_MS - 2));
  told(dueEntry("second", NOW_MS - 1));
  assert.deepEqual(take(), ["second"]);
});

Deno.test("take() never gives what was unscheduled, even while it was being woken", () => {
  const { window, told, feed, clock, run, started } = setup();
  started();
  told(dueEntry("gone", NOW_MS));
  feed({ kind: "unscheduled", id: "gone" as ActorId });
  assert.deepEqual(run(), []);
  told(dueEntry("job", NOW_MS));
  window.take({ nowMs: clock.nowMs, count: 1 }, OPEN);
  told(dueEntry("job", NOW_MS, { rank: 3 }));
  feed({ kind: "unscheduled", id: "job" as ActorId });
  feed({ kind: "woken", id: "job" as ActorId });
  assert.deepEqual(run(), []);
});

Deno.test("take() goes by rank, then wake time, and by turns among lanes (R1)", () => {
  const { told, run, started } = setup();
  started();
  told(dueEntry("a-low", NOW_MS - 9));
  told(dueEntry("a-high", NOW_MS - 1, { rank: 9 }));
  told(dueEntry("b-late", NOW_MS - 1, { lane: "job/b" }));
  told(dueEntry("b-early", NOW_MS - 2, { lane: "job/b" }));
  assert.deepEqual(run(2).sort(), ["a-high", "b-early"]);
  assert.deepEqual(run(2).sort(), ["a-low", "b-late"]);
});

Deno.test("take() lets no closed lane hold others back, however big its backlog", () => {
  const { window, told, clock, started, model, tick, answerAll } = setup();
  started();
  for (let at = 0; at < 50; at++) told(dueEntry(`paused-${at}`, NOW_MS, { lane: "job/paused" }));
  told(dueEntry("open", NOW_MS));
  const notPaused = ({ lane }: { lane: string }) => lane === "job/paused" ? "no-line" : "held";
  const taken = window.take({ nowMs: clock.nowMs, count: 9 }, notPaused);
  assert.deepEqual(taken.map(({ id }) => id), ["open"]);
  assert.ok(window.size <= 2 * BOUNDS.laneReadyMax, "the rest stays in the store (R3)");
  tick();
  answerAll();
  assert.equal(model.entries.size, 51);
});

Deno.test("take() finds all of a backlog that was told and did not fit (W1, R4)", () => {
  const { told, run, answerAll, started } = setup();
  started();
  const ids = Array.from({ length: 50 }, (_, at) => `job-${at}`);
  for (const [at, id] of ids.entries()) told(dueEntry(id, NOW_MS, { rank: at % 10 }));
  const taken: string[] = [];
  for (let rounds = 0; rounds < 60 && taken.length < ids.length; rounds++) {
    answerAll();
    taken.push(...run(3));
  }
  assert.deepEqual(taken.sort(), ids.sort());
});

Deno.test("step() leaves the far future to the store when there is too much, and reads it in time (W1, W4)", () => {
  const { window, told, clock, run, answerAll, started, tick } = setup();
  started();
  const ids = Array.from({ length: 60 }, (_, at) => `job-${at}`);
  for (const [at, id] of ids.entries()) told(dueEntry(id, NOW_MS + 1_000 + at * 100));
  assert.ok(window.size <= 2 * BOUNDS.futureMax);
  const taken: string[] = [];
  for (let rounds = 0; rounds < 90; rounds++) {
    clock.nowMs += 100;
    tick();
    answerAll();
    taken.push(...run());
  }
  assert.deepEqual(taken, ids);
});

Deno.test("step() does not read ahead in circles when one moment holds more than a read (W1)", () => {
  const { model, clock, run, answerAll, started, tick } = setup();
  const ids = Array.from({ length: 30 }, (_, at) => `job-${at}`);
  for (const id of ids) model.put(dueEntry(id, NOW_MS + 10_000));
  model.put(dueEntry("after", NOW_MS + 10_500));
  started();
  clock.nowMs += 10_001;
  const taken: string[] = [];
  for (let rounds = 0; rounds < 40; rounds++) {
    tick();
    answerAll();
    taken.push(...run(3));
  }
  assert.deepEqual(taken.sort(), ids.sort());
  clock.nowMs += 500;
  assert.deepEqual(run(), ["after"]);
});

Deno.test("step() reads the time ahead again for what was gained, also when it was just being read (W1)", () => {
  const { model, clock, reads, feed, tick, answerAll, run, started } = setup();
  started();
  model.put(dueEntry("theirs", NOW_MS + 10_000));
  feed({ kind: "gained" });
  answerAll();
  clock.nowMs += 10_000;
  assert.deepEqual(run(), ["theirs"]);
  clock.nowMs += WINDOW_AHEAD_MS / 2;
  tick();
  const [underWay] = reads.splice(0);
  assert.equal(underWay?.kind, "read-ahead");
  const answer = model.answer(underWay as WindowRead, clock.nowMs);
  model.put(dueEntry("late", clock.nowMs + 5_000));
  feed({ kind: "gained" });
  feed(answer);
  answerAll();
  clock.nowMs += 5_000;
  assert.deepEqual(run(), ["late"]);
});

Deno.test("step() takes nothing more of what was lost", () => {
  const { model, clock, told, feed, started, run, window } = setup();
  started();
  for (const id of ["mine", "theirs"]) {
    told(dueEntry(`${id}-due`, NOW_MS));
    told(dueEntry(`${id}-soon`, NOW_MS + 1_000));
  }
  for (const id of [...model.entries.keys()]) {
    if (String(id).startsWith("theirs")) model.entries.delete(id);
  }
  feed({ kind: "lost", isLost: (id) => id.startsWith("theirs") });
  assert.equal(window.size, 2);
  assert.deepEqual(run(), ["mine-due"]);
  clock.nowMs += 1_000;
  assert.deepEqual(run(), ["mine-soon"]);
});

Deno.test("step() survives a cut through entries of one moment (W1)", () => {
  const { told, clock, run, answerAll, started, tick } = setup();
  started();
  const ids = Array.from({ length: 40 }, (_, at) => `job-${at}`);
  for (const id of ids) told(dueEntry(id, NOW_MS + 1_000));
  tick();
  answerAll();
  clock.nowMs += 1_001;
  const taken: string[] = [];
  for (let rounds = 0; rounds < 40; rounds++) {
    tick();
    answerAll();
    taken.push(...run(3));
  }
  assert.deepEqual(taken.sort(), ids.sort());
});

Deno.test("step() believes what was told over a read of the time ahead that was under way (W6)", () => {
  const { model, reads, told, feed, tick, clock, run } = setup();
  const moved = dueEntry("moved", NOW_MS + 1_000);
  const gone = dueEntry("gone", NOW_MS + 1_000);
  model.put(moved, gone);
  tick();
  const stale = reads.splice(0).map((read) => model.answer(read, clock.nowMs));
  told(dueEntry("moved", NOW_MS + 2_000));
  model.entries.delete("gone");
  feed({ kind: "unscheduled", id: gone.id });
  stale.forEach(feed);
  clock.nowMs += 1_000;
  assert.deepEqual(run(), []);
  clock.nowMs += 1_000;
  assert.deepEqual(run(), ["moved"]);
});

Deno.test("step() takes a newer read for the truth about what was held from an older one", () => {
  const { model, clock, run, window, answerAll, started, tick } = setup();
  model.put(dueEntry("job", NOW_MS + 59_000));
  started();
  model.put(dueEntry("job", NOW_MS + 61_000));
  clock.nowMs += 31_000;
  tick();
  answerAll();
  assert.equal(window.nextTakeAtMs(), NOW_MS + 61_000 - ARM_AHEAD_MS);
  clock.nowMs += 30_000;
  assert.deepEqual(run(), ["job"]);
});

Deno.test("a stale lane read does not bring back what is held or being woken (W3)", () => {
  const { window, model, reads, told, feed, tick, clock, started } = setup();
  started();
  told(dueEntry("job", NOW_MS));
  window.distrust();
  tick();
  feed(model.answer(reads.splice(0)[0]!, clock.nowMs));
  const stale = reads.splice(0).map((read) => model.answer(read, clock.nowMs));
  const take = () => window.take({ nowMs: clock.nowMs, count: 9 }, OPEN).map(({ id }) => id);
  assert.deepEqual(take(), ["job"]);
  stale.forEach(feed);
  assert.deepEqual(take(), []);
});

Deno.test("read-failed makes the window ask again", () => {
  const { reads, tick, feed } = setup();
  tick();
  const first = reads.splice(0);
  for (const read of first) feed({ kind: "read-failed", read });
  tick();
  assert.deepEqual(reads.map(({ kind }) => kind).sort(), first.map(({ kind }) => kind).sort());
});

Deno.test("distrust() finds what nobody told of (K1)", () => {
  const { window, model, tick, answerAll, run, started } = setup();
  started();
  model.put(dueEntry("untold", NOW_MS - 1));
  assert.deepEqual(run(), []);
  window.distrust();
  tick();
  answerAll();
  assert.deepEqual(run(), ["untold"]);
});

Deno.test("overdue() names those that became due here and wait, once each", () => {
  const { window, told, tick, clock, started } = setup();
  started();
  told(dueEntry("at-once", NOW_MS));
  told(dueEntry("in-time", NOW_MS + 1_000));
  const overdue = () =>
    window.overdue({ dueBeforeMs: clock.nowMs - 500, limit: 9 }).map(({ id }) => id);
  clock.nowMs += 1_400;
  tick();
  assert.deepEqual(overdue(), []);
  clock.nowMs += 200;
  assert.deepEqual(overdue(), ["in-time"]);
  assert.deepEqual(overdue(), []);
});

Deno.test("a horizon that time has reached is read on from, however much is held beyond it (W1)", () => {
  const { reads, feed, tick, told, clock } = setup();
  tick();
  for (let at = 0; at < BOUNDS.futureMax / 2; at++) {
    told(dueEntry(`far${at}`, NOW_MS + 20_000 + at));
  }
  reads.length = 0;
  feed({ kind: "lanes-read", after: null, lanes: [], next: null });
  feed({ kind: "ahead-read", entries: [], completeToMs: NOW_MS + 1_000 });
  assert.deepEqual(reads, [], "enough is held, and the horizon is not near");
  clock.nowMs = NOW_MS + 1_000;
  tick();
  assert.deepEqual(reads.map(({ kind }) => kind), ["read-ahead"]);
});

Deno.test("distrust() finds what nobody told of in any of many lanes, before its page comes (K1)", () => {
  const { window, model, told, tick, answerAll, run, started, clock } = setup();
  for (let key = 0; key < 400; key++) {
    model.put(dueEntry(`far-${key}`, NOW_MS + 1e9, { lane: `job/a/${key}` }));
  }
  told(dueEntry("early", NOW_MS, { lane: "job/a/5" }));
  started();
  assert.deepEqual(run(), ["early"]);
  clock.nowMs += 1_000;
  model.put(dueEntry("untold", clock.nowMs - 1, { lane: "job/a/99" }));
  window.distrust();
  tick();
  answerAll();
  assert.deepEqual(run(), ["untold"]);
});
