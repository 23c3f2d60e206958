/**
 * Silence: spans of time in which a rule's incidents begin without a notice.
 * @module
 */
import { timeZone } from "../schedule/recurrence/zone.ts";

/** One span: once, or every day, or on some weekdays. */
export type SilentSpan =
  | { readonly kind: "once"; readonly fromMs: number; readonly toMs: number }
  /** Local minutes of the day, the end excluded; a span whose end is not after its start runs past midnight. */
  | {
    readonly kind: "daily";
    /** Weekdays on which it begins, 0 is Sunday; all when empty. */
    readonly days: readonly number[];
    readonly fromMinute: number;
    readonly toMinute: number;
    readonly timezone: string;
  };

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
const DAY_MS = DAY_MINUTES * MINUTE_MS;
/** 1970-01-01 was a Thursday. */
const EPOCH_WEEKDAY = 4;

/**
 * Until when it is silent, ms; null: it is not. A change of the clock within a daily span may move its end
 * by as much: whoever wakes then asks again.
 */
export function silentUntil(spans: readonly SilentSpan[], nowMs: number): number | null {
  const ends = spans.map((span) => endOf(span, nowMs)).filter((ms) => ms !== null);
  return ends.length === 0 ? null : Math.max(...ends);
}

function endOf(span: SilentSpan, nowMs: number): number | null {
  if (span.kind === "once") return nowMs >= span.fromMs && nowMs < span.toMs ? span.toMs : null;
  const { days, fromMinute, toMinute, timezone } = span;
  const localMs = timeZone(timezone).localOf(nowMs);
  const length = (toMinute - fromMinute + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
  // It may have begun yesterday.
  for (const day of [Math.floor(localMs / DAY_MS), Math.floor(localMs / DAY_MS) - 1]) {
    const weekday = (((day + EPOCH_WEEKDAY) % 7) + 7) % 7;
    const sinceMs = localMs - (day * DAY_MS + fromMinute * MINUTE_MS);
    const begins = days.length === 0 || days.includes(weekday);
    if (begins && sinceMs >= 0 && sinceMs < length * MINUTE_MS) {
      return nowMs + length * MINUTE_MS - sinceMs;
    }
  }
  return null;
}
