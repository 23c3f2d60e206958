import assert from "node:assert/strict";
import { judge, median, quantile, ratios, summarize } from "./stats.ts";

Deno.test("median() is the middle, or the mean of the middle two", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([7]), 7);
  assert.ok(Number.isNaN(median([])));
});

Deno.test("quantile() takes the nearest rank and leaves its input alone", () => {
  const values = [5, 1, 4, 2, 3, 10, 9, 8, 7, 6];
  assert.equal(quantile(values, 0.5), 5);
  assert.equal(quantile(values, 0.99), 10);
  assert.equal(quantile(values, 0), 1);
  assert.equal(values[0], 5);
  assert.ok(Number.isNaN(quantile([], 0.5)));
});

Deno.test("ratios() compares within pairs, not between series", () => {
  // Both halves of the machine's speed change together: the pairs say 2, the medians would say less.
  const pairs = [{ ours: 200, theirs: 100 }, { ours: 20, theirs: 10 }, { ours: 50, theirs: 25 }];
  assert.deepEqual(ratios(pairs), { median: 2, min: 2, max: 2 });
});

Deno.test("judge() decides only what the whole range decides", () => {
  const series = summarize([0.9, 1.1, 1.3]);
  assert.equal(judge(series, { least: 0.9 }), "reached");
  assert.equal(judge(series, { least: 1 }), "undecided");
  assert.equal(judge(series, { least: 1.4 }), "missed");
  assert.equal(judge(series, { most: 1.3 }), "reached");
  assert.equal(judge(series, { most: 1 }), "undecided");
  assert.equal(judge(series, { most: 0.8 }), "missed");
  assert.equal(judge(summarize([]), { least: 1 }), "undecided");
});
