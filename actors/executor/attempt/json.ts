/**
 * Json: turns what handlers return into JSON text of bounded size, whatever they return.
 *
 * Intuition: a result may be a gigabyte, a cycle, or an object whose getters never end. Its size is
 * therefore counted while it is written, and writing stops at the bound; measuring afterwards would
 * already have spent the memory.
 *
 * Invariant: J1. The memory spent on a value beyond its bound is a small multiple of the bound.
 * @module
 */

/** A value that cannot be kept: not JSON, or too long. Not worth a retry: the same code would return the same. */
export class UnserializableError extends Error {
  override readonly name = "UnserializableError";
  readonly retryable = false;
}

/**
 * `value` as JSON text of at most `charsMax` characters; undefined becomes `null`. Throws
 * {@link UnserializableError} for cycles, BigInt, functions, symbols, binary data and anything too long.
 */
export function encodeJson(value: unknown, { charsMax, what }: EncodeOptions): string {
  if (value === undefined || value === null) return "null";
  switch (typeof value) {
    case "number":
    case "boolean":
      return JSON.stringify(value);
    case "function":
    case "symbol":
    case "bigint":
      throw new UnserializableError(`${what} is a ${typeof value}, which JSON cannot hold`);
    default:
      return encodeLarge(value, { charsMax, what });
  }
}

/** What is encoded, for messages ("the result"), and how long its text may be. */
export interface EncodeOptions {
  readonly charsMax: number;
  readonly what: string;
}

/** A beginning of `text`, all of it if possible, whose JSON has at most `charsMax` characters. */
export function fitJson(text: string, charsMax: number): string {
  let fitting = text.slice(0, charsMax);
  for (let json = JSON.stringify(fitting); json.length > charsMax; json = JSON.stringify(fitting)) {
    fitting = fitting.slice(0, Math.floor(fitting.length * charsMax / json.length) - 1);
  }
  return fitting;
}

function encodeLarge(value: unknown, { charsMax, what }: EncodeOptions): string {
  const tooLong = () =>
    new UnserializableError(`${what} is longer than ${charsMax} characters of JSON`);
  let budget = charsMax;
  const spend = (key: string, part: unknown): unknown => {
    budget -= key.length + sizeOf(part, what);
    if (budget < 0) throw tooLong();
    return part;
  };
  let text: string | undefined;
  try {
    text = JSON.stringify(value, spend);
  } catch (error) {
    if (error instanceof UnserializableError) throw error;
    throw new UnserializableError(`${what} cannot be written as JSON: ${reasonOf(error)}`);
  }
  if (text === undefined) return "null";
  // Escapes make text longer than what was counted.
  if (text.length > charsMax) throw tooLong();
  return text;
}

/** The least that `part` alone adds to the text. Arrays count all their commas at once, holes included. */
function sizeOf(part: unknown, what: string): number {
  if (typeof part === "string") return part.length;
  if (typeof part !== "object" || part === null) return 1;
  if (ArrayBuffer.isView(part) || part instanceof ArrayBuffer) {
    throw new UnserializableError(`${what} holds binary data: encode it as text, e.g. base64`);
  }
  return Array.isArray(part) ? part.length : 1;
}

function reasonOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message.slice(0, 500) : "it throws when it is read";
  } catch {
    return "it throws when it is read";
  }
}
