import assert from "node:assert/strict";
import {
  dateOf,
  dayNumber,
  isLeapYear,
  modulo,
  monthLength,
  weekdayOf,
  weekFirstDay,
  weekYearFirstDay,
  weekYearOf,
} from "./calendar.ts";

const DAY_MS = 86_400_000;

Deno.test("dateOf(), dayNumber() and weekdayOf() agree with Date on every day of 400 years", () => {
  for (let day = dayNumber({ year: 1899, month: 12, day: 25 }); day < 120_000; day++) {
    const date = new Date(day * DAY_MS);
    const expected = {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
    };
    assert.deepEqual(dateOf(day), expected);
    assert.equal(dayNumber(expected), day);
    assert.equal(weekdayOf(day), (date.getUTCDay() + 6) % 7);
  }
});

Deno.test("monthLength() and isLeapYear() know the centuries", () => {
  assert.deepEqual([1900, 2000, 2024, 2026, 2100].map(isLeapYear), [
    false,
    true,
    true,
    false,
    false,
  ]);
  for (const year of [2024, 2026, 2100]) {
    for (let month = 1; month <= 12; month++) {
      assert.equal(monthLength(year, month), new Date(Date.UTC(year, month, 0)).getUTCDate());
    }
  }
});

Deno.test("weekYearFirstDay() is ISO 8601's when weeks start on Monday", () => {
  const firsts = [2018, 2019, 2020, 2021, 2026].map((year) =>
    new Date(weekYearFirstDay(year, 0) * DAY_MS).toISOString().slice(0, 10)
  );
  assert.deepEqual(firsts, ["2018-01-01", "2018-12-31", "2019-12-30", "2021-01-04", "2025-12-29"]);
});

Deno.test("a week belongs to the year of its fourth day, whatever day it starts on", () => {
  for (let weekStart = 0; weekStart < 7; weekStart++) {
    for (let year = 2015; year < 2045; year++) {
      const first = weekYearFirstDay(year, weekStart);
      assert.equal(weekdayOf(first), weekStart);
      assert.equal(weekFirstDay(first + 6, weekStart), first);
      assert.equal(weekYearOf(first, weekStart), year);
      assert.equal(weekYearOf(first - 1, weekStart), year - 1);
      assert.equal(dateOf(first + 3).year, year);
    }
  }
});

Deno.test("modulo() is never negative", () => {
  assert.deepEqual([-8, -7, -1, 0, 6, 7].map((value) => modulo(value, 7)), [6, 0, 6, 0, 6, 0]);
});
