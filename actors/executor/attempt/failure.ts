/**
 * Failure: turns whatever a handler threw into an outcome with bounded, readable texts.
 *
 * Intuition: code may throw anything: text, null, an object with traps in its getters, an error with
 * a message of 100 MB. Reading it must never throw and never cost more than the bound (E4).
 * @module
 */
import { parseDuration } from "../../../runtime/duration.ts";
import { type AttemptOutcome, ERROR_CHARS_MAX, type ErrorReport } from "../port.ts";

const NAME_CHARS_MAX = 200;

/** The outcome of an attempt whose handler threw `thrown`; honours `retryable: false` and `retryAfter`. */
export function failureOf(thrown: unknown): AttemptOutcome & { kind: "error" } {
  const retryAfterMs = parseDuration(read(thrown, "retryAfter"));
  return {
    kind: "error",
    error: reportOf(thrown),
    retryable: read(thrown, "retryable") !== false,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** `thrown` as users will see it. Things that are not errors are called `NonError`. */
export function reportOf(thrown: unknown): ErrorReport {
  const message = read(thrown, "message");
  if (typeof message !== "string") {
    return { name: "NonError", message: cut(`the handler threw ${describe(thrown)}`) };
  }
  const name = read(thrown, "name");
  const stack = read(thrown, "stack");
  return {
    name: typeof name === "string" && name !== "" ? name.slice(0, NAME_CHARS_MAX) : "Error",
    message: cut(message),
    ...(typeof stack === "string" ? { stack: cut(stack) } : {}),
  };
}

/** `text` within the bound for error texts; says when something was cut. */
export function cut(text: string, charsMax: number = ERROR_CHARS_MAX): string {
  if (text.length <= charsMax) return text;
  const mark = `… [${text.length} characters, cut]`;
  return text.slice(0, charsMax - mark.length) + mark;
}

/** A property of anything; undefined when there is none or reading it throws. */
function read(thrown: unknown, property: string): unknown {
  if (typeof thrown !== "object" && typeof thrown !== "function" || thrown === null) {
    return undefined;
  }
  try {
    return Reflect.get(thrown, property);
  } catch {
    return undefined;
  }
}

function describe(thrown: unknown): string {
  try {
    if (typeof thrown === "string") return cut(JSON.stringify(thrown.slice(0, ERROR_CHARS_MAX)));
    if (typeof thrown !== "object" || thrown === null) return String(thrown);
    return `an object: {${Object.keys(thrown).slice(0, 20).join(", ").slice(0, 500)}}`;
  } catch {
    return "an object that cannot be read";
  }
}
