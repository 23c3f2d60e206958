/**
 * Recurrences: the recurrences of specs, kept while they are asked for.
 *
 * Intuition: reading a rule costs as much as twenty of its steps, and many schedules share few rules.
 * @module
 */
import type { ScheduleSpec } from "../spec.ts";
import { InvalidRuleError, type Recurrence } from "./occurrence.ts";
import { recurrenceOf } from "./recurrence.ts";

/** Recurrences kept; those not asked for the longest go first. */
export const RECURRENCES_KEPT_MAX = 5_000;

/** Tells whether a calendar excludes a local date (`2027-12-25`). */
export type IsExcluded = (calendar: string, localDate: string) => boolean;

/** The recurrences of one node. */
export class Recurrences {
  readonly #kept = new Map<string, Recurrence>();

  constructor(private readonly isExcluded: IsExcluded = () => false) {}

  /** The recurrence of `spec`, of a schedule created at `anchorMs`. Throws `InvalidRuleError`. */
  of(spec: ScheduleSpec, anchorMs: number): Recurrence {
    const key = keyOf(spec, anchorMs);
    const recurrence = this.#kept.get(key) ?? this.#read(spec, anchorMs);
    this.#kept.delete(key);
    this.#kept.set(key, recurrence);
    if (this.#kept.size > RECURRENCES_KEPT_MAX) {
      const [oldest] = this.#kept.keys();
      if (oldest !== undefined) this.#kept.delete(oldest);
    }
    return recurrence;
  }

  /** The same; null when its rule can't be read here: another version stored it, or a machine with other time zones. */
  ifReadable(spec: ScheduleSpec, anchorMs: number): Recurrence | null {
    try {
      return this.of(spec, anchorMs);
    } catch (error) {
      if (error instanceof InvalidRuleError) return null;
      throw error;
    }
  }

  #read(spec: ScheduleSpec, anchorMs: number): Recurrence {
    const { calendars } = spec.exclude;
    const excluded = (date: string) => calendars.some((name) => this.isExcluded(name, date));
    return recurrenceOf(spec, { anchorMs, excluded });
  }
}

/** All that a recurrence is made of; cron texts don't depend on when the schedule was made. */
function keyOf(
  { rule, timezone, startAtMs, endAtMs, dst, exclude }: ScheduleSpec,
  anchorMs: number,
): string {
  const anchor = rule.kind === "cron" ? 0 : startAtMs ?? anchorMs;
  return JSON.stringify([rule, timezone, startAtMs, endAtMs, dst, exclude, anchor]);
}
