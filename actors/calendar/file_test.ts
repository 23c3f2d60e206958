import assert from "node:assert/strict";
import fc from "fast-check";
import { readCalendar } from "./file.ts";
import { CALENDAR_DATES_MAX, isDate } from "./state.ts";

function datesOf(path: string, text: string): readonly string[] {
  const read = readCalendar(path, text);
  return read.ok ? read.dates : assert.fail(read.problem);
}

function problemOf(path: string, text: string): string {
  const read = readCalendar(path, text);
  return read.ok ? assert.fail(`read as ${read.dates}`) : read.problem;
}

/** A calendar of events, given by their lines. */
function ics(...events: (readonly string[])[]): string {
  const lines = events.flatMap((event) => ["BEGIN:VEVENT", ...event, "END:VEVENT"]);
  return ["BEGIN:VCALENDAR", "VERSION:2.0", ...lines, "END:VCALENDAR", ""].join("\r\n");
}

Deno.test("isDate() is true for dates that exist", () => {
  for (const date of ["2027-12-25", "2028-02-29", "1970-01-01"]) assert.ok(isDate(date), date);
  const none = ["2027-02-29", "2027-13-01", "2027-1-1", "20271225", "2027-12-25T00:00Z", ""];
  for (const text of none) assert.ok(!isDate(text), text);
});

Deno.test("readCalendar() takes a list of dates with comments, in any order and with repeats", () => {
  const text = "\uFEFF# Germany\r\n2027-12-26 # Boxing Day\n\n  2027-12-25\n2027-12-26\n";
  assert.deepEqual(datesOf("de.txt", text), ["2027-12-25", "2027-12-26"]);
});

Deno.test("readCalendar() takes a JSON array of dates", () => {
  assert.deepEqual(datesOf("a/DE.JSON", '["2027-12-26", "2027-12-25"]'), [
    "2027-12-25",
    "2027-12-26",
  ]);
});

Deno.test("readCalendar() takes whole-day events with their ends", () => {
  const text = ics(
    ["UID:1", "DTSTART;VALUE=DATE:20271225", "DTEND;VALUE=DATE:20271227", "SUMMARY:Christmas"],
    ["DTSTART;VALUE=DATE:20270101"],
    ["dtstart:20270501", "DURATION:P2D", "BEGIN:VALARM", "RRULE:FREQ=DAILY", "END:VALARM"],
    ["DTSTART;VALUE=DATE:20280228", "DTEND;VALUE=DATE:20280228"],
    ["DTSTART;VALUE=DATE:20290101", "STATUS:CANCELLED", "RRULE:FREQ=YEARLY"],
    ['DTSTART;X-A="a:b;c,d",e;VALUE=DATE:20300101', "SUMMARY:a\r\n  folded: line"],
  );
  assert.deepEqual(datesOf("de.ics", text), [
    "2027-01-01",
    "2027-05-01",
    "2027-05-02",
    "2027-12-25",
    "2027-12-26",
    "2028-02-28",
    "2030-01-01",
  ]);
});

Deno.test("readCalendar() joins folded lines before it reads them", () => {
  assert.deepEqual(datesOf("a.ics", ics(["DTSTART;VALUE=", " DATE:2027", "\t1225"])), [
    "2027-12-25",
  ]);
});

Deno.test("readCalendar() says what it does not understand, and on which line", () => {
  const event = (...lines: string[]) => ics(lines);
  const cases: [string, string, RegExp][] = [
    ["de.txt", "2027-12-25\n25.12.2027", /^line 2: not a date: 25\.12\.2027$/],
    ["de.txt", "# none\n", /^has no date$/],
    ["de.json", '{"dates": []}', /must hold a JSON array/],
    ["de.json", "[", /^is not JSON/],
    ["de.json", '["2027-12-25", 3]', /^\[1\] is not a date: 3$/],
    ["de.csv", "2027-12-25", /must end in \.ics, \.json or \.txt/],
    ["de", "2027-12-25", /must end in/],
    ["de.ics", "", /must begin with BEGIN:VCALENDAR/],
    ["de.ics", "2027-12-25", /^line 1: not iCalendar/],
    ["de.ics", "BEGIN:VEVENT", /^line 1: must begin with BEGIN:VCALENDAR/],
    ["de.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20271225", /breaks off within VEVENT/],
    ["de.ics", "BEGIN:VCALENDAR\nEND:VEVENT", /^line 2: ends VEVENT, which is not open/],
    ["de.ics", ics(), /^has no date$/],
    ["de.ics", event("SUMMARY:x"), /^line 3: the event has no DTSTART/],
    ["de.ics", event("DTSTART:20271225T090000Z"), /^line 4: DTSTART has a time of day/],
    ["de.ics", event("DTSTART;VALUE=DATE:20270230"), /^line 4: DTSTART is not a date/],
    ["de.ics", event("DTSTART:20271225", "DTEND:20271224"), /^line 5: DTEND lies before DTSTART/],
    ["de.ics", event("DTSTART:20271225", "DURATION:PT4H"), /^line 5: DURATION must be days/],
    ["de.ics", event("DTSTART:20271225", "RRULE:FREQ=YEARLY"), /^line 5: RRULE is not taken/],
    ["de.ics", event("DTSTART:19000101", "DTEND:20990101"), /has more than 5000 days/],
  ];
  for (const [path, text, expected] of cases) assert.match(problemOf(path, text), expected);
});

Deno.test("readCalendar() takes as many dates as a calendar may have", () => {
  const days = (count: number) =>
    Array.from(
      { length: count },
      (_, day) => new Date(day * 86_400_000).toISOString().slice(0, 10),
    );
  assert.equal(datesOf("a.json", JSON.stringify(days(CALENDAR_DATES_MAX))).length, 5_000);
  assert.match(problemOf("a.json", JSON.stringify(days(CALENDAR_DATES_MAX + 1))), /has 5001 dates/);
});

Deno.test("readCalendar() reads the same dates from each form of them", () => {
  const date = fc.date({ min: new Date(0), max: new Date("2999-12-31"), noInvalidDate: true })
    .map((at) => at.toISOString().slice(0, 10));
  fc.assert(fc.property(fc.array(date, { minLength: 1, maxLength: 50 }), (dates) => {
    const sorted = [...new Set(dates)].sort();
    assert.deepEqual(datesOf("a.txt", dates.join("\n")), sorted);
    assert.deepEqual(datesOf("a.json", JSON.stringify(dates)), sorted);
    const events = dates.map((day) => [`DTSTART;VALUE=DATE:${day.replaceAll("-", "")}`]);
    assert.deepEqual(datesOf("a.ics", ics(...events)), sorted);
  }));
});

Deno.test("readCalendar() survives every text", () => {
  const unit = fc.constantFrom(..." \r\n\t\0:;,\"'-#[]{}A27é");
  const text = fc.oneof(fc.string({ unit }), fc.string({ unit }).map((line) => ics([line])));
  fc.assert(fc.property(text, fc.constantFrom("a.ics", "a.txt", "a.json"), (text, path) => {
    const read = readCalendar(path, text);
    assert.ok(read.ok ? read.dates.length > 0 : read.problem.length > 0);
  }));
});
