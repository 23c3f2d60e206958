import assert from "node:assert/strict";
import { parseParts, RRULE_CHARS_MAX } from "./parse.ts";
import { RruleError, type RruleParts } from "./parts.ts";

const DAILY: RruleParts = {
  FREQ: "DAILY",
  INTERVAL: 1,
  COUNT: null,
  UNTIL: null,
  WKST: 0,
  BYDAY: null,
  BYMONTH: null,
  BYWEEKNO: null,
  BYYEARDAY: null,
  BYMONTHDAY: null,
  BYHOUR: null,
  BYMINUTE: null,
  BYSECOND: null,
  BYSETPOS: null,
};

function refuses(cases: readonly (readonly [string, RegExp])[]): void {
  for (const [text, message] of cases) {
    assert.throws(() => parseParts(text), (error) => {
      assert.ok(error instanceof RruleError, text);
      assert.match(error.message, message, text);
      return true;
    });
  }
}

Deno.test("parseParts() reads every part, in any order and case, with and without RRULE:", () => {
  assert.deepEqual(parseParts("FREQ=DAILY"), DAILY);
  assert.deepEqual(parseParts(" rrule:freq=daily\n"), DAILY);
  assert.deepEqual(
    parseParts(
      "BYSETPOS=-1,+3;BYDAY=mo,-1fr,+20SU;WKST=SU;INTERVAL=12;COUNT=5;BYMONTH=12,1;BYWEEKNO=-53,1;" +
        "BYYEARDAY=366,-366;BYMONTHDAY=31,-31;BYHOUR=23,0;BYMINUTE=59,0;BYSECOND=59,00;FREQ=YEARLY",
    ),
    {
      FREQ: "YEARLY",
      INTERVAL: 12,
      COUNT: 5,
      UNTIL: null,
      WKST: 6,
      BYDAY: [
        { weekday: 0, ordinal: 0 },
        { weekday: 4, ordinal: -1 },
        { weekday: 6, ordinal: 20 },
      ],
      BYMONTH: [1, 12],
      BYWEEKNO: [-53, 1],
      BYYEARDAY: [-366, 366],
      BYMONTHDAY: [-31, 31],
      BYHOUR: [0, 23],
      BYMINUTE: [0, 59],
      BYSECOND: [0, 59],
      BYSETPOS: [-1, 3],
    },
  );
});

Deno.test("parseParts() takes a number that is listed twice once, in order", () => {
  assert.deepEqual(parseParts("FREQ=DAILY;BYHOUR=17,9,9,09").BYHOUR, [9, 17]);
  assert.deepEqual(parseParts("FREQ=DAILY;BYMONTHDAY=5,+5,-1").BYMONTHDAY, [-1, 5]);
});

Deno.test("parseParts() reads UNTIL as a whole day, a local time or a time in UTC", () => {
  const until = (value: string) => parseParts(`FREQ=DAILY;UNTIL=${value}`).UNTIL;
  assert.deepEqual(until("20271224"), { ms: Date.UTC(2027, 11, 24, 23, 59, 59), utc: false });
  assert.deepEqual(until("20271224T090000"), { ms: Date.UTC(2027, 11, 24, 9), utc: false });
  assert.deepEqual(until("20280229T235959Z"), { ms: Date.UTC(2028, 1, 29, 23, 59, 59), utc: true });
});

Deno.test("parseParts() refuses parts that are missing, unknown, empty or repeated", () => {
  refuses([
    ["", /empty part/],
    ["RRULE:", /empty part/],
    ["FREQ=DAILY;", /empty part/],
    ["INTERVAL=2", /FREQ is missing: write one of SECONDLY/],
    ["FREQ", /FREQ has no value/],
    ["FREQ=", /FREQ has no value/],
    ["FREQ=DAILY;BYHOUR=", /BYHOUR has no value/],
    ["FREQ=DAILY;FREQ=DAILY", /FREQ is there twice/],
    ["FREQ=DAILY;BYHOUR=1;byhour=2", /BYHOUR is there twice/],
    ["FREQ=DAILY; COUNT=3", /no part " COUNT"/],
    ["FREQ=DAILY;X-COLOUR=RED", /no part "X-COLOUR"/],
    ["FREQ=DAILY;BYEASTER=1", /no part "BYEASTER"/],
    ["FREQ=DAILY;CONSTRUCTOR=1", /no part "CONSTRUCTOR"/],
    ["FREQ=FORTNIGHTLY", /FREQ: "FORTNIGHTLY" is not one of/],
  ]);
});

