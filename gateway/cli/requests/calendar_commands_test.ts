import assert from "node:assert/strict";
import { planned as plannedOf, problemOf } from "../testing/planned.ts";

function readText(path: string): string {
  if (path === "de.txt") return "2027-12-26\n2027-12-25 # Christmas\n";
  if (path === "broken.ics") return "BEGIN:VEVENT";
  throw new Error(`no such file: ${path}`);
}

const planned = (...args: string[]) => plannedOf(args, readText);
const problem = (...args: string[]) => problemOf(args, readText) ?? "";

Deno.test("calendar put sends dates, or those of a file", () => {
  const given = planned("calendar", "put", "de", "2027-12-25", "2027-12-26");
  const body = '{"dates":["2027-12-25","2027-12-26"]}';
  assert.deepEqual([given.method, given.path, given.body], ["PUT", "/calendar/de", body]);
  assert.equal(planned("calendar", "put", "de", "de.txt").body, body);
  assert.equal(
    given.show({ name: "de", source: "api", dates: ["2027-12-25"] }),
    "de  api  1 dates",
  );
  assert.match(problem("calendar", "put", "de", "broken.ics"), /^broken\.ics: line 1: must begin/);
  assert.match(problem("calendar", "put", "de", "none.txt"), /no such file/);
  assert.match(problem("calendar", "put", "de"), /takes 2 to \d+ operands/);
});

Deno.test("calendars are listed, shown and deleted", () => {
  const list = planned("calendars");
  assert.equal(list.path, "/calendars");
  const calendars = [
    { name: "at", source: "file", dates: 1 },
    { name: "germany", source: "api", dates: 12 },
  ];
  assert.equal(
    list.show({ calendars }),
    "NAME     FROM  DATES\nat       file  1\ngermany  api   12",
  );
  const get = planned("calendar", "get", "de");
  assert.deepEqual([get.method, get.path], ["GET", "/calendar/de"]);
  assert.equal(get.show({ dates: ["2027-12-25", "2027-12-26"] }), "2027-12-25\n2027-12-26");
  const { method, path } = planned("calendar", "delete", "a:b");
  assert.deepEqual([method, path], ["DELETE", "/calendar/a%3Ab"]);
});
