/**
 * CalendarFiles: the calendars that the configuration keeps in files.
 * @module
 */
import { readCalendar } from "../actors/calendar/file.ts";
import type { Problem } from "./relations.ts";

/** What the files hold, and what is wrong with those that hold nothing that can be read. */
export interface CalendarFiles {
  /** Dates by the calendar's name. */
  readonly calendars: ReadonlyMap<string, readonly string[]>;
  readonly problems: readonly Problem[];
}

/**
 * Reads the files that `paths` names by calendar. `readFile` tells a file's text, undefined when there is no
 * such file, and may throw when it can't be read.
 */
export function readCalendarFiles(
  paths: Readonly<Record<string, string>>,
  readFile: (path: string) => string | undefined,
): CalendarFiles {
  const calendars = new Map<string, readonly string[]>();
  const problems: Problem[] = [];
  for (const [name, path] of Object.entries(paths)) {
    const read = readOne(path, readFile);
    if (typeof read !== "string") calendars.set(name, read);
    else problems.push({ path: `calendars.${name}`, message: `${path}: ${read}` });
  }
  return { calendars, problems };
}

/** The dates, or what is wrong. */
function readOne(
  path: string,
  readFile: (path: string) => string | undefined,
): readonly string[] | string {
  let text: string | undefined;
  try {
    text = readFile(path);
  } catch (error) {
    return `can't be read: ${error instanceof Error ? error.message : error}`;
  }
  if (text === undefined) return "there is no such file";
  const read = readCalendar(path, text);
  return read.ok ? read.dates : read.problem;
}
