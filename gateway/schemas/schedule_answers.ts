/**
 * ScheduleAnswers: the shapes that the gateway sends about schedules (see answers.ts).
 * @module
 */
import { DECISIONS } from "../../actors/schedule/ledger.ts";
import { SCHEDULE_STATES } from "../../actors/schedule/state.ts";
import { z } from "../../deps.ts";
import { cursorAnswer, jobAnswer, moment, ms } from "./answers.ts";
import { scheduleId } from "./schedule_request.ts";
import { jobId } from "./fields.ts";

const { name, payload, queue, priority, retry, delivery, tags, retention } = jobAnswer.shape;

const template = z.strictObject({
  ...{ name, payload, queue, priority, retry, delivery, tags, retention },
  timeout: ms.optional(),
  sla: z.strictObject({
    startWithin: ms.optional(),
    finishWithin: ms.optional(),
    succeedWithin: ms.optional(),
  }),
  concurrencyKey: z.string().optional(),
}).meta({ id: "JobTemplate" });

/** A schedule. */
export const scheduleAnswer = z.strictObject({
  id: scheduleId,
  cron: z.string().optional(),
  every: ms.optional(),
  rrule: z.string().optional(),
  timezone: z.string(),
  startAt: moment.optional(),
  endAt: moment.optional(),
  count: z.int().optional(),
  jitter: ms,
  overlap: z.enum(["skip", "queue-one", "queue-all", "allow", "cancel-previous"]),
  misfire: z.strictObject({
    policy: z.enum(["fire-once", "skip", "catch-up"]),
    window: ms.optional(),
    max: z.int(),
  }),
  dst: z.strictObject({
    gap: z.enum(["run-after", "skip"]),
    overlap: z.enum(["first", "last", "both"]),
  }),
  exclude: z.strictObject({ dates: z.array(z.string()), calendars: z.array(z.string()) }),
  job: template,
  state: z.enum(SCHEDULE_STATES),
  pauseNote: z.string().nullable(),
  createdAt: moment,
  nextAt: moment.nullable()
    .meta({ description: "When it fires next; null: not any more, or not while it is paused." }),
  fired: z.int().meta({ description: "Fires so far, without triggers and backfills." }),
  last: z.strictObject({ nominalAt: moment, jobId }).nullable()
    .meta({ description: "The latest job that it made." }),
  waiting: z.int().meta({ description: "Fires that wait for the run before them." }),
  version: z.int().meta({ description: "One more with every change." }),
}).meta({ id: "Schedule" });

/** A page of schedules. */
export const schedulePageAnswer = z.strictObject({
  schedules: z.array(scheduleAnswer),
  cursor: cursorAnswer,
}).meta({ id: "SchedulePage" });

/** What became of a trigger. */
export const triggerAnswer = z.strictObject({ jobId }).meta({ id: "ScheduleTriggered" });

/** What became of a backfill. */
export const backfillAnswer = z.strictObject({
  jobIds: z.array(jobId),
  next: moment.nullable().meta({
    description: "Too many for one request: repeat it from here on. Null: it is done.",
  }),
}).meta({ id: "ScheduleBackfilled" });

/** Coming times. */
export const nextAnswer = z.strictObject({
  next: z.array(z.strictObject({
    at: moment,
    local: z.string().meta({ description: "The wall clock's time in the schedule's zone." }),
    fires: z.boolean(),
    note: z.enum(["dst-gap", "dst-overlap", "excluded"]).optional()
      .meta({ description: "What is special about it." }),
  })),
}).meta({ id: "ScheduleNext" });

/** A page of a schedule's ledger. */
export const occurrencesAnswer = z.strictObject({
  occurrences: z.array(z.strictObject({
    n: z.int(),
    nominalAt: moment,
    dueAt: moment,
    decision: z.enum(DECISIONS),
    jobId: jobId.nullable(),
    node: z.string().meta({ description: "Who decided." }),
    at: moment.meta({ description: "When it was decided." }),
  })),
  cursor: cursorAnswer.meta({ description: "Ask with after= this for more; null: no more." }),
}).meta({ id: "ScheduleOccurrences" });
