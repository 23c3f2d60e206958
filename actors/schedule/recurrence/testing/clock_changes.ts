/**
 * ClockChanges: when and how the clocks of zones are changed, by Temporal, of which the program makes
 * no use: the measure for its own idea of zones.
 * @module
 */

/** Zones of every kind: half an hour, a skipped day, negative DST, Ramadan, no change at all. */
export const ZONES: readonly string[] = [
  "Africa/Cairo",
  "Africa/Casablanca",
  "America/Caracas",
  "America/New_York",
  "America/Nuuk",
  "America/Sao_Paulo",
  "Antarctica/Troll",
  "Asia/Kathmandu",
  "Asia/Pyongyang",
  "Asia/Tehran",
  "Australia/Lord_Howe",
  "Europe/Berlin",
  "Europe/Dublin",
  "Pacific/Apia",
  "Pacific/Chatham",
  "UTC",
];

/** A clock is changed. */
export interface ClockChange {
  readonly atMs: number;
  /** Local time minus UTC before and after, ms. */
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** Every change of the offset of `zone` after `fromMs`, up to `toMs`. */
export function clockChanges(
  zone: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): ClockChange[] {
  const changes: ClockChange[] = [];
  let at = Temporal.Instant.fromEpochMilliseconds(fromMs).toZonedDateTimeISO(zone);
  for (;;) {
    const next = at.getTimeZoneTransition("next");
    if (next === null || next.epochMilliseconds > toMs) return changes;
    const beforeMs = next.subtract({ milliseconds: 1 }).offsetNanoseconds / 1e6;
    const afterMs = next.offsetNanoseconds / 1e6;
    if (beforeMs !== afterMs) changes.push({ atMs: next.epochMilliseconds, beforeMs, afterMs });
    at = next;
  }
}
