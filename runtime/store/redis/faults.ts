/**
 * Faults: what Redis and its client say when something is wrong, in the store's own terms.
 * @module
 */
import { Fault, type FaultCode } from "../../fault.ts";

/** What an answer begins with, and what it means: nothing was applied in all of these cases. */
const ANSWERS: readonly (readonly [RegExp, FaultCode])[] = [
  [/^OOM /, "full"],
  [/^READONLY /, "read-only"],
  [/^MISCONF /, "read-only"],
  [/^(LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|NOREPLICAS) ?/, "unavailable"],
  [/^(NOAUTH|WRONGPASS|NOPERM) ?/, "mismatch"],
  [/^ERR .*(AUTH|unknown command|DB index)/, "mismatch"],
];

/**
 * What the client says of a command that was never sent. Nothing else says so: "Connection is closed" and "max
 * retries" are said of commands that were on their way, too, and may have been applied.
 */
const UNSENT = /Stream isn't writeable|ECONNREFUSED|ENOTFOUND/;

/** The fault that `error` is for an operation. `writes`: without an answer it may have been applied. */
export function faultOf(
  op: string,
  error: unknown,
  { writes }: { readonly writes: boolean },
): Fault {
  if (error instanceof Fault) return error;
  const message = error instanceof Error ? error.message : String(error);
  for (const [pattern, code] of ANSWERS) {
    if (pattern.test(message)) return new Fault(op, code, { message: `Redis: ${message}` });
  }
  if (UNSENT.test(message)) {
    return new Fault(op, "unavailable", { message: `Redis is out of reach: ${message}` });
  }
  if (/^(ERR|WRONGTYPE|NOSCRIPT|-)/.test(message) || /script/i.test(message)) {
    return new Fault(op, "corrupt", { message: `Redis: ${message}`, cause: error });
  }
  return new Fault(op, writes ? "timeout" : "unavailable", { message: `Redis: ${message}` });
}
