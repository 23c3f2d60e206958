/**
 * ScheduleSpec: what a user asked for of a recurring schedule, with every default filled in.
 *
 * Not here: how requests are validated (gateway/schemas), when it fires (recurrence/), what happens then (behaviour.ts).
 * @module
 */
import type { JobSpec } from "../job/spec.ts";

/** When a schedule fires: exactly one kind of rule. */
export type ScheduleRule =
  /** 5 or 6 fields, or a macro such as `@daily`; in the schedule's time zone. */
  | { readonly kind: "cron"; readonly text: string }
  /** Every so many ms from the anchor on: `startAtMs`, or when the schedule was created. No zone has a say in it. */
  | { readonly kind: "every"; readonly everyMs: number }
  /** RFC 5545, in the schedule's time zone; its DTSTART is the anchor. */
  | { readonly kind: "rrule"; readonly text: string };

/** What happens when a fire's time comes while an earlier run is not over. */
export type OverlapPolicy = "skip" | "queue-one" | "queue-all" | "allow" | "cancel-previous";

/** What becomes of fires whose time passed while nobody could act on them. */
export interface MisfirePolicy {
  /** The latest one fires; none does; those within the window do, at most `max` of them, oldest first. */
  readonly policy: "fire-once" | "skip" | "catch-up";
  /** Older ones are never made up for, ms; null: however old. */
  readonly windowMs: number | null;
  /** Fires that a catch-up makes up for: the latest ones. 1 to 1000. */
  readonly max: number;
}

/** What daylight saving time does to fires. */
export interface DstPolicy {
  /** A local time that does not exist: fires at the first instant after the gap, or not at all. */
  readonly gap: "run-after" | "skip";
  /** A local time that comes twice: fires the first time, the last, or both. */
  readonly overlap: "first" | "last" | "both";
}

/** The job of each fire: all of a job but what the fire gives it. */
export type JobTemplate = Omit<
  JobSpec,
  | "runAtMs"
  | "nominalAtMs"
  | "traceId"
  | "parentSpanId"
  | "fingerprint"
  | "scheduleId"
  | "observer"
  | "flowId"
  | "parents"
>;

/** A schedule as accepted. */
export interface ScheduleSpec {
  readonly rule: ScheduleRule;
  /** IANA name; `UTC` unless given. */
  readonly timezone: string;
  /** Nothing fires before; null: from its creation on. */
  readonly startAtMs: number | null;
  /** Nothing fires after; null: no end. */
  readonly endAtMs: number | null;
  /** Fires in all; null: no bound. */
  readonly count: number | null;
  /** Each fire is late by up to this, ms: always the same for the same fire. */
  readonly jitterMs: number;
  readonly overlap: OverlapPolicy;
  readonly misfire: MisfirePolicy;
  readonly dst: DstPolicy;
  readonly exclude: {
    /** Local dates, `2027-12-25`. */
    readonly dates: readonly string[];
    /** Names of calendars. */
    readonly calendars: readonly string[];
  };
  readonly job: JobTemplate;
  /** W3C traceparent of the request that made it what it is, to which its fires are linked; absent: that was not traced. */
  readonly madeBy?: string;
}

/** What schedules do unless told otherwise. */
export const SCHEDULE_DEFAULTS: Pick<
  ScheduleSpec,
  | "timezone"
  | "startAtMs"
  | "endAtMs"
  | "count"
  | "jitterMs"
  | "overlap"
  | "misfire"
  | "dst"
  | "exclude"
> = {
  timezone: "UTC",
  startAtMs: null,
  endAtMs: null,
  count: null,
  jitterMs: 0,
  overlap: "skip",
  misfire: { policy: "fire-once", windowMs: null, max: 10 },
  dst: { gap: "run-after", overlap: "first" },
  exclude: { dates: [], calendars: [] },
};

/** Shortest interval of `every`, ms. */
export const EVERY_MS_MIN = 1_000;
/** Fires that a catch-up may make up for. */
export const CATCH_UP_MAX = 1_000;
/** Dates and calendars that one schedule may exclude. */
export const EXCLUDED_DATES_MAX = 1_000;
export const EXCLUDED_CALENDARS_MAX = 20;
/** Characters of a schedule's id: what is left of a job's when a time and a mark are added. */
export const SCHEDULE_ID_CHARS_MAX = 150;
