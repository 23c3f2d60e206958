/**
 * RruleParts: the vocabulary of recurrence rules, and how a wrong one is refused.
 *
 * Source: RFC 5545 § 3.3.10.
 * @module
 */
import { InvalidRuleError } from "../occurrence.ts";

/** FREQ, from the shortest period to the longest. */
export const FREQUENCIES = [
  "SECONDLY",
  "MINUTELY",
  "HOURLY",
  "DAILY",
  "WEEKLY",
  "MONTHLY",
  "YEARLY",
] as const;

/** The period that a rule repeats in. */
export type Frequency = (typeof FREQUENCIES)[number];

/** The weekdays by their names, Monday first: the index is the weekday's number everywhere here. */
export const WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;

/** An element of BYDAY. */
export interface WeekdayChoice {
  /** 0 for Monday to 6 for Sunday. */
  readonly weekday: number;
  /** Which one of the month or year, negative from its end; 0: every one. */
  readonly ordinal: number;
}

/** UNTIL: the last moment that may be an occurrence, ms; `utc` is to be brought to local time. */
export interface Until {
  readonly ms: number;
  readonly utc: boolean;
}

/** The parts that are lists of whole numbers. Each is sorted and holds a number once; null: absent. */
export interface NumberLists {
  readonly BYMONTH: readonly number[] | null;
  readonly BYWEEKNO: readonly number[] | null;
  readonly BYYEARDAY: readonly number[] | null;
  readonly BYMONTHDAY: readonly number[] | null;
  readonly BYHOUR: readonly number[] | null;
  readonly BYMINUTE: readonly number[] | null;
  readonly BYSECOND: readonly number[] | null;
  readonly BYSETPOS: readonly number[] | null;
}

/** A rule as written: every number in range, the combination not yet judged. */
export interface RruleParts extends NumberLists {
  readonly FREQ: Frequency;
  readonly INTERVAL: number;
  readonly COUNT: number | null;
  readonly UNTIL: Until | null;
  /** First weekday of a week, 0 for Monday to 6 for Sunday. */
  readonly WKST: number;
  readonly BYDAY: readonly WeekdayChoice[] | null;
}

/** A rule that cannot be followed. The message is for the person who wrote it, and names the part. */
export class RruleError extends InvalidRuleError {
  constructor(message: string) {
    super("rrule", message);
  }
}
