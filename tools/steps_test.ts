import assert from "node:assert/strict";
import { describeStep, runSteps, type Step } from "./steps.ts";

function setup(steps: readonly Step[], lanes = 1) {
  const printed: string[] = [];
  let nowMs = 0;
  const world = { nowMs: () => (nowMs += 500), print: (line: string) => printed.push(line), lanes };
  return { printed, run: () => runSteps(steps, world) };
}

const passes = (name: string): Step => ({
  name,
  remedy: "nothing",
  run: () => ({ passed: true, detail: "" }),
});

Deno.test("runSteps() runs every step and names those that failed", async () => {
  const broken: Step = {
    name: "b",
    remedy: "mend it",
    run: () => ({ passed: false, detail: "no" }),
  };
  const { printed, run } = setup([passes("a"), broken, passes("c")]);
  assert.deepEqual(await run(), ["b"]);
  assert.equal(printed.length, 3);
  assert.equal(printed[1], "FAIL  b            0.5 s\n      no\n      do: mend it");
});

Deno.test("runSteps() takes a step that throws for failed", async () => {
  const thrower: Step = {
    name: "t",
    remedy: "mend it",
    run: () => Promise.reject(new Error("boom")),
  };
  const { printed, run } = setup([thrower, passes("after")]);
  assert.deepEqual(await run(), ["t"]);
  assert.match(printed[0] ?? "", /boom/);
});

Deno.test("runSteps() runs as many steps at once as there are lanes", async () => {
  let running = 0;
  let most = 0;
  const gate = Promise.withResolvers<void>();
  const slow = (name: string): Step => ({
    name,
    remedy: "",
    run: async () => {
      most = Math.max(most, ++running);
      if (running === 2) gate.resolve();
      await gate.promise;
      running--;
      return { passed: true, detail: "" };
    },
  });
  const { run } = setup([slow("a"), slow("b"), slow("c"), slow("d")], 2);
  assert.deepEqual(await run(), []);
  assert.equal(most, 2);
});

Deno.test("describeStep() puts the detail of a passed step into its line", () => {
  const line = describeStep(passes("sizes"), { passed: true, detail: "12 files\n" }, 1_234);
  assert.equal(line, "ok    sizes        1.2 s  12 files");
});
