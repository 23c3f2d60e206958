/**
 * Parents: what a child's handler is told of the jobs that it waited for.
 *
 * Invariant: N2. Every parent is named with its state, whatever the bound; results and errors are told
 * smallest first while they fit, so that one large result does not hide the others.
 * @module
 */
import type { ErrorReport } from "../executor/port.ts";
import { NODE_STATES, type NodeEnd } from "./state.ts";

/** How a parent ended, and what it left. */
export interface ParentOutcome {
  readonly key: string;
  readonly end: NodeEnd;
  /** JSON text; null: there is none. */
  readonly result: string | null;
  readonly error: ErrorReport | null;
}

/** Characters of the results and errors that one child is told. */
export const PARENTS_CHARS_MAX = 256 * 1024;

/** `{[key]: {state, result?, error?, omitted?}}` as JSON text (N2). */
export function parentsText(outcomes: readonly ParentOutcome[]): string {
  const details = outcomes.map(detailOf);
  const told = new Set<number>();
  let chars = 0;
  const bySize = details.map((_, at) => at).sort((a, b) => lengthOf(a) - lengthOf(b));
  for (const at of bySize) {
    if ((chars += lengthOf(at)) > PARENTS_CHARS_MAX) break;
    told.add(at);
  }
  function lengthOf(at: number): number {
    return details[at]?.length ?? 0;
  }
  const entries = outcomes.map(({ key, end }, at) => {
    const detail = told.has(at) ? details[at] : ',"omitted":true';
    return `${JSON.stringify(key)}:{"state":"${NODE_STATES[end]}"${detail}}`;
  });
  return `{${entries.join(",")}}`;
}

/** What stands behind the state; empty when there is nothing to tell. */
function detailOf({ result, error }: ParentOutcome): string {
  if (result !== null) return `,"result":${result}`;
  if (error === null) return "";
  const { name, message } = error;
  return `,"error":${JSON.stringify({ name, message })}`;
}
