import assert from "node:assert/strict";
import { addTotals, judgeRun, readTotals } from "./test_totals.ts";

Deno.test("readTotals() reads every form of the closing line", () => {
  const cases: readonly [string, [number, number, number]][] = [
    ["ok | 5 passed | 0 failed (12ms)", [5, 0, 0]],
    ["FAILED | 5 passed (3 steps) | 2 failed (1 step) | 4 ignored (1 step) (1m2s)", [5, 2, 4]],
    ["ok | 1 passed (1 step) | 0 failed | 7 filtered out (1s)", [1, 0, 0]],
    ["\u001b[32mok\u001b[0m | 9 passed | 0 failed", [9, 0, 0]],
  ];
  for (const [line, [passed, failed, ignored]] of cases) {
    assert.deepEqual(readTotals(`running\n${line}\n\n`), { passed, failed, ignored }, line);
  }
});

Deno.test("readTotals() takes the last closing line, and no other text for one", () => {
  const output = "ok | 1 passed | 0 failed (1ms)\nok | 2 passed | 0 failed (1ms)\nbye\n";
  assert.equal(readTotals(output)?.passed, 2);
  assert.equal(readTotals("a test prints: ok | 1 passed | 0 failed"), undefined);
});

Deno.test("judgeRun() counts a runner that died as a failure", () => {
  assert.equal(judgeRun({ success: false, output: "error: Module not found" }).failed, 1);
  assert.equal(judgeRun({ success: false, output: "ok | 3 passed | 0 failed (1s)" }).failed, 1);
  assert.equal(judgeRun({ success: false, output: "FAILED | 3 passed | 2 failed (1s)" }).failed, 2);
  assert.equal(judgeRun({ success: true, output: "" }).failed, 0);
});

Deno.test("addTotals() sums runs", () => {
  const one = { passed: 1, failed: 2, ignored: 3 };
  assert.deepEqual(addTotals([one, one]), { passed: 2, failed: 4, ignored: 6 });
});
