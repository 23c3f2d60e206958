import assert from "node:assert/strict";
import fc from "fast-check";
import { drip, fullBucket, lend, take, waitMs } from "./bucket.ts";

const RATE = { requests: 10, perMs: 1_000, burst: 20 };
const WHOLE = { rate: RATE, of: 1 };

Deno.test("a bucket gives its burst at once, then its rate", () => {
  const bucket = fullBucket(WHOLE, 0);
  for (let at = 0; at < 20; at++) assert.ok(take(bucket, 1));
  assert.ok(!take(bucket, 1));
  drip(bucket, WHOLE, 99);
  assert.ok(!take(bucket, 1));
  drip(bucket, WHOLE, 100);
  assert.ok(take(bucket, 1));
  drip(bucket, WHOLE, 1_000_000);
  assert.equal(bucket.tokens, 20);
});

Deno.test("a clock that goes back adds nothing, then or later (B2)", () => {
  const bucket = { tokens: 0, atMs: 1_000 };
  drip(bucket, WHOLE, 500);
  drip(bucket, WHOLE, 1_000);
  assert.equal(bucket.tokens, 0);
});

Deno.test("lend() gives what there is, and what was lent stays on top of a full bucket", () => {
  const bucket = fullBucket({ rate: RATE, of: 2 }, 0);
  assert.equal(lend(bucket, 4), 4);
  assert.equal(lend(bucket, 100), 6);
  assert.equal(lend(bucket, 1), 0);
  bucket.tokens = 15;
  drip(bucket, { rate: RATE, of: 2 }, 60_000);
  assert.equal(bucket.tokens, 15);
});

Deno.test("over any span no more is taken than was there and dripped in (B1)", () => {
  const step = fc.record({
    afterMs: fc.integer({ min: 0, max: 500 }),
    cost: fc.integer({ min: 1, max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 5 }), (steps, of) => {
      const share = { rate: RATE, of };
      const bucket = fullBucket(share, 0);
      let [nowMs, taken] = [0, 0];
      for (const { afterMs, cost } of steps) {
        nowMs += afterMs;
        drip(bucket, share, nowMs);
        if (take(bucket, cost)) taken += cost;
        assert.ok(taken <= (20 + nowMs / 100) / of + 1e-6);
        assert.ok(bucket.tokens >= 0);
      }
    }),
  );
});

Deno.test("waitMs() tells how long what is missing takes", () => {
  assert.equal(waitMs(1, RATE), 100);
  assert.equal(waitMs(0.5, RATE), 50);
});
