/**
 * Parse: reads the text of a recurrence rule, strictly.
 *
 * Intuition: a rule that fires at times which its author did not mean is worse than a refusal. So
 * unknown and repeated parts, numbers out of range and dates that no calendar has are refused, each
 * by a message that names the part. Upper and lower case are the same; parts come in any order.
 *
 * Not here: which parts go together (combinations.ts).  Source: RFC 5545 § 3.3.10.
 * @module
 */
import { DAY_SECONDS, dayNumber, monthLength } from "./calendar.ts";
import {
  FREQUENCIES,
  type Frequency,
  type NumberLists,
  RruleError,
  type RruleParts,
  type Until,
  type WeekdayChoice,
  WEEKDAYS,
} from "./parts.ts";

/** Characters of a rule: room for a list of every day of the year beside all others. */
export const RRULE_CHARS_MAX = 4_096;
/** Occurrences that COUNT may ask for: they are counted from the start, 0.03 s for so many as a rule. */
export const COUNT_MAX = 100_000;
/** Longest INTERVAL: some 30 years of seconds. */
export const INTERVAL_MAX = 1_000_000_000;

interface NumberRange {
  readonly min: number;
  readonly max: number;
  /** The same numbers count from the end when they are negative. */
  readonly signed: boolean;
}

const LISTS: Readonly<Record<keyof NumberLists, NumberRange>> = {
  BYMONTH: { min: 1, max: 12, signed: false },
  BYWEEKNO: { min: 1, max: 53, signed: true },
  BYYEARDAY: { min: 1, max: 366, signed: true },
  BYMONTHDAY: { min: 1, max: 31, signed: true },
  BYHOUR: { min: 0, max: 23, signed: false },
  BYMINUTE: { min: 0, max: 59, signed: false },
  // The RFC's 60 is a leap second, which no clock here has.
  BYSECOND: { min: 0, max: 59, signed: false },
  BYSETPOS: { min: 1, max: 366, signed: true },
};
const ORDINAL: NumberRange = { min: 1, max: 53, signed: true };
const KNOWN: ReadonlySet<string> = new Set([
  ...["FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY"],
  ...Object.keys(LISTS),
]);
/** Parts that people write with reason, and what to do instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  DTSTART: "DTSTART is not part of the rule: write `startAt`",
  RSCALE: "RSCALE (RFC 7529) is not supported: rules follow the Gregorian calendar",
  SKIP: "SKIP (RFC 7529) is not supported: dates that a month does not have are left out",
  EXDATE: "EXDATE is not part of the rule: write `exclude`",
};

/** Reads `text`, with or without `RRULE:` before it. Throws {@link RruleError}. Cost: O(length). */
export function parseParts(text: string): RruleParts {
  if (text.length > RRULE_CHARS_MAX) {
    throw new RruleError(`the rule has ${text.length} characters; at most ${RRULE_CHARS_MAX}`);
  }
  const values = splitParts(text.trim().toUpperCase().replace(/^RRULE:/, ""));
  const list = (name: keyof NumberLists) => mapValue(values, name, parseNumbers);
  return {
    FREQ: parseFrequency(values.get("FREQ")),
    INTERVAL: mapValue(values, "INTERVAL", parseWhole(INTERVAL_MAX)) ?? 1,
    COUNT: mapValue(values, "COUNT", parseWhole(COUNT_MAX)),
    UNTIL: mapValue(values, "UNTIL", parseUntil),
    WKST: mapValue(values, "WKST", parseWeekStart) ?? 0,
    BYDAY: mapValue(values, "BYDAY", parseWeekdays),
    BYMONTH: list("BYMONTH"),
    BYWEEKNO: list("BYWEEKNO"),
    BYYEARDAY: list("BYYEARDAY"),
    BYMONTHDAY: list("BYMONTHDAY"),
    BYHOUR: list("BYHOUR"),
    BYMINUTE: list("BYMINUTE"),
    BYSECOND: list("BYSECOND"),
    BYSETPOS: list("BYSETPOS"),
  };
}

