import assert from "node:assert/strict";
import { planTests } from "./test_plan.ts";

Deno.test("planTests() runs unit tests in parallel first, then real ones one by one", () => {
  const [unit, real, ...rest] = planTests([]);
  assert.deepEqual(rest, []);
  assert.ok(unit?.args.includes("--parallel") && unit.args.includes("--ignore=tests/"));
  assert.ok(!real?.args.includes("--parallel") && real?.args.includes("tests/**/*_test.ts"));
});

Deno.test("planTests() hands a person's arguments to the runner as they are", () => {
  const asked = ["tests/crash_test.ts", "--filter", "SIGKILL"];
  assert.deepEqual(planTests(asked), [{ name: "asked", args: ["test", "--allow-all", ...asked] }]);
});
