/**
 * Eventually: waits, with a bound, for something that a real process will come to by itself.
 *
 * Real processes give no signal for most of what they do; asking again every few ms is the honest way.
 * It is for tests with real I/O alone: unit tests have a virtual clock.
 * @module
 */

/** How often is asked unless told otherwise, ms. */
const EVERY_MS = 15;

/** Asks `probe` until it answers something else than undefined; rejects after `withinMs`. */
export async function eventually<Found>(
  probe: () => Promise<Found | undefined> | Found | undefined,
  { what, withinMs = 15_000, everyMs = EVERY_MS }: {
    readonly what: string | (() => string);
    readonly withinMs?: number;
    readonly everyMs?: number;
  },
): Promise<Found> {
  const untilMs = performance.now() + withinMs;
  while (true) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() > untilMs) {
      const text = typeof what === "string" ? what : what();
      throw new Error(`not within ${withinMs} ms: ${text}`);
    }
    await pause(everyMs);
  }
}

/** Lets `ms` pass, where passing time itself is what is tested. */
export function pause(ms: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, ms));
}
