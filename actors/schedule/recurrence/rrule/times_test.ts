import assert from "node:assert/strict";
import fc from "fast-check";
import { ClockTimes } from "./times.ts";

function sorted(max: number): fc.Arbitrary<number[]> {
  return fc.uniqueArray(fc.integer({ min: 0, max }), { minLength: 1, maxLength: 5 })
    .map((values) => values.sort((a, b) => a - b));
}
const fields = fc.record({ hours: sorted(23), minutes: sorted(59), seconds: sorted(59) });

Deno.test("ClockTimes holds every hour with every minute with every second, in order (C1)", () => {
  const times = new ClockTimes({ hours: [9, 17], minutes: [0, 30], seconds: [5] });
  const all = Array.from({ length: times.size }, (_, index) => times.at(index));
  assert.deepEqual(all, [32_405, 34_205, 61_205, 63_005]);
});

Deno.test("from() is the first time that at() gives at or after a moment", () => {
  fc.assert(fc.property(fields, fc.integer({ min: 0, max: 86_400 }), (lists, moment) => {
    const times = new ClockTimes(lists);
    const all = Array.from({ length: times.size }, (_, index) => times.at(index));
    assert.equal(times.from(moment), all.find((time) => time >= moment) ?? -1);
    for (const time of all) assert.equal(times.from(time), time);
  }));
});
