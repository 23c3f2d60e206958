import assert from "node:assert/strict";
import fc from "fast-check";
import { everyTimes } from "./every.ts";

Deno.test("after() is the first instant before it, then one interval on", () => {
  const times = everyTimes({ firstMs: 10_000, everyMs: 3_000 });
  assert.equal(times.after(0), 10_000);
  assert.equal(times.after(9_999), 10_000);
  assert.equal(times.after(10_000), 13_000);
  assert.equal(times.after(12_999), 13_000);
  assert.equal(times.after(13_000), 16_000);
});

Deno.test("after() is later, by at most one interval, and a whole number of them from the first", () => {
  fc.assert(fc.property(
    fc.integer({ min: -1e13, max: 1e13 }),
    fc.integer({ min: 1_000, max: 1e12 }),
    fc.integer({ min: -1e13, max: 1e13 }),
    (firstMs, everyMs, afterMs) => {
      const at = everyTimes({ firstMs, everyMs }).after(afterMs);
      assert.ok(at !== null && at > afterMs && at >= firstMs);
      assert.equal((at - firstMs) % everyMs, 0);
      assert.ok(at === firstMs || at - afterMs <= everyMs);
    },
  ));
});
