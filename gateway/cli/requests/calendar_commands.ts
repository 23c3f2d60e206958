/**
 * CalendarCommands: what the command line can do about the calendars that schedules exclude.
 * @module
 */
import { readCalendar } from "../../../actors/calendar/file.ts";
import { CALENDAR_DATES_MAX, isDate } from "../../../actors/calendar/state.ts";
import { type Answer, type Commands, jsonBody, type ReadText } from "../command.ts";
import { table } from "../table.ts";

/** The commands by their names. */
export const CALENDAR_COMMANDS: Commands = {
  "calendars": {
    operands: [0, 0],
    summary: "list the calendars that schedules can exclude",
    examples: ["calendars"],
    options: [],
    request: () => ({
      path: "/calendars",
      show: ({ calendars }) =>
        table(
          (calendars as Answer[]).map(({ name, source, dates }) => [
            ...[String(name), String(source), String(dates)],
          ]),
          ["NAME", "FROM", "DATES"],
        ),
    }),
  },
  "calendar put": {
    operands: [2, CALENDAR_DATES_MAX + 1],
    takes: "NAME DATE\u2026|FILE",
    summary: "make one, or give it other dates; FILE ends in .ics, .json or .txt",
    examples: ["calendar put de-holidays 2027-12-25 2027-12-26"],
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
    takes: "NAME",
    summary: "show its dates",
    examples: ["calendar get de-holidays"],
    options: [],
    request: ([name]) => ({
      path: calendar(name),
      show: ({ dates }) => (dates as string[]).join("\n"),
    }),
  },
  "calendar delete": {
    operands: [1, 1],
    takes: "NAME",
    summary: "delete it: nothing is excluded by it any more",
    examples: ["calendar delete de-holidays"],
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