function splitParts(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const part of text.split(";")) {
    const [name = "", value] = part.split(/=(.*)/s);
    // A line of its own (`DTSTART:…`, `EXDATE;TZID=…`) is told apart by its name as well.
    const instead = ELSEWHERE[/^[A-Z-]*/.exec(name)?.[0] ?? ""];
    if (instead !== undefined) throw new RruleError(instead);
    if (part === "") {
      throw new RruleError("the rule has an empty part: write NAME=VALUE;NAME=VALUE");
    }
    if (!KNOWN.has(name)) throw new RruleError(`there is no part ${quoted(name)}`);
    if (value === undefined || value === "") throw new RruleError(`${name} has no value`);
    if (values.has(name)) throw new RruleError(`${name} is there twice`);
    values.set(name, value);
  }
  return values;
}

function mapValue<Name extends string, T>(
  values: ReadonlyMap<string, string>,
  name: Name,
  read: (value: string, name: Name) => T,
): T | null {
  const value = values.get(name);
  return value === undefined ? null : read(value, name);
}

function parseFrequency(value: string | undefined): Frequency {
  const found = FREQUENCIES.find((frequency) => frequency === value);
  if (found !== undefined) return found;
  const known = FREQUENCIES.join(", ");
  throw value === undefined
    ? new RruleError(`FREQ is missing: write one of ${known}`)
    : refusal("FREQ", value, `is not one of ${known}`);
}

function parseWhole(max: number): (value: string, name: string) => number {
  return (value, name) => {
    const number = /^\d{1,10}$/.test(value) ? Number(value) : NaN;
    if (number >= 1 && number <= max) return number;
    throw refusal(name, value, `is not a whole number from 1 to ${max}`);
  };
}

function parseNumbers(value: string, name: keyof NumberLists): readonly number[] {
  const numbers = value.split(",").map((text) => parseNumber(name, { text, range: LISTS[name] }));
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function parseNumber(
  name: string,
  { text, range: { min, max, signed } }: { readonly text: string; readonly range: NumberRange },
): number {
  const form = signed ? /^[+-]?\d{1,3}$/ : /^\d{1,3}$/;
  const number = form.test(text) ? Number(text) : NaN;
  const size = signed ? Math.abs(number) : number;
  if (size >= min && size <= max) return number;
  const bounds = signed ? `${min} to ${max} or -${max} to -${min}` : `${min} to ${max}`;
  throw refusal(name, text, `is not a whole number from ${bounds}`);
}

function parseWeekStart(value: string): number {
  const weekday = WEEKDAYS.findIndex((name) => name === value);
  if (weekday >= 0) return weekday;
  throw refusal("WKST", value, `is not one of ${WEEKDAYS.join(", ")}`);
}

function parseWeekdays(value: string): readonly WeekdayChoice[] {
  return value.split(",").map((text) => {
    const weekday = WEEKDAYS.findIndex((name) => text.endsWith(name));
    if (weekday < 0) throw refusal("BYDAY", text, `is not one of ${WEEKDAYS.join(", ")}`);
    const count = text.slice(0, -2);
    return {
      weekday,
      ordinal: count === "" ? 0 : parseNumber("BYDAY", { text: count, range: ORDINAL }),
    };
  });
}

/** A date alone is inclusive as a whole; a time is so to the second. */
function parseUntil(value: string): Until {
  const match = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?$/.exec(value);
  if (match === null) {
    throw refusal(
      "UNTIL",
      value,
      "is not a date like 20271224, 20271224T090000 or 20271224T080000Z",
    );
  }
  const [year = 0, month = 0, day = 0] = match.slice(1, 4).map(Number);
  const whole = match[4] === undefined;
  const [hour = 0, minute = 0, second = 0] = whole ? [23, 59, 59] : match.slice(4, 7).map(Number);
  if (month < 1 || month > 12 || day < 1 || day > monthLength(year, month)) {
    throw refusal("UNTIL", value, "is a date that does not exist");
  }
  if (hour > 23 || minute > 59 || second > 59) {
    throw refusal("UNTIL", value, "is a time that does not exist");
  }
  const seconds = dayNumber({ year, month, day }) * DAY_SECONDS + (hour * 60 + minute) * 60 +
    second;
  return { ms: seconds * 1_000, utc: match[7] === "Z" };
}

function refusal(name: string, value: string, problem: string): RruleError {
  return new RruleError(`${name}: ${quoted(value)} ${problem}`);
}

/** As it was written, but never much of it. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
