/**
 * NextFire: the next occurrence that fires, past days on which none does.
 *
 * Intuition: a schedule of every second has 86,400 occurrences on a holiday. All that the wall clock shows
 * on an excluded date are excluded (O3 of zoned.ts), so the search goes on where the date ends.
 * @module
 */
import type { Occurrence, Recurrence } from "./occurrence.ts";
import { DAY_MS, timeZone } from "./zone.ts";

/** Occurrences looked at, about one a day: after that many the answer is that there is none. */
export const LOOKS_MAX = 1_000;

/** The first occurrence of a `recurrence` in `timezone` after `afterMs` that fires; null: none is found. */
export function nextFire(
  recurrence: Recurrence,
  { timezone, afterMs }: { readonly timezone: string; readonly afterMs: number },
): Occurrence | null {
  const zone = timeZone(timezone);
  let fromMs = afterMs;
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    const next = recurrence.after(fromMs);
    if (next === null || next.fires) return next;
    const dateEndsMs = (Math.floor(next.localMs / DAY_MS) + 1) * DAY_MS;
    const [endsAtMs = next.atMs] = next.note === "excluded" ? zone.instantsOf(dateEndsMs) : [];
    fromMs = Math.max(next.atMs, endsAtMs - 1);
  }
  return null;
}
