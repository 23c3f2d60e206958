/**
 * Grid: the weeks, months or years that a rule with an INTERVAL repeats in.
 *
 * Intuition: the calendar's periods are numbered through, so that every n-th from DTSTART's on is a
 * matter of a division, however far away.
 *
 * Invariants: G1. Periods follow one another without gap or overlap: with BYWEEKNO, years are those
 *                 of weeks, which may begin or end some days beside January 1st.
 *
 * Source: RFC 5545 § 3.3.10 (INTERVAL, WKST).
 * @module
 */
import { dateOf, dayNumber, modulo, weekYearFirstDay, weekYearOf } from "./calendar.ts";

/** A way to number periods through (G1). */
export interface Periods {
  /** Number of the period that holds `day`. */
  numberOf(day: number): number;
  firstDay(number: number): number;
}

/** Weeks that start on the weekday `weekStart`. */
export function weeks(weekStart: number): Periods {
  return {
    numberOf: (day) => Math.floor((day + 3 - weekStart) / 7),
    firstDay: (number) => number * 7 - 3 + weekStart,
  };
}

/** Calendar months. */
export const MONTHS: Periods = {
  numberOf(day) {
    const { year, month } = dateOf(day);
    return year * 12 + month - 1;
  },
  firstDay: (number) =>
    dayNumber({ year: Math.floor(number / 12), month: modulo(number, 12) + 1, day: 1 }),
};

/** Calendar years. */
export const YEARS: Periods = {
  numberOf: (day) => dateOf(day).year,
  firstDay: (year) => dayNumber({ year, month: 1, day: 1 }),
};

/** Years as weeks are counted in: of 52 or 53 whole weeks. */
export function weekYears(weekStart: number): Periods {
  return {
    numberOf: (day) => weekYearOf(day, weekStart),
    firstDay: (year) => weekYearFirstDay(year, weekStart),
  };
}

/** Every `interval`-th of the periods, the one that holds `startDay` among them. Immutable. */
export class Grid {
  readonly #periods: Periods;
  readonly #start: number;
  readonly #interval: number;

  constructor(periods: Periods, { startDay, interval }: { startDay: number; interval: number }) {
    this.#periods = periods;
    this.#start = periods.numberOf(startDay);
    this.#interval = interval;
  }

  /** `day` itself when its period is on the grid; else the first day of the next that is. O(1). */
  from(day: number): number {
    const number = this.#periods.numberOf(day);
    const missing = modulo(this.#start - number, this.#interval);
    return missing === 0 ? day : this.#periods.firstDay(number + missing);
  }

  /** First day of the period that holds `day`, and the first after it. */
  bounds(day: number): { readonly first: number; readonly end: number } {
    const number = this.#periods.numberOf(day);
    return { first: this.#periods.firstDay(number), end: this.#periods.firstDay(number + 1) };
  }
}
