/**
 * Recurrence: all the nominal times of a schedule, from its spec.
 *
 * A cron and an rrule name local times, which the zone turns into instants by the DST policy. An
 * `every` names instants, which no clock change moves; the zone says only what local date they have.
 *
 * Invariants:
 *   T1. `after` is strictly after, and asking again from each answer gives the same occurrences
 *       whatever the first question was.
 *   T2. Nothing before `startAtMs` or after `endAtMs`; both may be occurrences. Nothing before 1970
 *       or after the year 2999.
 *
 * Not here: the bound by `count`, jitter, and what is done about occurrences (the schedule's
 * behaviour). Times before the schedule was created are named, for backfills; `every` and rrules
 * without `startAtMs` begin at its creation.
 * @module
 */
import type { ScheduleSpec } from "../spec.ts";
import { cronTimes } from "./cron.ts";
import { everyTimes } from "./every.ts";
import type { Recurrence, RuleTimes } from "./occurrence.ts";
import { parseRrule } from "./rrule.ts";
import { type TimeZone, timeZone } from "./zone.ts";
import { zonedRecurrence } from "./zoned.ts";

/** The first instant that may be an occurrence, ms (T2). */
const EARLIEST_MS = 0;
/** The last one, ms: cron texts are searched no farther. */
const LATEST_MS = Date.UTC(3000, 0, 1) - 1;

/** What makes a rule when it is read. */
export type RecurrenceSpec = Pick<
  ScheduleSpec,
  "rule" | "timezone" | "startAtMs" | "endAtMs" | "dst" | "exclude"
>;

/** What the spec alone does not say. */
export interface RecurrenceContext {
  /** When the schedule was created, ms: where it begins unless `startAtMs` says so. */
  readonly anchorMs: number;
  /** Tells whether one of the spec's calendars excludes the local date (`2027-12-25`). */
  readonly excluded: (localDate: string) => boolean;
}

/** The nominal times of `spec`. Throws InvalidRuleError when its rule or zone is not understood. */
export function recurrenceOf(spec: RecurrenceSpec, context: RecurrenceContext): Recurrence {
  const zone = timeZone(spec.timezone);
  const dates = new Set(spec.exclude.dates);
  const excluded = (localMs: number): boolean => {
    const date = new Date(localMs).toISOString().slice(0, "yyyy-mm-dd".length);
    return dates.has(date) || context.excluded(date);
  };
  const recurrence = spec.rule.kind === "every"
    ? steadyRecurrence(timesOf(spec, zone, context), { zone, excluded })
    : zonedRecurrence(timesOf(spec, zone, context), { zone, dst: spec.dst, excluded });
  return bounded(recurrence, spec);
}

function timesOf(spec: RecurrenceSpec, zone: TimeZone, context: RecurrenceContext): RuleTimes {
  const { rule, startAtMs } = spec;
  switch (rule.kind) {
    case "cron":
      return cronTimes(rule.text);
    case "every":
      return everyTimes({
        firstMs: startAtMs ?? context.anchorMs + rule.everyMs,
        everyMs: rule.everyMs,
      });
    case "rrule":
      return parseRrule(rule.text, {
        startLocalMs: zone.localOf(startAtMs ?? context.anchorMs),
        untilLocalMsOf: (utcMs) => zone.localOf(utcMs),
      });
  }
}

/** The occurrences of `instants`. */
function steadyRecurrence(
  instants: RuleTimes,
  { zone, excluded }: {
    readonly zone: TimeZone;
    readonly excluded: (localMs: number) => boolean;
  },
): Recurrence {
  return {
    after(afterMs) {
      const atMs = instants.after(afterMs);
      if (atMs === null || atMs > LATEST_MS) return null;
      const localMs = zone.localOf(atMs);
      const out = excluded(localMs);
      return { atMs, localMs, note: out ? "excluded" : null, fires: !out };
    },
  };
}

/** `recurrence` within the bounds of `spec` and our own (T2). */
function bounded(
  recurrence: Recurrence,
  { startAtMs, endAtMs }: Pick<ScheduleSpec, "startAtMs" | "endAtMs">,
): Recurrence {
  const firstMs = Math.max(startAtMs ?? EARLIEST_MS, EARLIEST_MS);
  const lastMs = Math.min(endAtMs ?? LATEST_MS, LATEST_MS);
  return {
    after(afterMs) {
      const fromMs = Math.max(afterMs, firstMs - 1);
      if (fromMs >= lastMs) return null;
      const occurrence = recurrence.after(fromMs);
      return occurrence === null || occurrence.atMs > lastMs ? null : occurrence;
    },
  };
}