Deno.test("parseParts() says where to put what is not part of a rule here", () => {
  refuses([
    ["DTSTART:20270101T090000\nRRULE:FREQ=DAILY", /`startAt`/],
    ["DTSTART;TZID=Europe/Berlin:20270101T090000\nRRULE:FREQ=DAILY", /`startAt`/],
    ["FREQ=DAILY;DTSTART=20270101T090000", /`startAt`/],
    ["EXDATE:20270101T090000\nRRULE:FREQ=DAILY", /`exclude`/],
    ["RSCALE=CHINESE;FREQ=YEARLY", /RSCALE .*not supported/],
    ["FREQ=MONTHLY;SKIP=FORWARD;BYMONTHDAY=31", /SKIP .*not supported/],
  ]);
});

Deno.test("parseParts() refuses numbers out of range, and what is none", () => {
  const lists: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["INTERVAL", ["0", "-1", "1.5", "x", "1000000001"], /INTERVAL: ".*" is not a whole number/],
    ["COUNT", ["0", "100001", "+5"], /COUNT: ".*" is not a whole number from 1 to 100000/],
    ["BYMONTH", ["0", "13", "-1", "JAN"], /BYMONTH: ".*" .* from 1 to 12/],
    ["BYWEEKNO", ["0", "54", "-54"], /BYWEEKNO: ".*" .* from 1 to 53 or -53 to -1/],
    ["BYYEARDAY", ["0", "367", "-367"], /BYYEARDAY: ".*" .* from 1 to 366 or -366 to -1/],
    ["BYMONTHDAY", ["0", "-0", "32", "-32", "1-5"], /BYMONTHDAY: ".*" .* or -31 to -1/],
    ["BYHOUR", ["24", "-1", "+1", " 1", "0x1"], /BYHOUR: ".*" .* from 0 to 23/],
    ["BYMINUTE", ["60", "1e1"], /BYMINUTE: ".*" .* from 0 to 59/],
    ["BYSECOND", ["60"], /BYSECOND: ".*" .* from 0 to 59/],
    ["BYSETPOS", ["0", "367", "-367"], /BYSETPOS: ".*" .* from 1 to 366/],
    ["BYDAY", ["MON", "XX", "0MO", "54MO", "1", "1 MO"], /BYDAY: ".*" is not/],
    ["WKST", ["1MO", "MONDAY", "MO,TU"], /WKST: ".*" is not one of MO/],
  ];
  for (const [name, values, message] of lists) {
    for (const value of values) refuses([[`FREQ=YEARLY;${name}=${value}`, message]]);
  }
  refuses([["FREQ=DAILY;BYHOUR=1,,2", /BYHOUR: "" is not/], [
    "FREQ=DAILY;BYHOUR=1,",
    /BYHOUR: ""/,
  ]]);
});

Deno.test("parseParts() refuses an UNTIL that no calendar has", () => {
  const [form, date, time] = [
    /is not a date like/,
    /date that does not exist/,
    /time that does not/,
  ];
  const cases: readonly (readonly [string, RegExp])[] = [
    ["2027-12-24", form],
    ["20271224T0900", form],
    ["20271224T090000+0100", form],
    ["20271224Z", form],
    ["20270229", date],
    ["20270431", date],
    ["20271301", date],
    ["20270100", date],
    ["20271224T240000", time],
    ["20271224T096000", time],
    ["20271231T235960Z", time],
  ];
  refuses(cases.map(([value, message]) => [`FREQ=DAILY;UNTIL=${value}`, message] as const));
});

Deno.test("parseParts() refuses a text that is too long, and quotes little of it", () => {
  const long = `FREQ=DAILY;BYHOUR=${"1,".repeat(RRULE_CHARS_MAX)}1`;
  refuses([[long, /has 8211 characters; at most 4096/]]);
  assert.throws(() => parseParts(`FREQ=DAILY;${"Z".repeat(4_000)}=1`), (error) => {
    return error instanceof RruleError && error.message.length < 100;
  });
});
