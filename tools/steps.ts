/**
 * Steps: runs the parts of a gate, two at a time, and says shortly how each went.
 *
 * Invariants: G1. Every step runs, whatever became of the others. G2. One line per step; the
 * details of a failed one follow it, ending with what to do.
 * @module
 */

/** How a step went. `detail` is shown in its line when it passed, and below it when it failed. */
export interface StepResult {
  readonly passed: boolean;
  readonly detail: string;
}

/** One part of the gate. */
export interface Step {
  readonly name: string;
  /** What to do when it fails, as an imperative. */
  readonly remedy: string;
  readonly run: () => StepResult | Promise<StepResult>;
}

/** What a step runner needs of the world. */
export interface StepWorld {
  readonly nowMs: () => number;
  readonly print: (line: string) => void;
  /** Steps that may run at once. */
  readonly lanes: number;
}

/** Runs all `steps` (G1), started in their order; tells the names of those that failed. */
export async function runSteps(steps: readonly Step[], world: StepWorld): Promise<string[]> {
  const failed: string[] = [];
  const queue = [...steps];
  const lane = async () => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
      const startedMs = world.nowMs();
      const result = await attempt(step);
      if (!result.passed) failed.push(step.name);
      world.print(describeStep(step, result, world.nowMs() - startedMs));
    }
  };
  await Promise.all(Array.from({ length: world.lanes }, lane));
  return failed;
}

/** The line, or lines, that tell how a step went (G2). */
export function describeStep(step: Step, result: StepResult, tookMs: number): string {
  const head = `${result.passed ? "ok  " : "FAIL"}  ${step.name.padEnd(10)} ${
    (tookMs / 1000).toFixed(1).padStart(5)
  } s`;
  const detail = result.detail.trim();
  if (result.passed) return detail === "" ? head : `${head}  ${detail}`;
  const indented = detail.split("\n").map((line) => `      ${line}`).join("\n");
  return `${head}\n${indented}\n      do: ${step.remedy}`;
}

async function attempt(step: Step): Promise<StepResult> {
  try {
    return await step.run();
  } catch (error) {
    return {
      passed: false,
      detail: error instanceof Error ? error.stack ?? error.message : `${error}`,
    };
  }
}
