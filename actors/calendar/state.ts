/**
 * CalendarState: the dates of one named calendar, kept by an actor of their own.
 *
 * Intuition: schedules name calendars and don't hold their dates, so that next year's holidays are
 * put in one place and heeded by all.
 * @module
 */

/** A calendar's dates; they are all of its state. */
export interface CalendarState {
  readonly name: string;
  /** Local dates, `2027-12-25`: in order, none twice; at most `CALENDAR_DATES_MAX`. */
  readonly dates: readonly string[];
  /** When it was deleted, ms; null: it is there. */
  readonly deletedAtMs: number | null;
}

/** What a calendar can be told. A `set` brings back one that was deleted. */
export type CalendarMessage =
  | { readonly kind: "set"; readonly dates: readonly string[] }
  | { readonly kind: "delete" };

/** What a calendar answers. */
export type CalendarReply = { readonly kind: "done" };

/** Dates of one calendar: more than ten years of weekends and holidays, some 60 KB. */
export const CALENDAR_DATES_MAX = 5_000;

const PATTERN = /^(\d{4})-(\d{2})-(\d{2})$/;

/** Tells whether `text` is a date that exists, like `2027-12-25`. */
export function isDate(text: string): boolean {
  const [, year, month, day] = PATTERN.exec(text) ?? [];
  if (year === undefined) return false;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return date.toISOString().startsWith(`${text}T`);
}

/** The dates in order, each once. */
export function inOrder(dates: Iterable<string>): readonly string[] {
  return [...new Set(dates)].sort();
}
