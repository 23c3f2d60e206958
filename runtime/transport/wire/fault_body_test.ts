import assert from "node:assert/strict";
import { Fault } from "../../fault.ts";
import { bodyOfFault, faultOfBody } from "./fault_body.ts";

Deno.test("a Fault comes back with its operation, code and message", () => {
  const fault = new Fault("store.apply", "read-only", { message: "the disk accepts reads only" });
  const back = faultOfBody(bodyOfFault(fault));
  assert.deepEqual(
    [back.op, back.code, back.message, back.retryable],
    [fault.op, fault.code, fault.message, true],
  );
});

Deno.test("faultOfBody() makes `timeout` of what it doesn't know: it promises nothing", () => {
  const bodies = [null, undefined, 7, "x", {}, { code: "new-code" }, { code: "toString" }];
  for (const body of bodies) assert.equal(faultOfBody(body).code, "timeout");
});

Deno.test("bodyOfFault() keeps texts short", () => {
  const fault = new Fault("op", "full", { message: "x".repeat(100_000) });
  assert.equal(bodyOfFault(fault).message.length, 2_000);
});
