import assert from "node:assert/strict";
import { Histogram, HistogramMetric, numberMetric, readSamples } from "./meters.ts";

Deno.test("observe() puts a value under the first bound that holds it, and what is beyond all last", () => {
  const histogram = new Histogram([1, 2, 5]);
  for (const value of [0, 1, 1.5, 2, 4, 5, 6, Infinity]) histogram.observe(value);
  assert.deepEqual(histogram.counts, [2, 2, 2, 2]);
  assert.equal(histogram.sum, Infinity);
});

Deno.test("series() shares the bounds and nothing else", () => {
  const metric = new HistogramMetric({ name: "a_seconds", help: "a", bounds: [1] });
  const [one, two] = [metric.series({ q: "1" }), metric.series({ q: "2" })];
  one.observe(0.5);
  assert.deepEqual([one.counts, two.counts], [[1, 0], [0, 0]]);
  assert.deepEqual(metric.read().map(({ labels }) => labels), [{ q: "1" }, { q: "2" }]);
});

Deno.test("listen() hears of every value, of series that were there and that come, until it is ended", () => {
  const metric = new HistogramMetric({ name: "a_seconds", help: "a", bounds: [1] });
  const heard: unknown[] = [];
  const before = metric.series({ q: "before" });
  before.observe(1);
  metric.listen((labels) => (value) => heard.push([labels.q, value]));
  const after = metric.series({ q: "after" });
  before.observe(2);
  after.observe(3);
  metric.listen(undefined);
  before.observe(4);
  metric.series({ q: "later" }).observe(5);
  assert.deepEqual(heard, [["before", 2], ["after", 3]]);
});

Deno.test("readSamples() of what cannot be read is empty (ME3)", async () => {
  const broken = { kind: "gauge", name: "a", help: "a" } as const;
  const read = () => Promise.reject(new Error("away"));
  assert.deepEqual(await readSamples({ ...broken, read }), []);
  const thrown = () => {
    throw new Error("bug");
  };
  assert.deepEqual(await readSamples({ ...broken, read: thrown }), []);
  const fine = numberMetric("counter", { name: "a_total", help: "a", read: () => 7 });
  assert.deepEqual(await readSamples(fine), [{ labels: {}, value: 7 }]);
});
