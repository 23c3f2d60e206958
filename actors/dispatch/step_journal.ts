/**
 * Step: how the result of one durable step is written to a job's `step` journal: `["name",result]`.
 * @module
 */

/** The journal that holds what a job's attempts completed. */
export const STEP_STREAM = "step";

/** One line of the journal; `result` is JSON text. */
export function encodeStep(step: { name: string; result: string }): string {
  return `[${JSON.stringify(step.name)},${step.result}]`;
}

/** The step's name and its result as JSON text; throws on a line that `encodeStep` did not write. */
export function decodeStep(line: string): [name: string, result: string] {
  const [name, result] = JSON.parse(line) as [string, unknown];
  return [name, JSON.stringify(result)];
}
