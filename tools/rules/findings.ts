/**
 * Finding: one broken rule at one place, with what to do about it.
 *
 * @module
 */

/** A broken rule. `line` 0 means the file, or the folder, as a whole. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly problem: string;
}

/** One line for people and editors: `path:line: problem`. */
export function describeFinding(finding: Finding): string {
  const at = finding.line === 0 ? finding.path : `${finding.path}:${finding.line}`;
  return `${at}: ${finding.problem}`;
}
