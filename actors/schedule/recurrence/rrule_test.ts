import assert from "node:assert/strict";
import { parseRrule, RruleError } from "./rrule.ts";

const HOUR_MS = 3_600_000;
const START = "2027-01-31T09:00:00";

const msOf = (text: string) => Date.parse(text.endsWith("Z") ? text : `${text}Z`);
const textOf = (ms: number | null) => ms === null ? null : new Date(ms).toISOString().slice(0, 19);

function ruleOf(text: string, start = START) {
  return parseRrule(text, {
    startLocalMs: msOf(start),
    untilLocalMsOf: (utcMs) => utcMs + HOUR_MS,
  });
}

/** The first `count` occurrences; dates alone when they are all at 9:00. */
function firsts(text: string, { start = START, count = 5 } = {}): (string | null)[] {
  const rule = ruleOf(text, start);
  const found: (string | null)[] = [];
  let next = rule.after(-Infinity);
  while (next !== null && found.length < count) {
    found.push(textOf(next)?.replace("T09:00:00", "") ?? null);
    next = rule.after(next);
  }
  return found;
}

Deno.test("parseRrule() takes what a rule leaves out from DTSTART", () => {
  const start = "2027-03-15T07:08:09";
  const cases: readonly (readonly [string, string])[] = [
    ["FREQ=YEARLY", "2028-03-15T07:08:09"],
    ["FREQ=YEARLY;BYMONTH=5", "2027-05-15T07:08:09"],
    ["FREQ=YEARLY;BYWEEKNO=20", "2027-05-17T07:08:09"],
    ["FREQ=MONTHLY", "2027-04-15T07:08:09"],
    ["FREQ=WEEKLY", "2027-03-22T07:08:09"],
    ["FREQ=DAILY", "2027-03-16T07:08:09"],
    ["FREQ=DAILY;BYHOUR=20", "2027-03-15T20:08:09"],
    ["FREQ=HOURLY", "2027-03-15T08:08:09"],
    ["FREQ=HOURLY;BYMINUTE=30", "2027-03-15T07:30:09"],
    ["FREQ=MINUTELY", "2027-03-15T07:09:09"],
    ["FREQ=MINUTELY;BYHOUR=9", "2027-03-15T09:00:09"],
    ["FREQ=SECONDLY", "2027-03-15T07:08:10"],
    ["FREQ=SECONDLY;BYMINUTE=0", "2027-03-15T08:00:00"],
  ];
  for (const [text, expected] of cases) {
    assert.equal(textOf(ruleOf(text, start).after(msOf(start))), expected, text);
  }
});

Deno.test("a DTSTART that does not match is no occurrence, and COUNT does not count it", () => {
  assert.deepEqual(firsts("FREQ=WEEKLY;BYDAY=WE;COUNT=2"), ["2027-02-03", "2027-02-10"]);
  assert.deepEqual(firsts("FREQ=WEEKLY;BYDAY=SU;COUNT=2"), ["2027-01-31", "2027-02-07"]);
});

Deno.test("dates that a month does not have are left out, and not counted", () => {
  assert.deepEqual(firsts("FREQ=MONTHLY;COUNT=3"), ["2027-01-31", "2027-03-31", "2027-05-31"]);
  assert.deepEqual(firsts("FREQ=YEARLY;COUNT=3", { start: "2096-02-29T09:00:00" }), [
    "2096-02-29",
    "2104-02-29",
    "2108-02-29",
  ]);
});

Deno.test("UNTIL is inclusive: a day as a whole, a time to the second, UTC through the zone", () => {
  const last = (until: string) => firsts(`FREQ=DAILY;UNTIL=${until}`).at(-1);
  assert.equal(last("20270202"), "2027-02-02");
  assert.equal(last("20270202T090000"), "2027-02-02");
  assert.equal(last("20270202T085959"), "2027-02-01");
  assert.equal(last("20270202T080000Z"), "2027-02-02");
  assert.equal(last("20270202T075959Z"), "2027-02-01");
  assert.equal(last("20270101"), undefined);
});

Deno.test("a DTSTART between two seconds means the later one", () => {
  const rule = ruleOf("FREQ=DAILY", "2027-01-31T09:00:00.001");
  assert.equal(textOf(rule.after(-Infinity)), "2027-01-31T09:00:01");
});

Deno.test("after() is strictly after, to the millisecond (R1)", () => {
  const rule = ruleOf("FREQ=DAILY");
  const second = msOf("2027-02-01T09:00:00");
  assert.equal(rule.after(second - 1), second);
  assert.equal(textOf(rule.after(second)), "2027-02-02T09:00:00");
  assert.equal(textOf(rule.after(second + 999)), "2027-02-02T09:00:00");
});

Deno.test("FREQ=YEARLY with BYMONTHDAY alone means every month", () => {
  assert.deepEqual(firsts("FREQ=YEARLY;BYMONTHDAY=1", { count: 3 }), [
    "2027-02-01",
    "2027-03-01",
    "2027-04-01",
  ]);
});

Deno.test("the years of BYWEEKNO are those of weeks, also for INTERVAL and BYSETPOS", () => {
  const start = "2018-12-31T09:00:00";
  assert.deepEqual(firsts("FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1;BYDAY=MO", { start, count: 3 }), [
    "2018-12-31",
    "2021-01-04",
    "2023-01-02",
  ]);
  assert.deepEqual(firsts("FREQ=YEARLY;BYWEEKNO=1,53;BYDAY=MO;BYSETPOS=-1", { start, count: 3 }), [
    "2018-12-31",
    "2020-12-28",
    "2021-01-04",
  ]);
});

Deno.test("week 53 is only in years that have one", () => {
  assert.deepEqual(firsts("FREQ=YEARLY;BYWEEKNO=53;BYDAY=TH", { count: 3 }), [
    "2032-12-30",
    "2037-12-31",
    "2043-12-31",
  ]);
});

