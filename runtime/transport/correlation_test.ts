import assert from "node:assert/strict";
import fc from "fast-check";
import { TRANSPORT_DEADLINE_STEP_MS as STEP } from "../limits.ts";
import { Correlations } from "./correlation.ts";

/** Adds, and insists that there was room. */
function add(asks: Correlations<string>, atMs: number, ask: string): number {
  const id = asks.add(atMs, ask);
  assert.ok(id !== undefined);
  return id;
}

Deno.test("Correlations.take() gives an ask once (C1)", () => {
  const asks = new Correlations<string>(10);
  const id = add(asks, 100, "a");
  assert.equal(asks.peek(id), "a");
  assert.equal(asks.take(id), "a");
  assert.deepEqual([asks.take(id), asks.peek(id), asks.size], [undefined, undefined, 0]);
  assert.deepEqual(asks.expire(10_000), []);
});

Deno.test("Correlations.expire() gives what is over, by time, and leaves the rest (C2)", () => {
  const asks = new Correlations<string>(10);
  add(asks, 20 * STEP, "late");
  add(asks, 2 * STEP, "early");
  add(asks, 3 * STEP - 1, "same step");
  add(asks, 3 * STEP, "same step too");
  assert.deepEqual(asks.expire(2 * STEP - 1), []);
  assert.deepEqual(asks.expire(3 * STEP), ["early", "same step", "same step too"]);
  assert.equal(asks.size, 1);
  assert.equal(asks.nextExpiryMs(), 20 * STEP);
});

Deno.test("Correlations.nextExpiryMs() passes over steps whose asks were all answered", () => {
  const asks = new Correlations<string>(10);
  const id = add(asks, STEP, "answered");
  add(asks, 4 * STEP, "waiting");
  asks.take(id);
  assert.equal(asks.nextExpiryMs(), 4 * STEP);
  asks.expire(4 * STEP);
  assert.equal(asks.nextExpiryMs(), undefined);
});

Deno.test("Correlations.add() refuses beyond its bound (C3)", () => {
  const asks = new Correlations<string>(2);
  const first = add(asks, 1, "a");
  add(asks, 1, "b");
  assert.equal(asks.add(1, "c"), undefined);
  asks.take(first);
  add(asks, 1, "c");
});

Deno.test("Correlations.takeWhere() takes what matches", () => {
  const asks = new Correlations<string>(10);
  for (const ask of ["a1", "b1", "a2"]) add(asks, 5, ask);
  assert.deepEqual(asks.takeWhere((ask) => ask.startsWith("a")), ["a1", "a2"]);
  assert.deepEqual(asks.expire(100), ["b1"]);
});

Deno.test("Correlations: each ask ends exactly once, taken or expired, and never early (C1, C2)", () => {
  const steps = fc.array(fc.record({
    deadlineMs: fc.nat(200),
    passMs: fc.nat(30),
    takes: fc.boolean(),
  }));
  fc.assert(fc.property(steps, (all) => {
    const asks = new Correlations<number>(1_000);
    const waiting = new Map<number, number>();
    let nowMs = 0;
    for (const { deadlineMs, passMs, takes } of all) {
      const atMs = nowMs + deadlineMs;
      const id = asks.add(atMs, atMs);
      assert.ok(id !== undefined && !waiting.has(id));
      waiting.set(id, atMs);
      if (takes) {
        assert.equal(asks.take(id), atMs);
        waiting.delete(id);
      }
      nowMs += passMs;
      for (const deadline of asks.expire(nowMs)) {
        assert.ok(deadline <= nowMs);
        const [key] = [...waiting].find(([, at]) => at === deadline) ?? [];
        assert.ok(key !== undefined && waiting.delete(key));
      }
      for (const at of waiting.values()) assert.ok(at > nowMs - STEP);
    }
    assert.equal(asks.size, waiting.size);
  }));
});
