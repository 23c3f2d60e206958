/**
 * `deno task test`: every test, unit tests first, then those with real processes; or, with
 * arguments, what Deno's own runner is asked for.
 *
 * The last line gives the totals. Exits 1 when a test failed, or when there was none to run.
 * @module
 */
import { provideRedis } from "./redis.ts";
import { planTests, type TestPhase } from "./test_plan.ts";
import { addTotals, judgeRun, type TestTotals } from "./test_totals.ts";

/** Runs one phase, showing its output as it comes. */
async function run(phase: TestPhase): Promise<TestTotals> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...phase.args],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let output = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    await Deno.stdout.write(chunk);
    output += decoder.decode(chunk, { stream: true });
  }
  return judgeRun({ success: (await child.status).success, output });
}

await provideRedis();
const startedMs = performance.now();
const totals: TestTotals[] = [];
for (const phase of planTests(Deno.args)) totals.push(await run(phase));
const { passed, failed, ignored } = addTotals(totals);
const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
console.log(`Total: ${passed} passed, ${failed} failed, ${ignored} ignored in ${seconds} s`);
Deno.exit(failed > 0 || passed === 0 ? 1 : 0);