Deno.test("BYMONTH limits the days of a weekly rule, not its weeks", () => {
  assert.deepEqual(firsts("FREQ=WEEKLY;BYMONTH=3;BYDAY=MO,SU", { count: 4 }), [
    "2027-03-01",
    "2027-03-07",
    "2027-03-08",
    "2027-03-14",
  ]);
});

Deno.test("numbered weekdays limit the days of BYMONTHDAY, plain ones join them", () => {
  assert.deepEqual(firsts("FREQ=MONTHLY;BYMONTHDAY=1;BYDAY=1MO", { count: 2 }), [
    "2027-02-01",
    "2027-03-01",
  ]);
  assert.deepEqual(firsts("FREQ=MONTHLY;BYDAY=1MO,-1TU,SU", { count: 4 }), [
    "2027-01-31",
    "2027-02-01",
    "2027-02-07",
    "2027-02-14",
  ]);
});

Deno.test("BYSETPOS counts in the whole period, days with times, also before DTSTART", () => {
  const start = "2027-01-13T09:00:00";
  assert.deepEqual(firsts("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2,-1", { start, count: 3 }), [
    "2027-01-13",
    "2027-01-15",
    "2027-01-20",
  ]);
  assert.deepEqual(firsts("FREQ=MONTHLY;BYDAY=1MO;BYHOUR=8,9;BYSETPOS=2;COUNT=2", { start }), [
    "2027-02-01",
    "2027-03-01",
  ]);
  assert.deepEqual(firsts("FREQ=DAILY;BYHOUR=8,9,10;BYSETPOS=-2;COUNT=1", { start }), [
    "2027-01-13",
  ]);
  assert.deepEqual(firsts("FREQ=MINUTELY;BYHOUR=9;BYSECOND=0,30;BYSETPOS=3", { start }), []);
});

Deno.test("a place that two positions mean is one occurrence", () => {
  assert.deepEqual(firsts("FREQ=MONTHLY;BYMONTHDAY=31,-1;BYSETPOS=1,-1;COUNT=3"), [
    "2027-01-31",
    "2027-02-28",
    "2027-03-31",
  ]);
});

Deno.test("after() lands on the same grid far away as step by step", () => {
  const far = msOf("2199-01-01T00:00:00");
  const texts = [
    "FREQ=YEARLY;INTERVAL=4",
    "FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1;WKST=WE",
    "FREQ=MONTHLY;INTERVAL=7;BYDAY=-1FR",
    "FREQ=MONTHLY;INTERVAL=5;BYDAY=MO,TU;BYSETPOS=-1",
    "FREQ=WEEKLY;INTERVAL=13;WKST=SU",
    "FREQ=DAILY;INTERVAL=1000",
    "FREQ=HOURLY;INTERVAL=99;BYDAY=MO",
    "FREQ=SECONDLY;INTERVAL=86401",
  ];
  for (const text of texts) {
    const rule = ruleOf(text);
    let walked = rule.after(-Infinity);
    while (walked !== null && walked <= far) walked = rule.after(walked);
    assert.notEqual(walked, null, text);
    assert.equal(rule.after(far), walked, text);
  }
});

Deno.test("a rule that never matches ends, and so does one past the horizon (R2, R3)", () => {
  const never = [
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=YEARLY;BYDAY=MO;BYSETPOS=366",
    "FREQ=YEARLY;BYMONTHDAY=1;BYYEARDAY=366",
    "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
    "FREQ=YEARLY;INTERVAL=1000000000;BYMONTH=1;BYMONTHDAY=30",
    "FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=31",
    "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=300",
    "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
    "FREQ=HOURLY;BYYEARDAY=366;BYMONTHDAY=1",
    "FREQ=MINUTELY;INTERVAL=1440;BYHOUR=5",
    "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=SECONDLY;INTERVAL=60;BYSECOND=31",
    "FREQ=SECONDLY;BYSECOND=0;BYSETPOS=2",
    "FREQ=SECONDLY;INTERVAL=86401;BYYEARDAY=366;BYMONTHDAY=1",
  ];
  for (const text of never) {
    assert.equal(ruleOf(text).after(-Infinity), null, text);
    assert.equal(ruleOf(`${text};COUNT=100000`).after(-Infinity), null, text);
  }
  for (const frequency of ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "SECONDLY"]) {
    const rule = ruleOf(`FREQ=${frequency}`);
    assert.equal(rule.after(msOf("2200-12-31T23:59:59")), null, frequency);
    assert.equal(rule.after(msOf("2300-01-31T08:00:00")), null, frequency);
    assert.equal(rule.after(Infinity), null, frequency);
  }
});

Deno.test("a rule that matches once in centuries is found", () => {
  assert.equal(
    firsts("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", { count: 1 })[0],
    "2044-02-29",
  );
  const shifting = "FREQ=SECONDLY;INTERVAL=86399;BYHOUR=8;BYMINUTE=59;BYSECOND=0";
  assert.deepEqual(firsts(shifting, { count: 2 }), ["2027-04-01T08:59:00"]);
});

Deno.test("COUNT may be as large as its bound", () => {
  const rule = ruleOf("FREQ=MINUTELY;COUNT=100000");
  const last = msOf(START) + 99_999 * 60_000;
  assert.equal(rule.after(last - 1), last);
  assert.equal(rule.after(last), null);
});

Deno.test("parseRrule() refuses what cannot be followed", () => {
  for (const text of ["FREQ=DAILY;BYHOUR=24", "FREQ=WEEKLY;BYMONTHDAY=1", "every day"]) {
    assert.throws(() => ruleOf(text), RruleError);
  }
});
