/**
 * TestTotals: how many tests a run of Deno's runner counted, read from its closing line.
 *
 * Invariants: T1. A run whose closing line is missing, or whose exit says failure while its line
 * counts none, adds at least one failure: a runner that died is never a success.
 * @module
 */

/** What was counted. */
export interface TestTotals {
  readonly passed: number;
  readonly failed: number;
  readonly ignored: number;
}

/** Colours as terminals take them. */
const COLOUR = new RegExp(String.fromCharCode(27) + "\\[[0-9;]*m", "g");
const CLOSING =
  /^(?:ok|FAILED) \| (\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed(?: \(\d+ steps?\))?(?: \| (\d+) ignored(?: \(\d+ steps?\))?)?/;

/** The counts of the last closing line in `output`; undefined when there is none. */
export function readTotals(output: string): TestTotals | undefined {
  for (const line of output.replace(COLOUR, "").split("\n").reverse()) {
    const match = CLOSING.exec(line.trim());
    if (match === null) continue;
    return { passed: +(match[1] ?? 0), failed: +(match[2] ?? 0), ignored: +(match[3] ?? 0) };
  }
  return undefined;
}

/** Judges one run by its exit code and its output together (T1). */
export function judgeRun(run: { readonly success: boolean; readonly output: string }): TestTotals {
  const totals = readTotals(run.output) ?? { passed: 0, failed: run.success ? 0 : 1, ignored: 0 };
  return !run.success && totals.failed === 0 ? { ...totals, failed: 1 } : totals;
}

/** The sum of several runs. */
export function addTotals(runs: readonly TestTotals[]): TestTotals {
  return runs.reduce((sum, run) => ({
    passed: sum.passed + run.passed,
    failed: sum.failed + run.failed,
    ignored: sum.ignored + run.ignored,
  }), { passed: 0, failed: 0, ignored: 0 });
}
