/**
 * Faults: what an error of SQLite means to the program.
 *
 * The code decides, never the text. Rolled back means: nothing was applied. One case is ambiguous:
 * a COMMIT that fails with an I/O error is undone in this process, but its commit record may lie in
 * the log on disk and count after a crash. It is reported as `timeout`, which says just that, and
 * the engine is opened anew, so that what is read from then on is what a restart would read.
 * Source: https://www.sqlite.org/rescode.html
 * @module
 */
import { Fault, type FaultCode, InvariantError } from "../../fault.ts";

const SQLITE_PERM = 3;
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_NOMEM = 7;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_PROTOCOL = 15;
const SQLITE_AUTH = 23;

const CODES: ReadonlyMap<number, { code: FaultCode; message: string }> = new Map([
  [SQLITE_PERM, { code: "unavailable", message: "access to the store's file was denied" }],
  [SQLITE_BUSY, { code: "unavailable", message: "another process holds this store" }],
  [SQLITE_LOCKED, { code: "unavailable", message: "another process holds this store" }],
  [SQLITE_NOMEM, { code: "unavailable", message: "no memory was left" }],
  [SQLITE_READONLY, { code: "read-only", message: "the store's file can't be written to" }],
  [SQLITE_IOERR, { code: "unavailable", message: "the disk reported an error" }],
  [SQLITE_FULL, { code: "full", message: "no space is left for the store" }],
  [SQLITE_CANTOPEN, { code: "unavailable", message: "the store's file can't be opened" }],
  [SQLITE_PROTOCOL, { code: "unavailable", message: "the store's file can't be locked" }],
  [SQLITE_AUTH, { code: "unavailable", message: "access to the store's file was denied" }],
]);

/** The primary result code of an error of SQLite; undefined for any other value. */
export function resultCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  // Extended codes keep the primary one in their low byte.
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}

/** True when another connection holds the file. */
export function isLocked(error: unknown): boolean {
  const code = resultCodeOf(error);
  return code === SQLITE_BUSY || code === SQLITE_LOCKED;
}

/** True when the connection must be opened anew before it is trusted again. */
export function breaksConnection(error: unknown): boolean {
  const code = resultCodeOf(error);
  return code === SQLITE_IOERR || code === SQLITE_NOMEM;
}

/**
 * The error that `store.<op>` rejects with. Faults and broken invariants pass through unchanged;
 * a code that this program can't cause by itself means that the file isn't what we wrote: `corrupt`.
 */
export function faultOf(
  error: unknown,
  context: { op: string; committing: boolean },
): Fault | InvariantError {
  if (error instanceof Fault || error instanceof InvariantError) return error;
  const op = `store.${context.op}`;
  const code = resultCodeOf(error);
  if (code === undefined) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return new InvariantError(`${op}: ${text}`);
  }
  if (code === SQLITE_IOERR && context.committing) {
    const message = "the disk failed during a commit; it may have been written";
    return new Fault(op, "timeout", { message, cause: error });
  }
  const known = CODES.get(code);
  const detail = (error as Error).message;
  if (known === undefined) {
    return new Fault(op, "corrupt", {
      message: `the store can't be read: ${detail}`,
      cause: error,
    });
  }
  return new Fault(op, known.code, { message: `${known.message} (${detail})`, cause: error });
}
