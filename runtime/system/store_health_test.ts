import assert from "node:assert/strict";
import { Fault, type FaultCode } from "../fault.ts";
import { WRITE_FAULT_SHOWN_MS } from "../limits.ts";
import { StoreHealth } from "./store_health.ts";

function setup() {
  const now = { ms: 0 };
  const told: (FaultCode | null)[] = [];
  const health = new StoreHealth({
    clock: { monotonicMs: () => now.ms },
    tell: (fault) => told.push(fault?.code ?? null),
  });
  return { now, told, health };
}

function fault(code: FaultCode): Fault {
  return new Fault("store.apply", code, { message: code });
}

Deno.test("StoreHealth is well until something fails", () => {
  const { told, health } = setup();
  health.renewed(null);
  assert.equal(health.fault, null);
  assert.deepEqual(told, []);
});

Deno.test("StoreHealth is ill while renewals fail (H1), and tells it once (H3)", () => {
  const { now, told, health } = setup();
  health.renewed(fault("unavailable"));
  now.ms += 10 * WRITE_FAULT_SHOWN_MS;
  health.renewed(fault("unavailable"));
  assert.equal(health.fault?.code, "unavailable");
  health.renewed(null);
  assert.equal(health.fault, null);
  assert.deepEqual(told, ["unavailable", null]);
});

Deno.test("StoreHealth is ill for a while after a failed write, however well renewals go (H2)", () => {
  const { now, told, health } = setup();
  health.writeFailed(fault("full"));
  health.renewed(null);
  assert.equal(health.fault?.code, "full");
  now.ms += WRITE_FAULT_SHOWN_MS - 1;
  health.writeFailed(fault("full"));
  now.ms += WRITE_FAULT_SHOWN_MS - 1;
  health.renewed(null);
  assert.equal(health.fault?.code, "full");
  assert.deepEqual(told, ["full"]);
  now.ms += 1;
  assert.equal(health.fault, null);
  health.renewed(null);
  assert.deepEqual(told, ["full", null]);
});

Deno.test("StoreHealth names the session's fault first", () => {
  const { told, health } = setup();
  health.writeFailed(fault("full"));
  health.renewed(fault("unavailable"));
  assert.equal(health.fault?.code, "unavailable");
  assert.deepEqual(told, ["full", "unavailable"]);
});
