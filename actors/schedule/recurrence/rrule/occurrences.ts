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
 * What BYSETPOS chooses of `count` moments, in order; `at` gives them, from 0. Positions start at 1,
 * or at -1 from the end, and are in the order of {@link byDistance}: those that are further from
 * either end than there are moments choose nothing. Cost: O(chosen).
 */
export function choose(
  positions: readonly number[],
  { count, at }: { readonly count: number; readonly at: (place: number) => number },
): number[] {
  const moments: number[] = [];
  for (const position of positions) {
    if (Math.abs(position) > count) break;
    moments.push(at(position > 0 ? position - 1 : count + position));
  }
  return moments.sort((a, b) => a - b);
}

/** Positions in the order in which {@link choose} takes them: those nearest to an end first. */
export function byDistance(positions: readonly number[]): readonly number[] {
  return [...positions].sort((a, b) => Math.abs(a) - Math.abs(b));
}

/** The first of `sorted` that is not less than `min`; undefined for none. Cost: O(log n). */
export function firstFrom(sorted: readonly number[], min: number): number | undefined {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < min) low = middle + 1;
    else high = middle;
  }
  return sorted[low];
}
