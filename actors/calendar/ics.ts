/**
 * Ics: the days of an iCalendar file's whole-day events.
 *
 * Taken: `DTSTART` with a date, `DTEND` (exclusive) or a `DURATION` of days or weeks. Refused, because their
 * days would be missed: events with a time of day, and rules of repetition. Cancelled events are left out.
 * Source: RFC 5545, 3.1 (lines), 3.6.1 (events), 3.3.4 (dates).
 * @module
 */
import { CALENDAR_DATES_MAX, isDate } from "./state.ts";

/** Raised for a text that cannot be understood; the message is for whoever wrote it. */
export class CalendarTextError extends Error {
  override readonly name = "CalendarTextError";

  constructor(problem: string, line?: number) {
    super(line === undefined ? problem : `line ${line}: ${problem}`);
  }
}

/** One property: `NAME;PARAM=x:value`, and the line on which it begins, from 1. */
interface Property {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

const DAY_MS = 86_400_000;
const PARAM_VALUE = '(?:"[^"]*"|[^";:,]*)';
const PROPERTY = new RegExp(
  `^([A-Za-z0-9-]+)(?:;[A-Za-z0-9-]+=${PARAM_VALUE}(?:,${PARAM_VALUE})*)*:(.*)$`,
);
/** What makes an event more than its days. */
const REPEATS = ["RRULE", "RDATE", "EXDATE"];

/** The days of every event, in the file's order. Throws {@link CalendarTextError}. */
export function* parseIcs(text: string): Generator<string> {
  const open: string[] = [];
  let event: Property[] = [];
  let begun = false;
  for (const property of propertiesOf(text)) {
    const { name, value, line } = property;
    if (!begun && !isBegin(property, "VCALENDAR")) {
      throw new CalendarTextError("must begin with BEGIN:VCALENDAR", line);
    }
    begun = true;
    if (name === "BEGIN") {
      open.push(value.trim().toUpperCase());
      if (open.at(-1) === "VEVENT") event = [property];
    } else if (name === "END") {
      const ended = value.trim().toUpperCase();
      if (open.pop() !== ended) {
        throw new CalendarTextError(`ends ${ended}, which is not open`, line);
      }
      if (ended === "VEVENT") yield* daysOf(event);
    } else if (open.at(-1) === "VEVENT") event.push(property);
  }
  if (!begun) throw new CalendarTextError("must begin with BEGIN:VCALENDAR");
  if (open.length > 0) throw new CalendarTextError(`breaks off within ${open.at(-1)}`);
}

function isBegin({ name, value }: Property, component: string): boolean {
  return name === "BEGIN" && value.trim().toUpperCase() === component;
}

/** The properties, with lines that begin with a space joined to the one before (3.1). */
function* propertiesOf(text: string): Generator<Property> {
  let [unfolded, from] = ["", 0];
  for (const [at, line] of text.split(/\r\n|\r|\n/).entries()) {
    if (/^[ \t]/.test(line) && unfolded !== "") {
      unfolded += line.slice(1);
      continue;
    }
    if (unfolded !== "") yield propertyOf(unfolded, from);
    [unfolded, from] = [line.trimEnd(), at + 1];
  }
  if (unfolded !== "") yield propertyOf(unfolded, from);
}

function propertyOf(text: string, line: number): Property {
  const [, name, value] = PROPERTY.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new CalendarTextError(`not iCalendar: ${text.slice(0, 40)}`, line);
  }
  return { name: name.toUpperCase(), value, line };
}

function* daysOf(event: readonly Property[]): Generator<string> {
  const find = (name: string) => event.find((property) => property.name === name);
  if (find("STATUS")?.value.toUpperCase() === "CANCELLED") return;
  const repeats = event.find(({ name }) => REPEATS.includes(name));
  if (repeats !== undefined) {
    const { name, line } = repeats;
    throw new CalendarTextError(`${name} is not taken: give each date an event of its own`, line);
  }
  const start = find("DTSTART");
  if (start === undefined) throw new CalendarTextError("the event has no DTSTART", event[0]?.line);
  const fromMs = dayOf(start);
  const toMs = endOf({ start: fromMs, end: find("DTEND"), duration: find("DURATION") });
  if (toMs - fromMs > CALENDAR_DATES_MAX * DAY_MS) {
    throw new CalendarTextError(`the event has more than ${CALENDAR_DATES_MAX} days`, start.line);
  }
  for (let ms = fromMs; ms < toMs; ms += DAY_MS) {
    yield new Date(ms).toISOString().slice(0, "yyyy-mm-dd".length);
  }
}

/** Where the event ends, exclusive, ms: after a day unless it says so (3.6.1); an end on its start counts as that. */
function endOf(
  { start, end, duration }: Readonly<
    { start: number; end: Property | undefined; duration: Property | undefined }
  >,
): number {
  if (end !== undefined) {
    const endMs = dayOf(end);
    if (endMs < start) throw new CalendarTextError("DTEND lies before DTSTART", end.line);
    return Math.max(endMs, start + DAY_MS);
  }
  if (duration === undefined) return start + DAY_MS;
  const [, count, unit] = /^\+?P(\d{1,5})([DW])$/.exec(duration.value.trim()) ?? [];
  if (count === undefined || Number(count) === 0) {
    throw new CalendarTextError("DURATION must be days or weeks, as in P2D", duration.line);
  }
  return start + Number(count) * (unit === "W" ? 7 : 1) * DAY_MS;
}

/** The start of the day, ms of UTC. */
function dayOf({ name, value, line }: Property): number {
  const [, year, month, day, rest] = /^(\d{4})(\d{2})(\d{2})(.*)$/.exec(value.trim()) ?? [];
  const date = `${year}-${month}-${day}`;
  if (year === undefined || !isDate(date)) {
    throw new CalendarTextError(`${name} is not a date: ${value.slice(0, 40)}`, line);
  }
  if (rest !== "") {
    throw new CalendarTextError(`${name} has a time of day: only whole days are taken`, line);
  }
  return Date.parse(date);
}
