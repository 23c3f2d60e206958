/**
 * Redact: makes fields fit for a log: no secrets, no cycles, no end of text.
 *
 * Intuition: a field whose name sounds like a secret loses its value, whatever it is; texts lose the passwords of
 * URLs, what follows the name of a way to authenticate, and what a query string calls a secret. It is a net under
 * the callers, not a licence: payloads and results of jobs are users' data and are never logged in the first place.
 *
 * Invariants: R1. It never throws, whatever it is given. R2. Its work is bounded: depth, entries and characters.
 * @module
 */

/** What stands for a secret. */
export const REDACTED = "[redacted]";
const DEPTH_MAX = 5;
const ENTRIES_MAX = 50;
const TEXT_CHARS_MAX = 4_096;

const SECRET_NAME =
  /(^|[-_.])pass$|passw(or)?d|passphrase|secret|token|credential|authori[sz]ation|cookie|api[-_]?key|private[-_]?key|session[-_]?id|signature/i;
/** To the last `@`: a password that was not escaped may hold others. */
const URL_PASSWORD = /([a-z][a-z0-9+.-]{0,20}:\/\/[^\s:@/]{0,256}):[^\s/]{1,1024}@/gi;
/** As a header shows it, within a text. */
const SHOWN =
  /(\bauthorization["']?\s{0,4}[:=]\s{0,4}["']?(?:(?:bearer|basic|digest)\s{1,4})?|\bbearer\s{1,4})[\w.~+/=-]{6,4096}/gi;
const QUERY_SECRET =
  /([?&][\w.-]{0,64}(?:token|secret|password|api[-_]?key|signature|credential)=)[^&#\s"']{1,4096}/gi;

/** `fields` as they may be printed: plain JSON values without secrets (R1, R2). */
export function redact(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return record(fields, { depth: 0, above: [] });
}

interface Place {
  readonly depth: number;
  /** The objects around the value, to break cycles. */
  readonly above: readonly object[];
}

function record(value: object, place: Place): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  let count = 0;
  for (const name of keysOf(value)) {
    if (++count > ENTRIES_MAX) {
      result["…"] = "cut";
      break;
    }
    result[name] = SECRET_NAME.test(name) ? REDACTED : printable(valueOf(value, name), place);
  }
  return result;
}

function printable(value: unknown, { depth, above }: Place): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (typeof value === "function") return "[function]";
  if (typeof value !== "object" || value === null) return value;
  if (above.includes(value)) return "[circular]";
  if (depth >= DEPTH_MAX) return "[deep]";
  const place = { depth: depth + 1, above: [...above, value] };
  if (value instanceof Error) return error(value, place);
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? "[no date]" : value.toISOString();
  }
  if (Array.isArray(value)) {
    return value.slice(0, ENTRIES_MAX).map((item) => printable(item, place));
  }
  if (value instanceof Map || value instanceof Set || ArrayBuffer.isView(value)) {
    return `[${value.constructor.name}]`;
  }
  return record(value, place);
}

function error(value: Error, place: Place): Record<string, unknown> {
  // A Redis client's errors bring the command along, with all that it said: passwords, payloads.
  const { command: _, ...own } = record(value, place);
  return {
    ...own,
    name: printable(valueOf(value, "name"), place),
    message: printable(valueOf(value, "message"), place),
    stack: printable(valueOf(value, "stack"), place),
    ...(value.cause === undefined ? {} : { cause: printable(value.cause, place) }),
  };
}

/** `value` without the secrets that a text may hold, cut at {@link TEXT_CHARS_MAX} (R2). */
export function redactText(value: string): string {
  // What is cut may be a secret's end; what is left of it is hidden by what stood before it.
  const cut = value.length > TEXT_CHARS_MAX ? `${value.slice(0, TEXT_CHARS_MAX)}…` : value;
  return cut.replace(URL_PASSWORD, `$1:${REDACTED}@`)
    .replace(SHOWN, `$1${REDACTED}`)
    .replace(QUERY_SECRET, `$1${REDACTED}`);
}

/** Proxies may throw on anything (R1). */
function keysOf(value: object): string[] {
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}

function valueOf(value: object, name: string): unknown {
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    return "[unreadable]";
  }
}
