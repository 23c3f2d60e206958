import assert from "node:assert/strict";
import fc from "fast-check";
import { backoffMs, judge, RETRY_AFTER_MS_MAX } from "./backoff.ts";
import { RETRY_DEFAULT, type RetryPolicy } from "./spec.ts";

const failure = { errorName: "Error", retryable: true, failures: 1 };

function policyOf(overrides: Partial<RetryPolicy> = {}): RetryPolicy {
  return { ...RETRY_DEFAULT, attempts: 100, ...overrides };
}

const policies: fc.Arbitrary<RetryPolicy> = fc.record({
  attempts: fc.integer({ min: 1, max: 100 }),
  backoff: fc.constantFrom("exponential", "fixed"),
  baseMs: fc.integer({ min: 0, max: 86_400_000 }),
  factor: fc.double({ min: 1, max: 100, noNaN: true }),
  maxMs: fc.integer({ min: 0, max: 86_400_000 }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  on: fc.constant([]),
  notOn: fc.constant([]),
});
const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

Deno.test("backoffMs() grows by the factor from the base when chance is in the middle", () => {
  const policy = policyOf({ baseMs: 1_000, factor: 3 });
  const delays = [1, 2, 3, 4].map((failures) => backoffMs(policy, { failures, chance: 0.5 }));
  assert.deepEqual(delays, [1_000, 3_000, 9_000, 27_000]);
});

Deno.test("backoffMs() stays at the base when the backoff is fixed", () => {
  const policy = policyOf({ backoff: "fixed", baseMs: 700, factor: 10 });
  assert.equal(backoffMs(policy, { failures: 9, chance: 0.5 }), 700);
});

Deno.test("backoffMs() stops at the maximum, however often the job failed", () => {
  const policy = policyOf({ baseMs: 1_000, factor: 100, maxMs: 60_000 });
  for (const failures of [3, 50, 400]) {
    assert.equal(backoffMs(policy, { failures, chance: 0.999 }), 60_000);
  }
});

Deno.test("backoffMs() spreads the delay by the jitter to both sides", () => {
  const policy = policyOf({ baseMs: 1_000, jitter: 0.2 });
  assert.equal(backoffMs(policy, { failures: 1, chance: 0 }), 800);
  assert.equal(backoffMs(policy, { failures: 1, chance: 0.75 }), 1_100);
});

Deno.test("backoffMs() is zero for a base of zero, even when the power overflows", () => {
  assert.equal(backoffMs(policyOf({ baseMs: 0, factor: 100 }), { failures: 400, chance: 0.9 }), 0);
});

Deno.test("backoffMs() is a whole number within its bounds for every policy", () => {
  fc.assert(fc.property(
    policies,
    fc.integer({ min: 1, max: 1_000 }),
    chances,
    (policy, failures, chance) => {
      const delayMs = backoffMs(policy, { failures, chance });
      assert.ok(Number.isInteger(delayMs) && delayMs >= 0 && delayMs <= policy.maxMs);
      const growth = policy.backoff === "fixed" ? 1 : policy.factor ** (failures - 1);
      const nominal = policy.baseMs === 0 ? 0 : Math.min(policy.baseMs * growth, policy.maxMs);
      assert.ok(Math.abs(delayMs - nominal) <= nominal * policy.jitter + 1);
    },
  ));
});

Deno.test("backoffMs() never shrinks with more failures when there is no jitter", () => {
  fc.assert(fc.property(policies, fc.integer({ min: 1, max: 100 }), (policy, failures) => {
    const still = { ...policy, jitter: 0 };
    assert.ok(
      backoffMs(still, { failures, chance: 0.5 }) <=
        backoffMs(still, { failures: failures + 1, chance: 0.5 }),
    );
  }));
});

Deno.test("judge() retries while the budget lasts, and gives up with its last attempt", () => {
  const policy = policyOf({ attempts: 2 });
  assert.deepEqual(judge(policy, failure, 0.5), { kind: "retry", delayMs: 1_000 });
  assert.deepEqual(judge(policy, { ...failure, failures: 2 }, 0.5), {
    kind: "give-up",
    why: "spent",
  });
});

Deno.test("judge() gives up on an error that its handler calls final", () => {
  const verdict = judge(policyOf(), { ...failure, retryable: false, retryAfterMs: 5 }, 0.5);
  assert.deepEqual(verdict, { kind: "give-up", why: "not-retryable" });
});

Deno.test("judge() gives up on an error of the notOn list, even if the on list has it too", () => {
  const policy = policyOf({ on: ["Error"], notOn: ["Error"] });
  assert.deepEqual(judge(policy, failure, 0.5), { kind: "give-up", why: "not-on" });
});

Deno.test("judge() retries only errors of a filled on list", () => {
  const policy = policyOf({ on: ["NetError"] });
  assert.deepEqual(judge(policy, failure, 0.5), { kind: "give-up", why: "not-listed" });
  assert.equal(judge(policy, { ...failure, errorName: "NetError" }, 0.5).kind, "retry");
});

Deno.test("judge() takes the handler's retryAfter instead of the backoff, within its bounds", () => {
  const cases: [number, number][] = [
    [90_000, 90_000],
    [0, 0],
    [-5, 0],
    [1.6, 2],
    [RETRY_AFTER_MS_MAX * 2, RETRY_AFTER_MS_MAX],
    [NaN, 1_000],
    [Infinity, 1_000],
  ];
  for (const [retryAfterMs, delayMs] of cases) {
    assert.deepEqual(judge(policyOf(), { ...failure, retryAfterMs }, 0.5), {
      kind: "retry",
      delayMs,
    });
  }
});
