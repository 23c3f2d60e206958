/**
 * AlertAnswers: what users send about alerts, and the shapes that the gateway answers with.
 * @module
 */
import { ALERT_KINDS } from "../../actors/alert/event.ts";
import { z } from "../../deps.ts";
import { LIST_LIMIT_MAX, PAUSE_NOTE_CHARS_MAX } from "../limits.ts";
import { cursorAnswer, moment } from "../schemas/answers.ts";
import { duration, jobId, jobStateName, wholeText } from "../schemas/fields.ts";
import { cursor } from "../schemas/job_filter.ts";

/** Longest silence that may be asked for, ms: 30 days. */
export const SILENCE_MS_MAX = 30 * 86_400_000;

const ID_RULE = "must be an incident's id: 1 to 40 of a-z 0-9";
/** An incident's id. */
export const incidentName = z.string().regex(/^[a-z0-9]{1,40}$/, ID_RULE);

const statusName = z.enum(["firing", "resolved"], "must be firing or resolved");

/** The query of `GET /alerts`. */
export const alertListQuery = z.strictObject({
  status: statusName.optional(),
  limit: wholeText(1, LIST_LIMIT_MAX).optional(),
  cursor,
});

/** The body of `POST /alerts/{id}/silence`. */
export const silenceSchema = z.strictObject({
  for: duration({ maxMs: SILENCE_MS_MAX }).meta({ description: "0: it is silent no longer." }),
  note: z.string().max(PAUSE_NOTE_CHARS_MAX, `must be at most ${PAUSE_NOTE_CHARS_MAX} characters`)
    .nullable().optional().meta({ description: "Why, for people." }),
}).meta({ id: "AlertSilence" });

/** The body of `POST /alerts/test`. */
export const channelTestSchema = z.strictObject({
  channel: z.string().min(1).max(100).meta({ description: "Its name in the configuration." }),
}).meta({ id: "AlertTest" });

const sample = z.strictObject({ subject: z.string(), message: z.string(), at: moment });

/** An incident. */
export const alertAnswer = z.strictObject({
  id: incidentName,
  status: statusName,
  kind: z.enum(ALERT_KINDS),
  severity: z.enum(["critical", "error", "warning"]),
  rule: z.string(),
  labels: z.record(z.string(), z.string()),
  episode: z.int().meta({ description: "How often it was opened." }),
  count: z.int().meta({ description: "Events since it was opened." }),
  open: z.int().meta({ description: "How much is still wrong." }),
  subjects: z.array(z.string()).meta({ description: "The latest of that." }),
  first: sample.nullable(),
  last: sample.nullable(),
  openedAt: moment,
  resolvedAt: moment.nullable(),
  silence: z.strictObject({ until: moment, note: z.string().nullable() }).nullable(),
  channels: z.record(
    z.string(),
    z.strictObject({
      told: statusName.nullable(),
      at: moment,
      jobId: jobId.nullable().meta({ description: "The job that is telling it." }),
    }),
  ),
}).meta({ id: "Alert" });

/** A page of incidents. */
export const alertPageAnswer = z.strictObject({
  alerts: z.array(alertAnswer),
  cursor: cursorAnswer,
}).meta({ id: "AlertPage" });

/** What became of a test. */
export const channelTestAnswer = z.strictObject({
  channel: z.string(),
  delivered: z.boolean(),
  jobId,
  state: jobStateName,
  error: z.strictObject({ name: z.string(), message: z.string() }).nullable(),
}).meta({ id: "AlertTestAnswer" });

/** Events by kind. */
export const alertCountsAnswer = z.strictObject({
  raised: z.partialRecord(z.enum(ALERT_KINDS), z.int()),
}).meta({ id: "AlertCounts" });
