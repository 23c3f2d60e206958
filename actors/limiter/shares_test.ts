import assert from "node:assert/strict";
import fc from "fast-check";
import { PERMIT_SLICE_MS } from "../../runtime/limits.ts";
import { sharesOf } from "./shares.ts";

const NOW_MS = 1_000_000;
const wants = (...all: number[]) => all.map((want, at) => ({ want, servedMs: at }));

Deno.test("sharesOf() divides evenly, and gives on what one does not want (SH2)", () => {
  const shares = (limit: number, ...all: number[]) =>
    sharesOf(wants(...all), { limit, nowMs: NOW_MS });
  assert.deepEqual(shares(9, 100, 100, 100), [3, 3, 3]);
  assert.deepEqual(shares(10, 1, 100, 100), [1, 5, 4]);
  assert.deepEqual(shares(10, 2, 3), [2, 3]);
  assert.deepEqual(shares(0, 2, 3), [0, 0]);
  assert.deepEqual(shares(2, 0, 5), [0, 2]);
});

Deno.test("sharesOf() gives what does not divide to who waited longest, after the slice of who has it (SH3)", () => {
  const shares = (servedMs: readonly number[]) =>
    sharesOf(servedMs.map((servedMs) => ({ want: 1, servedMs })), { limit: 1, nowMs: NOW_MS });
  assert.deepEqual(shares([NOW_MS - PERMIT_SLICE_MS + 1, 0]), [1, 0]);
  assert.deepEqual(shares([NOW_MS - PERMIT_SLICE_MS, 0]), [0, 1]);
  assert.deepEqual(shares([5, 7]), [1, 0]);
});

Deno.test("sharesOf() is max-min fair and gives out all that is wanted, up to the limit (SH1, SH2)", () => {
  const claimants = fc.array(
    fc.record({ want: fc.nat(20), servedMs: fc.integer({ min: NOW_MS - 500, max: NOW_MS }) }),
    { maxLength: 8 },
  );
  fc.assert(fc.property(claimants, fc.nat(60), (claimants, limit) => {
    const shares = sharesOf(claimants, { limit, nowMs: NOW_MS });
    const wanted = claimants.reduce((sum, { want }) => sum + want, 0);
    assert.equal(shares.reduce((sum, share) => sum + share, 0), Math.min(limit, wanted));
    shares.forEach((share, at) => {
      assert.ok(share <= claimants[at]!.want);
      if (share < claimants[at]!.want) assert.ok(shares.every((other) => other <= share + 1));
    });
  }));
});
