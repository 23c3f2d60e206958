import assert from "node:assert/strict";
import fc from "fast-check";
import { RATE_AHEAD_MS, RATE_QUANTA_MAX } from "../../runtime/limits.ts";
import type { Rate } from "./limits.ts";
import {
  burstOf,
  EMPTY_WINDOW,
  giveBackStarts,
  grantStarts,
  type Starts,
  startsWithin,
} from "./rate_window.ts";

const NOW_MS = 1_800_000_000_000;
const SECOND = 1_000;
const MINUTE = 60_000;

/** Asks for more than there is, every `everyMs` for `forMs`; the moments granted. */
function saturate(rate: Rate, { forMs, everyMs }: { forMs: number; everyMs: number }): Starts[] {
  let window = EMPTY_WINDOW;
  const all: Starts[] = [];
  for (let nowMs = NOW_MS; nowMs < NOW_MS + forMs; nowMs += everyMs) {
    const untilMs = nowMs + RATE_AHEAD_MS;
    const grant = grantStarts(window, rate, { nowMs, untilMs, count: 100_000 });
    window = grant.window;
    all.push(...grant.starts);
  }
  return all;
}

function most(starts: readonly Starts[], spanMs: number): number {
  let [worst, sum, first] = [0, 0, 0];
  for (const [atMs, count] of starts) {
    sum += count;
    while (starts[first]![0] <= atMs - spanMs) sum -= starts[first++]![1];
    worst = Math.max(worst, sum);
  }
  return worst;
}

const total = (starts: readonly Starts[]) => starts.reduce((sum, [, count]) => sum + count, 0);

for (
  const rate of [
    { limit: 100, perMs: SECOND },
    { limit: 7, perMs: SECOND },
    { limit: 3_000, perMs: SECOND },
    { limit: 600, perMs: MINUTE },
    { limit: 50, perMs: MINUTE },
  ]
) {
  Deno.test(`a rate of ${rate.limit} in ${rate.perMs} ms is kept, and used up (RW1, RW2, RW3)`, () => {
    const starts = saturate(rate, { forMs: 3 * MINUTE, everyMs: 100 });
    assert.ok(most(starts, rate.perMs) <= rate.limit, `${most(starts, rate.perMs)} in a span`);
    const minute = starts.filter(([atMs]) => atMs >= NOW_MS + MINUTE && atMs < NOW_MS + 2 * MINUTE);
    const wanted = rate.limit * MINUTE / rate.perMs;
    assert.ok(Math.abs(total(minute) - wanted) <= Math.max(1, wanted * 0.01), `${total(minute)}`);
    const share = Math.ceil(rate.limit * 2 * SECOND / rate.perMs);
    assert.ok(most(starts, 2 * SECOND) <= share + burstOf(rate), `${most(starts, 2 * SECOND)}`);
  });
}

Deno.test("after a rest a few come at once, however slow the rate", () => {
  const rate = { limit: 5, perMs: 3_600_000 };
  const grant = grantStarts(EMPTY_WINDOW, rate, { nowMs: NOW_MS, untilMs: NOW_MS, count: 9 });
  assert.deepEqual(grant.starts, [[NOW_MS, 5]]);
  assert.equal(grant.nextMs, NOW_MS + 3_600_000);
});

Deno.test("giveBackStarts() lets others have what was not used", () => {
  const rate = { limit: 4, perMs: MINUTE };
  const now = { nowMs: NOW_MS, untilMs: NOW_MS, count: 9 };
  const first = grantStarts(EMPTY_WINDOW, rate, now);
  assert.equal(total(first.starts), 4);
  assert.deepEqual(grantStarts(first.window, rate, now).starts, []);
  const window = giveBackStarts(first.window, rate, [[NOW_MS, 3]]);
  assert.equal(startsWithin(window, rate, NOW_MS), 1);
  assert.deepEqual(grantStarts(window, rate, now).starts, [[NOW_MS, 3]]);
});

Deno.test("whoever asks for how much, and gives back what, no span has too many (RW1, RW4)", () => {
  const step = fc.record({
    passMs: fc.constantFrom(0, 1, 7, 50, 333, 999, 20_000),
    aheadMs: fc.constantFrom(0, 100, 250),
    count: fc.constantFrom(0, 1, 3, 1_000),
    back: fc.nat(3),
  });
  const rates = fc.record({
    limit: fc.constantFrom(1, 2, 10, 77, 1_000, 5_000),
    perMs: fc.constantFrom(SECOND, 10 * SECOND, MINUTE),
  });
  fc.assert(fc.property(rates, fc.array(step, { maxLength: 60, size: "max" }), (rate, steps) => {
    let window = EMPTY_WINDOW;
    let nowMs = NOW_MS;
    const used: [number, number][] = [];
    for (const { passMs, aheadMs, count, back } of steps) {
      nowMs += passMs;
      const grant = grantStarts(window, rate, { nowMs, untilMs: nowMs + aheadMs, count });
      window = grant.window;
      assert.ok(grant.starts.every(([atMs]) => atMs >= nowMs && atMs <= nowMs + aheadMs));
      assert.ok(total(grant.starts) <= count);
      const kept = grant.starts.map(([atMs, many]): [number, number] => [atMs, many]);
      const last = kept.at(-1);
      if (last !== undefined && back > 0) {
        const returned = Math.min(back, last[1]);
        window = giveBackStarts(window, rate, [[last[0], returned]]);
        last[1] -= returned;
      }
      used.push(...kept.filter(([, many]) => many > 0));
      assert.ok(window.starts.length <= RATE_QUANTA_MAX + 2 + RATE_AHEAD_MS);
    }
    used.sort((one, other) => one[0] - other[0]);
    assert.ok(most(used, rate.perMs) <= rate.limit, `${most(used, rate.perMs)}`);
  }));
});
