/**
 * Occurrence: one moment at which a schedule fires, or would have.
 * @module
 */

/** What daylight saving time or an exclusion did to an occurrence. */
export type OccurrenceNote = "dst-gap" | "dst-overlap" | "excluded";

/** One nominal time of a schedule. There is one per instant. */
export interface Occurrence {
  /** The instant, ms. */
  readonly atMs: number;
  /** The local time that the rule names, as ms since the epoch of a wall clock in UTC. */
  readonly localMs: number;
  /** `dst-gap`: the local time does not exist; `dst-overlap`: it comes twice; null: nothing special. */
  readonly note: OccurrenceNote | null;
  /** False: nothing fires, for the reason that `note` says. */
  readonly fires: boolean;
}

/** The nominal times of one schedule, in order. */
export interface Recurrence {
  /** The first occurrence after `afterMs`, exclusive, fires or not; null: there is none any more. */
  after(afterMs: number): Occurrence | null;
}

/** The times that a rule names, in order: local ones of a rule with a calendar, else instants. */
export interface RuleTimes {
  /** The first one after `afterMs`, exclusive; null: there is none any more. */
  after(afterMs: number): number | null;
}

/** The part of a spec that cannot be understood. */
export type InvalidField = "cron" | "rrule" | "timezone";

/** Raised for a rule or a zone that cannot be understood; the message is for whoever wrote it. */
export class InvalidRuleError extends Error {
  override readonly name = "InvalidRuleError";
  readonly field: InvalidField;

  constructor(field: InvalidField, message: string) {
    super(message);
    this.field = field;
  }
}
