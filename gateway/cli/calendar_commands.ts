/**
 * CalendarCommands: what the command line can do about the calendars that schedules exclude.
 * @module
 */
import { readCalendar } from "../../actors/calendar/file.ts";
import { CALENDAR_DATES_MAX, isDate } from "../../actors/calendar/state.ts";
import { type Answer, type Command, jsonBody, type ReadText } from "./command.ts";
import { table } from "./table.ts";

/** How they are used. */
export const CALENDAR_USAGE =
  `  calendars               list the calendars that schedules can exclude
  calendar put NAME DATE… | FILE   make one, or give it other dates; FILE ends in .ics, .json, .txt
  calendar get NAME       show its dates
  calendar delete NAME    delete it: nothing is excluded by it any more
`;

/** The commands by their names. */
export const CALENDAR_COMMANDS: Readonly<Record<string, Command>> = {
  "calendars": {
    operands: [0, 0],
    options: [],
    request: () => ({
      path: "/calendars",
      show: ({ calendars }) =>
        table(
          (calendars as Answer[]).map(({ name, source, dates }) => [
            ...[String(name), String(source)],
            `${dates} dates`,
          ]),
        ),
    }),
  },
  "calendar put": {
    operands: [2, CALENDAR_DATES_MAX + 1],
    options: [],
    request: ([name, ...given], _, readText) => ({
      method: "PUT",
      path: calendar(name),
      show: line,
      ...jsonBody({ dates: datesOf(given, readText) }),
    }),
  },
  "calendar get": {
    operands: [1, 1],
    options: [],
    request: ([name]) => ({
      path: calendar(name),
      show: ({ dates }) => (dates as string[]).join("\n"),
    }),
  },
  "calendar delete": {
    operands: [1, 1],
    options: [],
    request: ([name]) => ({ method: "DELETE", path: calendar(name), show: line }),
  },
};

function calendar(name = ""): string {
  return `/calendar/${encodeURIComponent(name)}`;
}

/** Dates as they are; one thing that is no date is a file's name. Throws when the file cannot be read. */
function datesOf(given: readonly string[], readText: ReadText): readonly string[] {
  const [path = ""] = given;
  if (given.length > 1 || isDate(path)) return given;
  const read = readCalendar(path, readText(path));
  if (!read.ok) throw new Error(`${path}: ${read.problem}`);
  return read.dates;
}

function line({ name, source, dates }: Answer): string {
  return `${name}  ${source}  ${(dates as string[]).length} dates`;
}
