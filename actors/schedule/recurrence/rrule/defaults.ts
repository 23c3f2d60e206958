/**
 * Defaults: what a rule leaves out is taken from DTSTART.
 *
 * Intuition: `FREQ=MONTHLY` from the 15th at 9:00 on means the 15th of every month at 9:00. Parts
 * shorter than the period that are absent are DTSTART's; longer ones are set by the period.
 *
 *   YEARLY   without any part of days: DTSTART's day, in the months of BYMONTH or else DTSTART's;
 *            with BYWEEKNO and none of days: DTSTART's weekday
 *   MONTHLY  without BYMONTHDAY and BYDAY: DTSTART's day of the month
 *   WEEKLY   without BYDAY: DTSTART's weekday
 *
 * Source: RFC 5545 § 3.3.10 ("Information, not contained in the rule…").
 * @module
 */
import { dateOf, weekdayOf } from "./calendar.ts";
import type { DayChoice } from "./days.ts";
import { FREQUENCIES, type Frequency, type RruleParts } from "./parts.ts";
import type { ClockFields } from "./times.ts";

/** The days of a rule from the day `startDay` on, with nothing left out. */
export function dayChoice(parts: RruleParts, startDay: number): DayChoice {
  const start = dateOf(startDay);
  const written: DayChoice = {
    months: parts.BYMONTH,
    weeks: parts.BYWEEKNO,
    yearDays: parts.BYYEARDAY,
    monthDays: parts.BYMONTHDAY,
    weekdays: parts.BYDAY,
    ordinalsIn: parts.FREQ === "YEARLY" && parts.BYMONTH === null ? "year" : "month",
    weekStart: parts.WKST,
  };
  const namesDays = [parts.BYYEARDAY, parts.BYMONTHDAY, parts.BYDAY].some((list) => list !== null);
  if (namesDays || rank(parts.FREQ) < rank("WEEKLY")) return written;
  if (parts.FREQ === "WEEKLY" || parts.BYWEEKNO !== null) {
    return { ...written, weekdays: [{ weekday: weekdayOf(startDay), ordinal: 0 }] };
  }
  const months = parts.FREQ === "YEARLY" ? parts.BYMONTH ?? [start.month] : parts.BYMONTH;
  return { ...written, months, monthDays: [start.day] };
}

/** The times of day of a rule whose DTSTART is at `startTime`, s since midnight. */
export interface DayTimes {
  /** When periods shorter than a day may start. */
  readonly starts: ClockFields;
  /** What is in a period: times of day, or of an hour or minute. */
  readonly content: ClockFields;
}

/** The times of a rule, with nothing left out. */
export function dayTimes(parts: RruleParts, startTime: number): DayTimes {
  const hour = Math.floor(startTime / 3_600);
  const minute = Math.floor(startTime / 60) % 60;
  const field = (shorterThan: Frequency, { written, start, count }: ClockField) =>
    rank(parts.FREQ) < rank(shorterThan)
      ? { starts: written ?? upTo(count), content: [0] }
      : { starts: [0], content: written ?? [start] };
  const hours = field("DAILY", { written: parts.BYHOUR, start: hour, count: 24 });
  const minutes = field("HOURLY", { written: parts.BYMINUTE, start: minute, count: 60 });
  const seconds = field("MINUTELY", {
    written: parts.BYSECOND,
    start: startTime % 60,
    count: 60,
  });
  return {
    starts: { hours: hours.starts, minutes: minutes.starts, seconds: seconds.starts },
    content: { hours: hours.content, minutes: minutes.content, seconds: seconds.content },
  };
}

interface ClockField {
  readonly written: readonly number[] | null;
  readonly start: number;
  readonly count: number;
}

function rank(frequency: Frequency): number {
  return FREQUENCIES.indexOf(frequency);
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}
