/**
 * CalendarFile: the dates that a file's text names: a list of dates, a JSON array, or iCalendar's whole-day events.
 *
 * Intuition: a holiday that is overlooked is a job that runs on it. So whatever of a file cannot be
 * understood is refused with its line, and nothing is skipped in silence but cancelled events.
 * Not here: reading files; the parts of iCalendar (ics.ts).
 * @module
 */
import { CalendarTextError, parseIcs } from "./ics.ts";
import { CALENDAR_DATES_MAX, inOrder, isDate } from "./state.ts";

/** The dates, in order, or what is wrong, for people. */
export type CalendarRead =
  | { readonly ok: true; readonly dates: readonly string[] }
  | { readonly ok: false; readonly problem: string };

/**
 * Reads the text of a calendar file; its name's ending says how: `.ics`, `.json` or `.txt`. 1 to
 * `CALENDAR_DATES_MAX` dates.
 */
export function readCalendar(path: string, text: string): CalendarRead {
  try {
    const dates = inOrder(datesOf(path, text.replace(/^\uFEFF/, "")));
    if (dates.length > CALENDAR_DATES_MAX) {
      return wrong(`has ${dates.length} dates; at most ${CALENDAR_DATES_MAX} are taken`);
    }
    return dates.length > 0 ? { ok: true, dates } : wrong("has no date");
  } catch (error) {
    if (error instanceof CalendarTextError) return wrong(error.message);
    throw error;
  }
}

function datesOf(path: string, text: string): Iterable<string> {
  const [, ending] = /\.([a-z]+)$/i.exec(path) ?? [];
  switch (ending?.toLowerCase()) {
    case "ics":
      return parseIcs(text);
    case "json":
      return fromJson(text);
    case "txt":
      return fromList(text);
    default:
      throw new CalendarTextError("must end in .ics, .json or .txt");
  }
}

/** A date a line; what follows a `#` is a comment. */
function* fromList(text: string): Generator<string> {
  for (const [at, line] of text.split(/\r\n|\r|\n/).entries()) {
    const date = line.replace(/#.*/, "").trim();
    if (date === "") continue;
    if (!isDate(date)) throw new CalendarTextError(`not a date: ${shown(date)}`, at + 1);
    yield date;
  }
}

function fromJson(text: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CalendarTextError(`is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (!Array.isArray(value)) throw new CalendarTextError("must hold a JSON array of dates");
  return value.map((date, at) => {
    if (typeof date === "string" && isDate(date)) return date;
    throw new CalendarTextError(`[${at}] is not a date: ${shown(JSON.stringify(date))}`);
  });
}

function shown(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function wrong(problem: string): CalendarRead {
  return { ok: false, problem };
}
