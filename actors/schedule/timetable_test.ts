import assert from "node:assert/strict";
import fc from "fast-check";
import { everyMinute, MINUTE_MS } from "./testing/samples.ts";
import { DUE_MAX, Timetable } from "./timetable.ts";

Deno.test("after() gives the nominal time, when its job is due and when it is decided", () => {
  const plain = new Timetable(everyMinute(0), { id: "nightly", jitterMs: 0 });
  const { atMs, dueAtMs, decideAtMs } = plain.after(0)!;
  assert.deepEqual([atMs, dueAtMs, decideAtMs], [MINUTE_MS, MINUTE_MS, MINUTE_MS]);
});

Deno.test("decisions keep the order however large the jitter is; due times stay the same (T1, T2)", () => {
  fc.assert(fc.property(fc.string(), fc.nat(300_000), (id, jitterMs) => {
    const times = new Timetable(everyMinute(0), { id, jitterMs });
    const again = new Timetable(everyMinute(0), { id, jitterMs });
    let decidedMs = 0;
    for (let n = 0; n < 20; n++) {
      const timed = times.after(n * MINUTE_MS)!;
      assert.deepEqual(timed, again.after(n * MINUTE_MS));
      const { atMs, dueAtMs, decideAtMs } = timed;
      assert.ok(dueAtMs >= atMs && dueAtMs <= atMs + jitterMs);
      assert.ok(decideAtMs >= atMs && decideAtMs <= dueAtMs && decideAtMs >= decidedMs);
      decidedMs = decideAtMs;
    }
  }));
});

Deno.test("jitter spreads a schedule's fires, and schedules from each other", () => {
  const lateOf = (id: string, nominalMs: number) => {
    const times = new Timetable(everyMinute(0), { id, jitterMs: 999 });
    return times.after(nominalMs)!.dueAtMs - nominalMs - MINUTE_MS;
  };
  const fires = Array.from({ length: 1_000 }, (_, n) => lateOf("nightly", n * MINUTE_MS));
  const schedules = Array.from({ length: 1_000 }, (_, n) => lateOf(`s${n}`, 0));
  for (const late of [fires, schedules]) {
    const mean = late.reduce((sum, ms) => sum + ms, 0) / late.length;
    assert.ok(mean > 450 && mean < 550, `mean ${mean}`);
    assert.ok(new Set(late).size > 500);
  }
});

Deno.test("what never fires is due at its nominal time: there is nothing to spread", () => {
  const times = new Timetable(everyMinute(0, { odd: () => ({ fires: false }) }), {
    id: "nightly",
    jitterMs: 50_000,
  });
  assert.equal(times.after(0)!.decideAtMs, MINUTE_MS);
});

Deno.test("due() lists what is to be decided by then, oldest first", () => {
  const times = new Timetable(everyMinute(0), { id: "nightly", jitterMs: 0 });
  const list = times.due({ fromMs: 0, untilMs: 3 * MINUTE_MS });
  assert.deepEqual(list.map(({ atMs }) => atMs / MINUTE_MS), [1, 2, 3]);
  assert.deepEqual(times.due({ fromMs: 0, untilMs: MINUTE_MS - 1 }), []);
});

Deno.test("due() after a long outage gives the latest, without walking through all", () => {
  let steps = 0;
  const years = 10 * 365 * 86_400_000;
  const counted = everyMinute(0, { everyMs: 1_000 });
  const times = new Timetable({ after: (ms) => (steps++, counted.after(ms)) }, {
    id: "nightly",
    jitterMs: 0,
  });
  const list = times.due({ fromMs: 0, untilMs: years });
  assert.equal(list.length, DUE_MAX);
  assert.equal(list.at(-1)!.atMs, years);
  assert.equal(list[0]!.atMs, years - (DUE_MAX - 1) * 1_000);
  assert.ok(steps < 40_000, `${steps} steps`);
});
