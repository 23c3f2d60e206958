import assert from "node:assert/strict";
import { planCommand } from "./commands.ts";

function readText(path: string): string {
  if (path === "de.txt") return "2027-12-26\n2027-12-25 # Christmas\n";
  if (path === "broken.ics") return "BEGIN:VEVENT";
  throw new Error(`no such file: ${path}`);
}

function planned(...args: string[]) {
  const plan = planCommand(args, "http://node:1", readText);
  return plan.kind === "plan" ? plan : assert.fail(`no plan: ${plan.problem}`);
}

function problem(...args: string[]): string {
  const plan = planCommand(args, "http://node:1", readText);
  return plan.kind === "usage" ? plan.problem ?? "" : assert.fail("there is a plan");
}

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
  assert.equal(list.show({ calendars }), "at       file  1 dates\ngermany  api   12 dates");
  const get = planned("calendar", "get", "de");
  assert.deepEqual([get.method, get.path], ["GET", "/calendar/de"]);
  assert.equal(get.show({ dates: ["2027-12-25", "2027-12-26"] }), "2027-12-25\n2027-12-26");
  const { method, path } = planned("calendar", "delete", "a:b");
  assert.deepEqual([method, path], ["DELETE", "/calendar/a%3Ab"]);
});
