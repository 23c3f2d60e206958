import assert from "node:assert/strict";
import fc from "fast-check";
import { byDistance, choose, firstFrom } from "./occurrences.ts";

Deno.test("choose() counts from both ends, in order, and leaves out what there is not", () => {
  const moments = [10, 20, 30];
  const of = (...positions: number[]) =>
    choose(byDistance(positions), { count: 3, at: (place) => moments[place] ?? NaN });
  assert.deepEqual(of(1), [10]);
  assert.deepEqual(of(-1, 1), [10, 30]);
  assert.deepEqual(of(-4, 4, -3, 366, 3), [10, 30]);
  assert.deepEqual(of(-366, 4), []);
});

Deno.test("firstFrom() is the first that is not less", () => {
  fc.assert(fc.property(fc.array(fc.nat(50)), fc.nat(60), (values, min) => {
    const sorted = values.sort((a, b) => a - b);
    assert.equal(firstFrom(sorted, min), sorted.find((value) => value >= min));
  }));
});
