import assert from "node:assert/strict";
import { readCalendarFiles } from "./calendar_files.ts";

const FILES: Readonly<Record<string, string>> = {
  "de.txt": "2027-12-26\n2027-12-25",
  "broken.ics": "BEGIN:VEVENT",
};

function readFile(path: string): string | undefined {
  if (path === "locked.txt") throw new Error("permission denied");
  return FILES[path];
}

Deno.test("readCalendarFiles() tells each file's dates, and everything that is wrong at once", () => {
  const paths = { de: "de.txt", a: "broken.ics", b: "none.txt", c: "locked.txt" };
  const { calendars, problems } = readCalendarFiles(paths, readFile);
  assert.deepEqual([...calendars], [["de", ["2027-12-25", "2027-12-26"]]]);
  assert.deepEqual(problems, [
    { path: "calendars.a", message: "broken.ics: line 1: must begin with BEGIN:VCALENDAR" },
    { path: "calendars.b", message: "none.txt: there is no such file" },
    { path: "calendars.c", message: "locked.txt: can't be read: permission denied" },
  ]);
});
