/**
 * Rrule: recurrence rules of RFC 5545 on a wall clock.
 *
 * Intuition: a rule is read once (parse.ts), its combination judged (combinations.ts), what it
 * leaves out is taken from DTSTART (defaults.ts), and then any moment can be asked for the next
 * occurrence, without going through those before it.
 *
 * Where the RFC leaves a choice:
 *   - DTSTART is an occurrence only if it matches the rule, and COUNT counts those that match. (The
 *     RFC has an event happen at its DTSTART in any case, and calls the two in disagreement
 *     undefined. A schedule that starts on Wednesday and says Mondays does not mean Wednesday.)
 *   - Dates and times that do not exist in a month are left out, and not counted.
 *   - UNTIL as a date includes that whole day.
 *   - `FREQ=YEARLY;BYMONTHDAY=1` means each month's first, as the RFC's table has it.
 *   - With BYWEEKNO, the years of `FREQ=YEARLY` are those of weeks: the Monday of week 1 may lie in
 *     December.
 *   - BYMONTH limits the days of a weekly rule, not its weeks.
 *   - BYSETPOS counts in the whole period, also in what of the first one lies before DTSTART.
 *   - A DTSTART between two seconds means the later one: nothing happens before it.
 *
 * Invariants:
 *   R1. `after` is strictly after, and the same whatever was asked before.
 *   R2. No occurrence is before DTSTART, after UNTIL, beyond the COUNT-th, or after the year 2200
 *       (occurrences.ts says why there is such a horizon).
 *   R3. Every call ends: after the horizon at the latest.
 *
 * Not here: time zones, gaps and overlaps of daylight saving time, excluded dates.
 * Source: RFC 5545 § 3.3.10, § 3.8.5.3.
 * @module
 */
import type { RuleTimes } from "./occurrence.ts";
import { DAY_SECONDS, modulo } from "./rrule/calendar.ts";
import { checkCombination } from "./rrule/combinations.ts";
import { DayFilter } from "./rrule/days.ts";
import { dayChoice, dayTimes } from "./rrule/defaults.ts";
import { Grid, MONTHS, type Periods, weeks, weekYears, YEARS } from "./rrule/grid.ts";
import type { Occurrences } from "./rrule/occurrences.ts";
import { parseParts } from "./rrule/parse.ts";
import type { RruleParts } from "./rrule/parts.ts";
import { spanOccurrences } from "./rrule/spans.ts";
import { StepOccurrences } from "./rrule/steps.ts";
import { ClockTimes } from "./rrule/times.ts";

export { RruleError } from "./rrule/parts.ts";

/** What a rule is relative to. */
export interface RruleOptions {
  /** DTSTART on the wall clock, ms. */
  readonly startLocalMs: number;
  /** The wall clock's time at an instant, both ms: for an UNTIL in UTC. */
  untilLocalMsOf(utcMs: number): number;
}

/**
 * Reads the value of an RRULE, e.g. `FREQ=MONTHLY;BYDAY=-1FR`. Throws `RruleError` for one that
 * cannot be followed. Cost: 10 µs. With COUNT, its occurrences are counted here, once: about 0.3 µs
 * each, 4 µs where steps of an odd INTERVAL rarely meet BYSECOND or BYMINUTE. Each `after` gives a
 * whole second, in 0.2 to 7 µs for rules that people write, 30 µs with BYSETPOS in a year, 10 ms at
 * most, for one that matches (almost) nothing (R1, R2).
 */
export function parseRrule(text: string, options: RruleOptions): RuleTimes {
  const parts = parseParts(text);
  checkCombination(parts);
  const start = Math.ceil(options.startLocalMs / 1_000);
  const occurrences = expand(parts, start);
  const last = Math.min(
    untilSecond(parts, options),
    parts.COUNT === null ? Infinity : lastOf(occurrences, { start, count: parts.COUNT }),
  );
  return {
    after(localMs) {
      const second = Math.max(start, Math.floor(localMs / 1_000) + 1);
      const found = second > last ? null : occurrences.from(second);
      return found === null || found > last ? null : found * 1_000;
    },
  };
}

const STEP_SECONDS = { SECONDLY: 1, MINUTELY: 60, HOURLY: 3_600, DAILY: DAY_SECONDS } as const;

function expand(parts: RruleParts, start: number): Occurrences {
  const startDay = Math.floor(start / DAY_SECONDS);
  const days = new DayFilter(dayChoice(parts, startDay));
  const times = dayTimes(parts, modulo(start, DAY_SECONDS));
  const content = new ClockTimes(times.content);
  const positions = parts.BYSETPOS;
  const spanOf = (periods: Periods): Occurrences => {
    const grid = new Grid(periods, { startDay, interval: parts.INTERVAL });
    return spanOccurrences({ grid, days, times: content, positions });
  };
  switch (parts.FREQ) {
    case "YEARLY":
      return spanOf(parts.BYWEEKNO === null ? YEARS : weekYears(parts.WKST));
    case "MONTHLY":
      return spanOf(MONTHS);
    case "WEEKLY":
      return spanOf(weeks(parts.WKST));
    default:
      return new StepOccurrences({
        periodSeconds: STEP_SECONDS[parts.FREQ],
        interval: parts.INTERVAL,
        start,
        days,
        starts: new ClockTimes(times.starts),
        content,
        positions,
      });
  }
}

function untilSecond({ UNTIL }: RruleParts, options: RruleOptions): number {
  if (UNTIL === null) return Infinity;
  return Math.floor((UNTIL.utc ? options.untilLocalMsOf(UNTIL.ms) : UNTIL.ms) / 1_000);
}

/** The `count`-th occurrence, or the last one when there are fewer. */
function lastOf(
  occurrences: Occurrences,
  { start, count }: { readonly start: number; readonly count: number },
): number {
  let last = -Infinity;
  let next = occurrences.from(start);
  for (let seen = 1; next !== null; seen++) {
    last = next;
    if (seen === count) break;
    next = occurrences.from(last + 1);
  }
  return last;
}
