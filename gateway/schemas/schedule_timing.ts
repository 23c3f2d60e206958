/**
 * ScheduleTiming: when a schedule fires, and what becomes of fires that are late or overlap: what a user
 * may send about it, and the part of the spec that it becomes.
 *
 * Not here: whether a rule or a zone can be read, which only those who follow it know (ScheduleService.preview);
 * the schedule's job and id (schedule_request.ts).
 * @module
 */
import {
  CATCH_UP_MAX,
  EVERY_MS_MIN,
  EXCLUDED_CALENDARS_MAX,
  EXCLUDED_DATES_MAX,
  SCHEDULE_DEFAULTS,
  type ScheduleRule,
  type ScheduleSpec,
} from "../../actors/schedule/spec.ts";
import { z } from "../../deps.ts";
import { invariant } from "../../runtime/fault.ts";
import { FIRES_MAX, JITTER_MS_MAX, RULE_CHARS_MAX, ZONE_CHARS_MAX } from "../limits.ts";
import { duration, instant, localDate, simpleName, whole } from "./fields.ts";

const { misfire, dst } = SCHEDULE_DEFAULTS;

/** Text that somebody else will read, of `charsMax` characters at most. */
function ruleText(charsMax: number) {
  const rule = `must be text of 1 to ${charsMax} characters`;
  return z.string(rule).min(1, rule).max(charsMax, rule);
}

/** One of some words, the first of which is the default. */
function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, `must be one of ${words.join(", ")}`).optional()
    .meta({ default: words[0] });
}

/** The fields, for a schedule of its own and for the `schedule` of a job. */
export const timingShape = {
  cron: ruleText(RULE_CHARS_MAX).optional().meta({
    description: "5 or 6 fields, with names, L, # and W, or a macro such as @daily.",
    examples: ["0 2 * * *"],
  }),
  every: duration({ minMs: EVERY_MS_MIN }).optional(),
  rrule: ruleText(RULE_CHARS_MAX).optional()
    .meta({ description: "RFC 5545.", examples: ["FREQ=MONTHLY;BYDAY=-1FR"] }),
  timezone: ruleText(ZONE_CHARS_MAX).optional()
    .meta({ description: "IANA name.", default: SCHEDULE_DEFAULTS.timezone }),
  startAt: instant.optional().meta({ description: "Nothing fires before." }),
  endAt: instant.optional().meta({ description: "Nothing fires after." }),
  count: whole(1, FIRES_MAX).optional().meta({ description: "Fires in all." }),
  jitter: duration({ maxMs: JITTER_MS_MAX }).optional()
    .meta({
      description:
        "Each fire is late by up to this, at most a day; the same one always by the same.",
    }),
  overlap: oneOf(["skip", "queue-one", "queue-all", "allow", "cancel-previous"]),
  misfire: z.strictObject({
    policy: oneOf(["fire-once", "skip", "catch-up"]),
    window: duration({ minMs: 1 }).optional()
      .meta({ description: "Older fires are never made up for." }),
    max: whole(1, CATCH_UP_MAX).optional()
      .meta({ description: "Fires that a catch-up makes up for.", default: misfire.max }),
  }).optional(),
  dst: z.strictObject({
    gap: oneOf(["run-after", "skip"]),
    overlap: oneOf(["first", "last", "both"]),
  }).optional(),
  exclude: z.strictObject({
    dates: z.array(localDate)
      .max(EXCLUDED_DATES_MAX, `must be at most ${EXCLUDED_DATES_MAX} dates`).optional()
      .meta({ description: "Local dates on which nothing fires." }),
    calendars: z.array(simpleName)
      .max(EXCLUDED_CALENDARS_MAX, `must be at most ${EXCLUDED_CALENDARS_MAX} calendars`)
      .optional().meta({ description: "Names of calendars, on whose dates nothing fires." }),
  }).optional(),
};

/** What a schedule's fields are once they are validated: durations and moments are ms. */
export type TimingRequest = z.output<z.ZodObject<typeof timingShape>>;

/** All of a spec but its job. */
export type ScheduleTiming = Omit<ScheduleSpec, "job">;

const RULES = ["cron", "every", "rrule"] as const;

/** Says what no single field shows: that there must be one rule, and an end after its start. */
export function checkTiming(timing: TimingRequest, context: z.core.$RefinementCtx): void {
  const [first, second] = RULES.filter((rule) => timing[rule] !== undefined);
  const refuse = (path: string[], message: string) =>
    context.addIssue({ code: "custom", path, message });
  if (first === undefined) refuse([], "give one of cron, every and rrule");
  else if (second !== undefined) refuse([second], `${first} and ${second} exclude each other`);
  if (timing.startAt !== undefined && timing.endAt !== undefined && timing.endAt < timing.startAt) {
    refuse(["endAt"], "must not be before startAt");
  }
}

/** The `schedule` of a job request. */
export const scheduleTimingSchema = z.strictObject(timingShape).superRefine(checkTiming)
  .meta({ id: "ScheduleTiming" });

/** Fills in every default. */
export function scheduleTiming(timing: TimingRequest): ScheduleTiming {
  const { exclude } = timing;
  return {
    rule: ruleOf(timing),
    timezone: timing.timezone ?? SCHEDULE_DEFAULTS.timezone,
    startAtMs: timing.startAt ?? SCHEDULE_DEFAULTS.startAtMs,
    endAtMs: timing.endAt ?? SCHEDULE_DEFAULTS.endAtMs,
    count: timing.count ?? SCHEDULE_DEFAULTS.count,
    jitterMs: timing.jitter ?? SCHEDULE_DEFAULTS.jitterMs,
    overlap: timing.overlap ?? SCHEDULE_DEFAULTS.overlap,
    misfire: {
      policy: timing.misfire?.policy ?? misfire.policy,
      windowMs: timing.misfire?.window ?? misfire.windowMs,
      max: timing.misfire?.max ?? misfire.max,
    },
    dst: { gap: timing.dst?.gap ?? dst.gap, overlap: timing.dst?.overlap ?? dst.overlap },
    exclude: { dates: exclude?.dates ?? [], calendars: exclude?.calendars ?? [] },
  };
}

function ruleOf({ cron, every, rrule }: TimingRequest): ScheduleRule {
  if (cron !== undefined) return { kind: "cron", text: cron };
  if (every !== undefined) return { kind: "every", everyMs: every };
  invariant(rrule !== undefined, "a validated schedule has a rule");
  return { kind: "rrule", text: rrule };
}
