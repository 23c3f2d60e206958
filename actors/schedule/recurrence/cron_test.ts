import assert from "node:assert/strict";
import fc from "fast-check";
import { cronTimes } from "./cron.ts";
import { InvalidRuleError } from "./occurrence.ts";

const DAY_MS = 86_400_000;

/** The first `count` times of `text` after a local time, as people write them, without the zeros. */
function timesOf(text: string, from: string, count: number): string[] {
  const times = cronTimes(text);
  const found: string[] = [];
  let at: number | null = Date.parse(`${from}Z`);
  while (found.length < count) {
    at = times.after(at);
    if (at === null) break;
    found.push(new Date(at).toISOString().replace(/(T00:00)?(:00)?\.000Z$/, ""));
  }
  return found;
}

Deno.test("after() is strictly after, by whole seconds", () => {
  const times = cronTimes("0 2 * * *");
  const two = Date.UTC(2027, 0, 1, 2);
  assert.equal(times.after(two - 1), two);
  assert.equal(times.after(two), two + DAY_MS);
  assert.equal(times.after(two + 1), two + DAY_MS);
});

Deno.test("cronTimes() takes five fields, and six with seconds first", () => {
  assert.deepEqual(timesOf("30 2 * * *", "2027-01-01", 2), [
    "2027-01-01T02:30",
    "2027-01-02T02:30",
  ]);
  assert.deepEqual(timesOf("15 30 2 * * *", "2027-01-01", 1), ["2027-01-01T02:30:15"]);
  assert.deepEqual(timesOf(" \t30  2 * * * ", "2027-01-01", 1), ["2027-01-01T02:30"]);
});

Deno.test("cronTimes() takes lists, ranges and steps", () => {
  assert.deepEqual(timesOf("0,30 8-9 * * *", "2027-01-01", 5), [
    "2027-01-01T08:00",
    "2027-01-01T08:30",
    "2027-01-01T09:00",
    "2027-01-01T09:30",
    "2027-01-02T08:00",
  ]);
  assert.deepEqual(timesOf("*/25 0 * * *", "2026-12-31T23:59", 4), [
    "2027-01-01",
    "2027-01-01T00:25",
    "2027-01-01T00:50",
    "2027-01-02",
  ]);
  assert.deepEqual(timesOf("10-40/15 0 * * *", "2027-01-01", 3), [
    "2027-01-01T00:10",
    "2027-01-01T00:25",
    "2027-01-01T00:40",
  ]);
});

Deno.test("cronTimes() takes names, in any case, and both numbers of Sunday", () => {
  assert.deepEqual(timesOf("0 0 1 feb,AUG *", "2027-01-01", 3), [
    "2027-02-01",
    "2027-08-01",
    "2028-02-01",
  ]);
  assert.deepEqual(timesOf("0 0 * * Mon-WED", "2027-01-01", 4), [
    "2027-01-04",
    "2027-01-05",
    "2027-01-06",
    "2027-01-11",
  ]);
  const sundays = ["2027-01-03", "2027-01-10"];
  for (const day of ["0", "7", "SUN"]) {
    assert.deepEqual(timesOf(`0 0 * * ${day}`, "2027-01-01", 2), sundays);
  }
});

Deno.test("cronTimes() takes L, LW and W for days of the month", () => {
  assert.deepEqual(timesOf("0 0 L * *", "2028-01-01", 3), [
    "2028-01-31",
    "2028-02-29",
    "2028-03-31",
  ]);
  // 2027-01-31 and 2027-02-28 are Sundays.
  assert.deepEqual(timesOf("0 0 LW * *", "2027-01-01", 2), ["2027-01-29", "2027-02-26"]);
  // 2027-05-15 is a Saturday, 2027-08-15 a Sunday; 2027-05-01 is a Saturday, and W stays in its month.
  assert.deepEqual(timesOf("0 0 15W 5,8 *", "2027-01-01", 2), ["2027-05-14", "2027-08-16"]);
  assert.deepEqual(timesOf("0 0 1W 5 *", "2027-01-01", 1), ["2027-05-03"]);
  assert.deepEqual(timesOf("0 0 L,15 * *", "2027-01-01", 2), ["2027-01-15", "2027-01-31"]);
});

Deno.test("cronTimes() takes # and L for days of the week", () => {
  assert.deepEqual(timesOf("0 0 * * 5#3", "2027-01-01", 2), ["2027-01-15", "2027-02-19"]);
  assert.deepEqual(timesOf("0 0 * * FRI#5", "2027-01-01", 2), ["2027-01-29", "2027-04-30"]);
  assert.deepEqual(timesOf("0 0 * * 5L", "2027-01-01", 2), ["2027-01-29", "2027-02-26"]);
});

Deno.test("cronTimes() matches either when both days are given", () => {
  assert.deepEqual(timesOf("0 0 13 * FRI", "2027-01-01", 4), [
    "2027-01-08",
    "2027-01-13",
    "2027-01-15",
    "2027-01-22",
  ]);
  assert.deepEqual(timesOf("0 0 ? * FRI", "2027-01-01", 2), ["2027-01-08", "2027-01-15"]);
  assert.deepEqual(timesOf("0 0 13 * ?", "2027-01-01", 2), ["2027-01-13", "2027-02-13"]);
});

