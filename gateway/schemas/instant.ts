/**
 * Instant: reads ISO 8601 dates with a time and a zone, strictly.
 *
 * Intuition: a job that runs at the wrong moment because a date was guessed at is worse than a
 * refusal. So the zone is required, and dates that no calendar has (February 30, 25 o'clock, leap
 * seconds) are refused instead of rolled over. Fractions beyond milliseconds are rounded up: jobs
 * start late rather than early.
 *
 * Invariants: T1. A result lies in the years 1970 to 2199. T2. It is never before the written instant.
 * @module
 */

/** First moment after the accepted years: 2200-01-01 UTC, ms. */
export const INSTANT_MS_END = Date.UTC(2200, 0, 1);

const PATTERN =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})$/;
const OFFSET_MINUTES_MAX = 18 * 60;

/** `text` as ms since 1970; undefined when it is not such a date (T1, T2). */
export function parseInstant(text: string): number | undefined {
  const parts = PATTERN.exec(text);
  if (parts === null) return undefined;
  const number = (at: number): number => Number(parts[at] ?? 0);
  const [year, month, day] = [number(1), number(2), number(3)];
  const [hour, minute, second] = [number(4), number(5), number(6)];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const midnight = new Date(Date.UTC(year, month - 1, day));
  const exists = midnight.getUTCFullYear() === year && midnight.getUTCMonth() === month - 1 &&
    midnight.getUTCDate() === day;
  const offset = offsetMinutes(parts[8] ?? "");
  if (!exists || offset === undefined) return undefined;
  const fractionMs = Math.ceil(Number((parts[7] ?? "").padEnd(9, "0")) / 1e6);
  const ms = midnight.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1_000 +
    fractionMs;
  return ms >= 0 && ms < INSTANT_MS_END ? ms : undefined;
}

function offsetMinutes(zone: string): number | undefined {
  if (zone === "Z") return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(4, 6))];
  const total = hours * 60 + minutes;
  if (minutes > 59 || total > OFFSET_MINUTES_MAX) return undefined;
  return zone.startsWith("-") ? -total : total;
}
