/**
 * Moment: instants as users see them: ISO 8601 in UTC, with milliseconds.
 * @module
 */

/** The last moment asked for: a new job's times are mostly the same one. */
const last = { ms: 0, text: new Date(0).toISOString() };

/** `ms` since 1970 as text. */
export function iso(ms: number): string {
  if (ms !== last.ms) {
    last.ms = ms;
    last.text = new Date(ms).toISOString();
  }
  return last.text;
}

/** The same, for what may not have come yet. */
export function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : iso(ms);
}
