/**
 * Occurrences: what the ways of expanding a rule have in common.
 *
 * @module
 */
import { dayNumber } from "./calendar.ts";

/**
 * First day that is never looked at: 2201-01-01. Every instant that a schedule may name lies before
 * 2200 (T1 of gateway/schemas/instant.ts), whatever its zone, so nothing that could fire is lost,
 * and the search for a date that never comes ends.
 */
export const HORIZON_DAY = dayNumber({ year: 2201, month: 1, day: 1 });

/** The moments that match a rule, without bound by DTSTART, COUNT and UNTIL. */
export interface Occurrences {
  /**
   * The first moment at or after `second` (s since 1970 on a wall clock); null when there is none
   * before the horizon.
   */
  from(second: number): number | null;
}

/**
 * Which of `count` things BYSETPOS means by `position`, from 0; -1 when there are not so many.
 * Positions start at 1, or at -1 from the end.
 */
export function placeOf(position: number, count: number): number {
  const place = position > 0 ? position - 1 : count + position;
  return place < count ? Math.max(place, -1) : -1;
}
