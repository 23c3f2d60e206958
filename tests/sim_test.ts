import assert from "node:assert/strict";

const SEEDS = 1_000;
const SECONDS_MAX = 60;
/** Times the bound that a machine with other work on it may take. */
const SLACK = 3;

async function simulate(...args: readonly string[]): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "sim/main.ts", ...args],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

Deno.test(`the simulator keeps every promise for ${SEEDS} seeds, in under a minute`, async () => {
  const startedMs = performance.now();
  const { code, output } = await simulate("--seeds", String(SEEDS));
  const seconds = (performance.now() - startedMs) / 1_000;
  console.log(output.trim().split("\n").at(-1));
  assert.equal(code, 0, output);
  assert.ok(seconds < SECONDS_MAX * SLACK, `${seconds} s`);
});

Deno.test("the simulator's checkers catch every broken build", async () => {
  const { code, output } = await simulate("--mutations");
  console.log(output.trim().split("\n").at(-1));
  assert.equal(code, 0, output);
});