Deno.test("cronTimes() takes macros", () => {
  for (
    const [macro, first, second] of [
      ["@hourly", "2027-02-03T05:00", "2027-02-03T06:00"],
      ["@daily", "2027-02-04", "2027-02-05"],
      ["@midnight", "2027-02-04", "2027-02-05"],
      ["@weekly", "2027-02-07", "2027-02-14"],
      ["@monthly", "2027-03-01", "2027-04-01"],
      ["@yearly", "2028-01-01", "2029-01-01"],
      ["@Annually", "2028-01-01", "2029-01-01"],
    ] as const
  ) {
    assert.deepEqual(timesOf(macro, "2027-02-03T04:05", 2), [first, second]);
  }
});

Deno.test("after() is null for a date that never comes, and ends with the year 2999", () => {
  for (const never of ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 31W 2 *"]) {
    assert.equal(cronTimes(never).after(Date.UTC(2027, 0, 1)), null);
  }
  assert.deepEqual(timesOf("0 0 29 2 *", "2096-03-01", 2), ["2104-02-29", "2108-02-29"]);
  assert.deepEqual(timesOf("0 0 1 1 *", "2998-06-01", 2), ["2999-01-01"]);
});

Deno.test("cronTimes() names the field that is wrong, and what it may hold", () => {
  for (
    const [text, ...words] of [
      ["99 * * * * *", "second", "99", "0 to 59"],
      ["60 * * * *", "minute", "60", "0 to 59"],
      ["*/0 * * * *", "minute", "*/0"],
      ["5/5 * * * *", "minute", "5/5"],
      ["1,,2 * * * *", "minute", "1,,2"],
      ["H * * * *", "minute", "H"],
      ["0 24 * * *", "hour", "24", "0 to 23"],
      ["0 22-2 * * *", "hour", "22-2"],
      ["0 0 32 * *", "day of month", "32", "1 to 31"],
      ["0 0 0 * *", "day of month", "0"],
      ["0 0 L-3 * *", "day of month", "L-3"],
      ["0 0 * 13 *", "month", "13", "JAN"],
      ["0 0 * JANUARY *", "month", "JANUARY"],
      ["0 0 * * 8", "day of week", "8", "SUN"],
      ["0 0 * * 1#6", "day of week", "1#6"],
      ["", "5", "0"],
      ["* * * *", "5", "4"],
      ["0 0 0 1 1 * 2027", "6", "7"],
      ["2027-01-01T00:00:00", "5", "1"],
      ["@reboot", "@reboot", "@daily"],
      ["@every 5m", "@every 5m", "@daily"],
    ] as const
  ) {
    assert.throws(
      () => cronTimes(text),
      (error) =>
        error instanceof InvalidRuleError && error.field === "cron" &&
        words.every((word) => error.message.includes(word)),
      text,
    );
  }
});

Deno.test("cronTimes() refuses any text that it does not take in few words", () => {
  fc.assert(fc.property(
    fc.oneof(
      fc.string({ maxLength: 300 }),
      fc.array(fc.string({ unit: fc.constantFrom(..."0123456789*/,-#LW?+@ ") }), { maxLength: 7 })
        .map((parts) => parts.join(" ")),
    ),
    (text) => {
      try {
        cronTimes(text).after(0);
      } catch (error) {
        assert.ok(error instanceof InvalidRuleError && error.message.length < 300);
      }
    },
  ));
});

/** A field that holds some of `min` to `max`: its text, and what it holds. */
function field(min: number, max: number): fc.Arbitrary<{ text: string; holds: Set<number> }> {
  const number = fc.integer({ min, max });
  const range = fc.tuple(number, number, fc.integer({ min: 1, max: max - min })).map(
    ([a, b, step]) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      const holds = [];
      for (let value = low; value <= high; value += step) holds.push(value);
      return { text: `${low}-${high}/${step}`, holds };
    },
  );
  const part = fc.oneof(number.map((value) => ({ text: `${value}`, holds: [value] })), range);
  return fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => ({
    text: parts.map(({ text }) => text).join(","),
    holds: new Set(parts.flatMap(({ holds }) => holds)),
  }));
}

Deno.test("after() is the first minute whose fields all match, either day being enough", () => {
  fc.assert(fc.property(
    fc.record({
      minute: field(0, 59),
      hour: field(0, 23),
      day: fc.option(field(1, 31)),
      month: fc.option(field(1, 12)),
      weekday: fc.option(field(0, 6)),
    }),
    fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2040, 0, 1) }),
    ({ minute, hour, day, month, weekday }, fromMs) => {
      const dayMatches = (date: Date) => {
        const byDay = day?.holds.has(date.getUTCDate());
        const byWeekday = weekday?.holds.has(date.getUTCDay());
        return byDay === undefined && byWeekday === undefined ? true : byDay || byWeekday;
      };
      let expected: number | null = null;
      const today = Math.floor(fromMs / DAY_MS) * DAY_MS;
      for (let at = today; at < today + 9 * 366 * DAY_MS && expected === null; at += DAY_MS) {
        const date = new Date(at);
        if (month?.holds.has(date.getUTCMonth() + 1) === false || !dayMatches(date)) continue;
        const ofDay = [...hour.holds].flatMap((h) => [...minute.holds].map((m) => h * 60 + m))
          .map((minutes) => at + minutes * 60_000).filter((ms) => ms > fromMs);
        if (ofDay.length > 0) expected = Math.min(...ofDay);
      }
      const text = [minute.text, hour.text, ...[day, month, weekday].map((f) => f?.text ?? "*")];
      assert.equal(cronTimes(text.join(" ")).after(fromMs), expected, text.join(" "));
    },
  ));
});
