/**
 * ScheduleRequest: what a user may send about schedules, and the spec that a request becomes.
 *
 * Not here: when it fires (schedule_timing.ts), its job (job_request.ts).
 * @module
 */
import { isScheduleId } from "../../actors/schedule/ids.ts";
import { SCHEDULE_ID_CHARS_MAX, type ScheduleSpec } from "../../actors/schedule/spec.ts";
import type { ScheduleStateName } from "../../actors/schedule/state.ts";
import { z } from "../../deps.ts";
import {
  LIST_LIMIT_MAX,
  NEXT_COUNT_MAX,
  OCCURRENCES_MAX,
  PAUSE_NOTE_CHARS_MAX,
} from "../limits.ts";
import { instant, simpleName, wholeText } from "./fields.ts";
import { cursor } from "./job_filter.ts";
import {
  type JobDefaults,
  jobTemplate,
  type JobTemplateRequest,
  jobTemplateSchema,
} from "./job_request.ts";
import { checkTiming, scheduleTiming, type TimingRequest, timingShape } from "./schedule_timing.ts";
import type { FieldError } from "./validate.ts";

const ID_RULE =
  `must be 1 to ${SCHEDULE_ID_CHARS_MAX} of A-Z a-z 0-9 . _ : ~ + = - and not "." or ".."`;
/** A schedule's id. `.` and `..` would vanish from a URL's path. */
export const scheduleId = z.string()
  .refine((text) => isScheduleId(text) && text !== "." && text !== "..", ID_RULE)
  .meta({ id: "ScheduleId", description: ID_RULE });

/** The body of `POST /schedule` and `PUT /schedule/{id}`. */
export const scheduleRequestSchema = z.strictObject({
  id: scheduleId.optional(),
  ...timingShape,
  job: jobTemplateSchema,
}).superRefine(checkTiming).meta({ id: "ScheduleRequest" });

/** The body of `POST /schedule/preview`: id and job may be there, and make no difference. */
export const schedulePreviewSchema = z.strictObject({
  id: scheduleId.optional(),
  ...timingShape,
  job: jobTemplateSchema.optional(),
}).superRefine(checkTiming).meta({ id: "SchedulePreviewRequest" });

/** States that users see: a deleted schedule is gone for them. */
export const SHOWN_STATES = ["active", "paused", "ended"] as const satisfies ScheduleStateName[];

/** The query of `GET /schedules`. */
export const scheduleListQuery = z.strictObject({
  state: z.enum(SHOWN_STATES, `must be one of ${SHOWN_STATES.join(", ")}`).optional(),
  name: simpleName.optional().meta({ description: "Of the schedule's job." }),
  limit: wholeText(1, LIST_LIMIT_MAX).optional(),
  cursor,
});

/** The query of `GET /schedule/{id}/next` and of previews. */
export const nextQuery = z.strictObject({
  count: wholeText(1, NEXT_COUNT_MAX).optional(),
  after: instant.optional().meta({ description: "Only times after this one; now, unless given." }),
});

/** The query of `GET /schedule/{id}/occurrences`. */
export const occurrencesQuery = z.strictObject({
  after: wholeText(0, Number.MAX_SAFE_INTEGER).optional()
    .meta({ description: "Goes on after the line of this number, in the list's order." }),
  limit: wholeText(1, OCCURRENCES_MAX).optional(),
  order: z.enum(["newest", "oldest"], "must be newest or oldest").optional()
    .meta({ default: "newest" }),
});

/** The body of `POST /schedule/{id}/pause`, which may do without one. */
export const pauseSchema = z.strictObject({
  note: z.string().max(PAUSE_NOTE_CHARS_MAX, `must be at most ${PAUSE_NOTE_CHARS_MAX} characters`)
    .nullable().optional().meta({ description: "Why, for people." }),
}).meta({ id: "SchedulePause" });

/** The body of `POST /schedule/{id}/backfill`. */
export const backfillSchema = z.strictObject({
  from: instant.meta({ description: "The first nominal time, included." }),
  to: instant.meta({ description: "The last one, included." }),
}).superRefine(({ from, to }, context) => {
  if (to >= from) return;
  context.addIssue({ code: "custom", path: ["to"], message: "must not be before from" });
}).meta({ id: "ScheduleBackfill" });

/** A spec, or why there can be none: its job's payload is too large. */
export type ScheduleSpecResult =
  | { readonly ok: true; readonly spec: ScheduleSpec }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Fills in every default. The payload's nesting must be bounded. */
export function scheduleSpec(
  { timing, job }: { readonly timing: TimingRequest; readonly job: JobTemplateRequest },
  defaults: JobDefaults,
): ScheduleSpecResult {
  const made = jobTemplate(job, defaults);
  if (!made.ok) return made;
  return { ok: true, spec: { ...scheduleTiming(timing), job: made.template } };
}
