/**
 * Fault: the three ways in which something can go wrong, kept apart.
 *
 * Intuition: a bug is an {@link invariant} that does not hold; it throws, crashes its actor and
 * supervision decides. An expected outcome is a value in a reply union. Whatever the outside world
 * does to us (a disk that is full, a store that is away) is a {@link Fault} with a code from a
 * closed list, so that nobody ever matches on message text.
 *
 * @module
 */

/** Why the outside failed. `retryable` and "was it applied?" follow from the code alone. */
export type FaultCode =
  /** Nothing answered in time: the write may or may not have been applied. */
  | "timeout"
  /** The store is out of reach or closed: nothing was applied. */
  | "unavailable"
  /** No space is left: nothing was applied. */
  | "full"
  /** The store accepts reads only: nothing was applied. */
  | "read-only"
  /** A bound of ours was reached: nothing was applied; try again later. */
  | "overloaded"
  /** What the store holds cannot be read: a person must look. */
  | "corrupt"
  /** The store belongs to another configuration or program version: a person must look. */
  | "mismatch";

const CODES_FINAL: ReadonlySet<FaultCode> = new Set<FaultCode>(["corrupt", "mismatch"]);

/** A failure of the world outside, raised by drivers and handled where a policy exists for it. */
export class Fault extends Error {
  override readonly name = "Fault";
  /** The operation that failed, e.g. `store.apply`. */
  readonly op: string;
  readonly code: FaultCode;

  constructor(op: string, code: FaultCode, options: { message: string; cause?: unknown }) {
    super(`${op}: ${options.message}`, { cause: options.cause });
    this.op = op;
    this.code = code;
  }

  /** True when trying again may succeed without a person's help. */
  get retryable(): boolean {
    return !CODES_FINAL.has(this.code);
  }

  /** True when the failed write may have been applied all the same. */
  get ambiguous(): boolean {
    return this.code === "timeout";
  }
}

/** Raised by {@link invariant}: a bug of ours, never a user's mistake. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** States what must be true here; throws {@link InvariantError} with `message` when it is not. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Ends every switch over a union: the compiler proves that no case is left. */
export function unreachable(value: never): never {
  throw new InvariantError(`unexpected case: ${JSON.stringify(value)}`);
}
