import assert from "node:assert/strict";
import fc from "fast-check";
import { LOCAL_HEALTH_MAX } from "../../limits.ts";
import { LocalHealth } from "./local_health.ts";

Deno.test("the score stays a whole number from 0 to 8, whatever is noted (L1)", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: -20, max: 20 })), (deltas) => {
    const health = new LocalHealth();
    for (const delta of deltas) {
      health.note(delta);
      assert.ok(Number.isInteger(health.score));
      assert.ok(health.score >= 0 && health.score <= LOCAL_HEALTH_MAX);
    }
  }));
});

Deno.test("scale() multiplies spans by the score and one", () => {
  const health = new LocalHealth();
  assert.equal(health.scale(500), 500);
  health.note(2);
  assert.equal(health.scale(500), 1_500);
  health.note(100);
  assert.equal(health.scale(500), 500 * (1 + LOCAL_HEALTH_MAX));
});
