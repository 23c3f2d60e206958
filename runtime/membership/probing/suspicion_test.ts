import assert from "node:assert/strict";
import {
  PROBE_EVERY_MS,
  SUSPICION_CONFIRMATIONS_MAX,
  SUSPICION_FACTOR_MAX,
  SUSPICION_MIN_MS,
} from "../../limits.ts";
import { bootOf } from "../testing/people.ts";
import { Suspicion, suspicionMs, suspicionSpan } from "./suspicion.ts";

const ACCUSED = bootOf("x1");
const begun = (members: number) => new Suspicion(ACCUSED, bootOf("a1"), { nowMs: 1_000, members });

Deno.test("suspicionSpan() is 4·max(1, log10 n) probe periods, at least 2 s, up to 6 times that", () => {
  for (const members of [2, 3, 10]) assert.equal(suspicionSpan(members).minMs, SUSPICION_MIN_MS);
  assert.equal(suspicionSpan(100).minMs, 4 * 2 * PROBE_EVERY_MS);
  assert.equal(suspicionSpan(1_000).minMs, 4 * 3 * PROBE_EVERY_MS);
  for (const members of [2, 10, 1_000]) {
    const { minMs, maxMs } = suspicionSpan(members);
    assert.equal(maxMs, SUSPICION_FACTOR_MAX * minMs);
  }
});

Deno.test("suspicionSpan() expects no confirmations where there are too few to give them", () => {
  assert.equal(suspicionSpan(2).confirmations, 0);
  assert.equal(suspicionSpan(3).confirmations, 0);
  assert.equal(suspicionSpan(4).confirmations, SUSPICION_CONFIRMATIONS_MAX);
});

Deno.test("suspicionMs() is max − (max − min)·ln(c+1)/ln(k+1), never below min (U1)", () => {
  const span = { minMs: 2_000, maxMs: 12_000, confirmations: 3 };
  const by = [0, 1, 2, 3, 4].map((confirmed) => suspicionMs(span, confirmed));
  assert.deepEqual(by, [12_000, 7_000, 4_075, 2_000, 2_000]);
  assert.equal(suspicionMs({ ...span, confirmations: 0 }, 0), 2_000);
});

Deno.test("an unconfirmed suspicion lasts longest, each confirmation shortens it (U1)", () => {
  const suspicion = begun(10);
  assert.equal(suspicion.endsAtMs, 1_000 + 12_000);
  assert.ok(suspicion.confirm(bootOf("b1")));
  const once = suspicion.endsAtMs;
  assert.ok(once < 13_000 && once > 3_000);
  assert.ok(suspicion.confirm(bootOf("c1")));
  assert.equal(suspicion.endsAtMs, 1_000 + SUSPICION_MIN_MS);
});

Deno.test("confirm() counts every accuser once, the accused never, and no more than are expected (U2)", () => {
  const suspicion = begun(10);
  assert.equal(suspicion.confirm(bootOf("a1")), false);
  assert.equal(suspicion.confirm(ACCUSED), false);
  assert.equal(suspicion.endsAtMs, 13_000);
  assert.ok(suspicion.confirm(bootOf("b1")) && suspicion.confirm(bootOf("c1")));
  assert.equal(suspicion.confirm(bootOf("d1")), false);
});

Deno.test("shift() gives back the time in which this node stood still (U3)", () => {
  const suspicion = begun(3);
  suspicion.shift(500);
  assert.equal(suspicion.endsAtMs, 1_500 + SUSPICION_MIN_MS);
});
