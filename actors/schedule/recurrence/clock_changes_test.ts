/** Every clock change of many zones: what a rule gives around it, against Temporal minute by minute. */
import assert from "node:assert/strict";
import { type DstPolicy, SCHEDULE_DEFAULTS } from "../spec.ts";
import type { Occurrence } from "./occurrence.ts";
import { recurrenceOf } from "./recurrence.ts";
import { type ClockChange, clockChanges, ZONES } from "./testing/clock_changes.ts";

const LONG = Deno.env.get("ORRERY_TESTS") === "long";
const MINUTE_MS = 60_000;
/** How far from a change rules are looked at, ms. */
const AROUND_MS = 2 * 3_600_000;
/** From the day that Samoa left out to the last year of the promise. */
const RANGE = { fromMs: Date.UTC(2011, 0, 1), toMs: Date.UTC(2036, 0, 1) };

/** Cron texts, and whether a local time matches: for every way in which times may lie in a change. */
const RULES:
  readonly (readonly [text: string, matches: (hour: number, minute: number) => boolean])[] = [
    ["* * * * *", () => true],
    ["0 * * * *", (_, minute) => minute === 0],
    ["*/20 * * * *", (_, minute) => minute % 20 === 0],
    ["7,53 0-3 * * *", (hour, minute) => hour <= 3 && (minute === 7 || minute === 53)],
    ["30 2 * * *", (hour, minute) => hour === 2 && minute === 30],
    ["45 0,1,23 * * *", (hour, minute) => [0, 1, 23].includes(hour) && minute === 45],
    ["0 0 * * *", (hour, minute) => hour === 0 && minute === 0],
  ];
const POLICIES: readonly DstPolicy[] = (["run-after", "skip"] as const).flatMap((gap) =>
  (["first", "last", "both"] as const).map((overlap) => ({ gap, overlap }))
);

/** A minute of a wall clock around a change, and when it is. */
interface LocalMinute {
  readonly localMs: number;
  readonly hour: number;
  readonly minute: number;
  /** Its instants; in a gap, the gap's end. */
  readonly instants: readonly number[];
  readonly inGap: boolean;
}

/** The minutes that wall clocks show around `change`, and those that they leave out. */
function minutesAround(zone: string, { atMs, beforeMs, afterMs }: ClockChange): LocalMinute[] {
  const minutes: LocalMinute[] = [];
  const toMs = atMs + Math.max(beforeMs, afterMs) + AROUND_MS;
  let localMs = atMs + Math.min(beforeMs, afterMs) - AROUND_MS;
  for (; localMs <= toMs; localMs += MINUTE_MS) {
    const local = Temporal.PlainDateTime.from(new Date(localMs).toISOString().slice(0, -1));
    const earlier = local.toZonedDateTime(zone, { disambiguation: "earlier" });
    const later = local.toZonedDateTime(zone, { disambiguation: "later" });
    const inGap = !earlier.toPlainDateTime().equals(local);
    const gapEnd = inGap ? earlier.getTimeZoneTransition("next") : null;
    minutes.push({
      localMs,
      hour: local.hour,
      minute: local.minute,
      instants: gapEnd !== null
        ? [gapEnd.epochMilliseconds]
        : [...new Set([earlier.epochMilliseconds, later.epochMilliseconds])],
      inGap,
    });
  }
  return minutes;
}

/** What the words of the API say that comes of these minutes, all of which the rule names. */
function expected(minutes: readonly LocalMinute[], dst: DstPolicy): Occurrence[] {
  const found = new Map<number, Occurrence>();
  for (const { localMs, instants, inGap } of minutes.filter((minute) => !minute.inGap)) {
    assert.ok(!inGap);
    const note = instants.length > 1 ? "dst-overlap" : null;
    const chosen = dst.overlap === "both"
      ? instants
      : [instants.at(dst.overlap === "first" ? 0 : -1)];
    for (const atMs of chosen) {
      if (atMs !== undefined) found.set(atMs, { atMs, localMs, note, fires: true });
    }
  }
  for (const { localMs, instants: [atMs] } of minutes.filter((minute) => minute.inGap)) {
    if (atMs === undefined || found.has(atMs)) continue;
    found.set(atMs, { atMs, localMs, note: "dst-gap", fires: dst.gap === "run-after" });
  }
  return [...found.values()].sort((a, b) => a.atMs - b.atMs);
}

/** What the program says comes from `fromMs` to `toMs`, both included. */
function actual(
  zone: string,
  { text, dst, fromMs, toMs }: { text: string; dst: DstPolicy; fromMs: number; toMs: number },
): Occurrence[] {
  const recurrence = recurrenceOf(
    { ...SCHEDULE_DEFAULTS, timezone: zone, dst, rule: { kind: "cron", text } },
    { anchorMs: 0, excluded: () => false },
  );
  const found: Occurrence[] = [];
  for (let afterMs = fromMs - 1;;) {
    const next = recurrence.after(afterMs);
    if (next === null || next.atMs > toMs) return found;
    found.push(next);
    afterMs = next.atMs;
  }
}

function checkChange(
  zone: string,
  change: ClockChange,
  { rules, policies }: { rules: typeof RULES; policies: readonly DstPolicy[] },
): void {
  const minutes = minutesAround(zone, change);
  const fromMs = change.atMs - AROUND_MS;
  const toMs = change.atMs + AROUND_MS;
  for (const [text, matches] of rules) {
    const named = minutes.filter(({ hour, minute }) => matches(hour, minute));
    for (const dst of policies) {
      assert.deepEqual(
        actual(zone, { text, dst, fromMs, toMs }),
        expected(named, dst).filter(({ atMs }) => atMs >= fromMs && atMs <= toMs),
        `${text} ${zone} ${dst.gap} ${dst.overlap} at ${new Date(change.atMs).toISOString()}`,
      );
    }
  }
}

Deno.test("after() gives what the policies say around every clock change to 2035", () => {
  const zones = LONG ? Intl.supportedValuesOf("timeZone") : ZONES;
  let checked = 0;
  for (const zone of zones) {
    const kinds = new Set<string>();
    for (const change of clockChanges(zone, RANGE)) {
      const kind = `${change.beforeMs} ${change.afterMs}`;
      // All is tried where a zone's clock is first changed like that; later, the default alone.
      const thorough = LONG || !kinds.has(kind);
      kinds.add(kind);
      checked++;
      checkChange(zone, change, {
        rules: thorough ? RULES : RULES.slice(1),
        policies: thorough ? POLICIES : [SCHEDULE_DEFAULTS.dst],
      });
    }
  }
  assert.ok(checked > 400, `${checked} clock changes`);
});
