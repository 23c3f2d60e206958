import assert from "node:assert/strict";
import { Fault, type FaultCode, invariant, InvariantError, unreachable } from "./fault.ts";

const fault = (code: FaultCode) => new Fault("store.apply", code, { message: "why" });

Deno.test("Fault says what failed, why, and what lies beneath", () => {
  const cause = new Error("disk");
  const full = new Fault("store.apply", "full", { message: "no space", cause });
  assert.ok(full instanceof Error);
  assert.deepEqual([full.name, full.op, full.code], ["Fault", "store.apply", "full"]);
  assert.equal(full.message, "store.apply: no space");
  assert.equal(full.cause, cause);
});

Deno.test("Fault.retryable and Fault.ambiguous follow from the code alone", () => {
  const table: Record<FaultCode, [retryable: boolean, ambiguous: boolean]> = {
    timeout: [true, true],
    unavailable: [true, false],
    full: [true, false],
    "read-only": [true, false],
    overloaded: [true, false],
    corrupt: [false, false],
    mismatch: [false, false],
  };
  for (const [code, expected] of Object.entries(table)) {
    const { retryable, ambiguous } = fault(code as FaultCode);
    assert.deepEqual([retryable, ambiguous], expected, code);
  }
});

Deno.test("invariant() throws InvariantError when it does not hold, and only then", () => {
  invariant(1, "holds");
  assert.throws(
    () => invariant(0, "does not hold"),
    (error: unknown) => error instanceof InvariantError && error.message === "does not hold",
  );
});

Deno.test("unreachable() names the case that nobody expected", () => {
  assert.throws(() => unreachable({ kind: "new" } as never), /unexpected case: {"kind":"new"}/);
});
