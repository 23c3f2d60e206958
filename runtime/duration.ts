/**
 * Duration: reads the ways in which people write a span of time, as milliseconds.
 *
 * Intuition: numbers are milliseconds; text carries its unit (`250ms 30s 1.5h 7d`) or is ISO 8601
 * (`PT30S`, `P1DT12H`, `P2W`). Text without a unit is refused, because nobody can tell what it means,
 * and so are months and years, whose length depends on the calendar. A day is 24 hours.
 *
 * Invariants: D1. A result is an integer from 0 to {@link DURATION_MS_MAX}.
 * @module
 */

/** Longest duration: ten years, so that no sum of a date and a duration leaves the dates we accept by far. */
export const DURATION_MS_MAX = 3_653 * 86_400_000;

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SHORT = /^(\d{1,15}(?:\.\d{1,9})?)(ms|s|m|h|d)$/;
const ISO =
  /^P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,15}(?:\.\d{1,9})?)S)?)?$/;
const ISO_UNITS_MS = [7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1_000];
/** Longer text is no duration; it also keeps the patterns from meeting long input. */
const TEXT_CHARS_MAX = 64;

/** `value` in milliseconds, fractions rounded; undefined when it is no duration or too long (D1). */
export function parseDuration(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isInteger(value) ? bounded(value) : undefined;
  if (typeof value !== "string" || value.length > TEXT_CHARS_MAX) return undefined;
  const short = SHORT.exec(value);
  if (short !== null) return bounded(Number(short[1]) * (UNIT_MS[short[2] ?? ""] ?? NaN));
  return parseIso(value);
}

function parseIso(text: string): number | undefined {
  const parts = ISO.exec(text);
  // `P` and `P1DT` satisfy the pattern, but a designator must be followed by something.
  if (parts === null || text.length < 3 || text.endsWith("T")) return undefined;
  let totalMs = 0;
  for (const [at, unitMs] of ISO_UNITS_MS.entries()) totalMs += Number(parts[at + 1] ?? 0) * unitMs;
  return bounded(totalMs);
}

function bounded(ms: number): number | undefined {
  const whole = Math.round(ms);
  return whole >= 0 && whole <= DURATION_MS_MAX ? whole : undefined;
}
