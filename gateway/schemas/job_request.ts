/**
 * JobRequest: what a user may send to submit a job, and the spec that it becomes.
 *
 * Not here: reading bodies (http/), what happens with the spec (service.ts).
 * @module
 */
import type { HandlerInfo } from "../../actors/executor/port.ts";
import { type JobSpec, PAYLOAD_BYTES_MAX, QUEUE_DEFAULT, TAGS_MAX } from "../../actors/job/spec.ts";
import { RETRY_DEFAULT, type RetryPolicy } from "../../actors/job/spec.ts";
import type { JobTemplate } from "../../actors/schedule/spec.ts";
import { z } from "../../deps.ts";
import { DURATION_MS_MAX } from "../../runtime/duration.ts";
import { duration, instant, jobId, tagText, usersName, whole } from "./fields.ts";
import { checkGate, gateShape } from "../submit/gate_request.ts";
import { exceedsBytes } from "./json_text.ts";
import { scheduleTimingSchema } from "./schedule_timing.ts";
import { type FieldError, refused } from "./validate.ts";

/** Longest time-out of an attempt, ms: a week, well within one platform timer. */
export const TIMEOUT_MS_MAX = 7 * 86_400_000;

const OF_EACH_FIRE_RULE = "is given to each fire by the schedule; leave it out";
const OF_NO_FIRE_RULE = "is for single jobs: a schedule has its overlap policy; leave it out";
const NOT_IN_FLOWS_RULE = "is the flow's to say: <flow>/<key> is the job's id, dependsOn its time";
const EITHER_TIME_RULE = "runAt and delay exclude each other";
const RUN_AT_RULE = "schedule says when: leave runAt out, or give it as schedule.startAt";
const DELAY_RULE = "schedule says when: leave delay out";
const errorNames = z.array(z.string().min(1).max(200)).max(20);

const retrySchema = z.strictObject({
  attempts: whole(1, 100).optional().meta({ description: "In all, the first included." }),
  backoff: z.enum(["exponential", "fixed"], "must be exponential or fixed").optional(),
  base: duration().optional(),
  factor: z.number().min(1).max(100).optional(),
  max: duration().optional(),
  jitter: z.number().min(0).max(1).optional(),
  on: errorNames.optional().meta({ description: "Only errors of these names are retried." }),
  notOn: errorNames.optional().meta({ description: "Errors of these names are never retried." }),
}).superRefine((retry, context) => {
  if (retry.base !== undefined && retry.max !== undefined && retry.base > retry.max) {
    context.addIssue({ code: "custom", path: ["base"], message: "must not be longer than max" });
  }
}).meta({ id: "RetryRequest" });

/** All that a job may be asked for but its id and its time. */
const jobShape = {
  name: usersName.meta({ description: "The handler's name.", examples: ["send-invoice"] }),
  payload: z.unknown().optional().meta({ description: "Any JSON, at most 256 KiB." }),
  queue: usersName.optional().meta({ default: QUEUE_DEFAULT }),
  priority: whole(0, 9).optional().meta({ description: "9 first.", default: 0 }),
  retry: retrySchema.optional(),
  timeout: duration({ minMs: 1, maxMs: TIMEOUT_MS_MAX }).optional(),
  sla: z.strictObject({
    startWithin: duration().optional(),
    finishWithin: duration().optional(),
    succeedWithin: duration().optional(),
  }).optional().meta({
    description: "By when it is to have started, ended (however) and completed, after its time. " +
      "What is missed is noted at once, and raised as an alert.",
  }),
  delivery: z.enum(["at-least-once", "at-most-once"], "must be at-least-once or at-most-once")
    .optional(),
  tags: z.array(tagText).max(TAGS_MAX, `must be at most ${TAGS_MAX} tags`).optional(),
  retention: z.strictObject({ completed: duration().optional(), failed: duration().optional() })
    .optional(),
  concurrencyKey: tagText.optional(),
};

/** The body of `POST /job`, and each item of `POST /jobs`. */
export const jobRequestSchema = z.strictObject({
  ...jobShape,
  id: jobId.optional(),
  runAt: instant.optional(),
  delay: duration().optional(),
  ...gateShape,
  schedule: scheduleTimingSchema.optional()
    .meta({ description: "Makes it the job of a new recurring schedule, under the id." }),
}).superRefine((request, context) => {
  const { runAt, delay, schedule } = request;
  const refuse = (path: string, message: string) =>
    context.addIssue({ code: "custom", path: [path], message });
  if (schedule !== undefined) {
    if (runAt !== undefined) refuse("runAt", RUN_AT_RULE);
    if (delay !== undefined) refuse("delay", DELAY_RULE);
  } else if (runAt !== undefined && delay !== undefined) {
    refuse("delay", EITHER_TIME_RULE);
  }
  checkGate(request, refuse);
}).meta({ id: "JobRequest" });

const ofEachFire = z.never(OF_EACH_FIRE_RULE).optional().meta({ description: OF_EACH_FIRE_RULE });

const ofNoFire = z.never(OF_NO_FIRE_RULE).optional().meta({ description: OF_NO_FIRE_RULE });

/** The job of a schedule: what each of its fires submits. */
export const jobTemplateSchema = z.strictObject({
  ...jobShape,
  id: ofEachFire,
  runAt: ofEachFire,
  delay: ofEachFire,
  schedule: ofEachFire,
  unique: ofNoFire,
  debounce: ofNoFire,
  throttle: ofNoFire,
}).meta({ id: "JobTemplateRequest" });

const notInFlows = z.never(NOT_IN_FLOWS_RULE).optional().meta({ description: NOT_IN_FLOWS_RULE });

/** A job of a flow; `delay` counts from when it is made. */
export const flowJobSchema = z.strictObject({
  ...jobShape,
  runAt: instant.optional(),
  delay: duration().optional(),
  id: notInFlows,
  schedule: notInFlows,
}).superRefine(({ runAt, delay }, context) => {
  if (runAt === undefined || delay === undefined) return;
  context.addIssue({ code: "custom", path: ["delay"], message: EITHER_TIME_RULE });
}).meta({ id: "FlowJobRequest" });

/** A validated job of a flow. */
export type FlowJobRequest = z.output<typeof flowJobSchema>;

/** A validated request: durations and moments are ms. */
export type JobRequest = z.output<typeof jobRequestSchema>;

/** What a request says of a job beside its id and its time, validated. */
export type JobTemplateRequest = Pick<JobRequest, keyof typeof jobShape>;

/** What fills in for requests that say nothing. */
export interface JobDefaults {
  readonly retention: { readonly completedMs: number; readonly failedMs: number };
  /** The handler's own retry rules; see {@link handlerRetryPolicy}. */
  readonly retryOf: (name: string) => RetryPolicy | undefined;
}

/** What a spec needs to know beside the request. */
export interface SpecContext extends JobDefaults {
  readonly nowMs: number;
  readonly traceId: string | null;
  readonly fingerprint: string | null;
}

/** The body of `POST /job/{id}/retry`, which may do without one. */
export const retryRequestSchema = z.strictObject({ payload: jobShape.payload })
  .meta({ id: "JobRetryRequest" });

/** A spec, or why there can be none: its payload is too large. */
export type SpecResult =
  | { readonly ok: true; readonly spec: JobSpec }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** The same of a schedule's job. */
export type TemplateResult =
  | { readonly ok: true; readonly template: JobTemplate }
  | Extract<SpecResult, { readonly ok: false }>;

/** Fills in every default. The payload's nesting must be bounded. */
export function jobSpec(request: JobRequest, context: SpecContext): SpecResult {
  const made = jobTemplate(request, context);
  if (!made.ok) return made;
  const spec: JobSpec = {
    ...made.template,
    runAtMs: request.runAt ?? context.nowMs + (request.delay ?? 0),
    traceId: context.traceId,
    fingerprint: context.fingerprint,
  };
  return { ok: true, spec };
}

/** Fills in every default but those of the time. The payload's nesting must be bounded. */
export function jobTemplate(request: JobTemplateRequest, defaults: JobDefaults): TemplateResult {
  const payload = payloadText(request.payload ?? null);
  if (typeof payload !== "string") return payload;
  const template: JobTemplate = {
    name: request.name,
    payload,
    queue: request.queue ?? QUEUE_DEFAULT,
    priority: request.priority ?? 0,
    retry: request.retry === undefined
      ? defaults.retryOf(request.name) ?? RETRY_DEFAULT
      : retryPolicy(request.retry),
    timeoutMs: request.timeout ?? null,
    sla: {
      startWithinMs: request.sla?.startWithin ?? null,
      finishWithinMs: request.sla?.finishWithin ?? null,
      ...(request.sla?.succeedWithin !== undefined && {
        succeedWithinMs: request.sla.succeedWithin,
      }),
    },
    delivery: request.delivery ?? "at-least-once",
    tags: request.tags ?? [],
    retention: {
      completedMs: request.retention?.completed ?? defaults.retention.completedMs,
      failedMs: request.retention?.failed ?? defaults.retention.failedMs,
    },
    concurrencyKey: request.concurrencyKey ?? null,
  };
  return { ok: true, template };
}

/** A payload as JSON text, or why it can be none: it is too large. Its nesting must be bounded. */
export function payloadText(value: unknown): string | Extract<SpecResult, { readonly ok: false }> {
  const text = JSON.stringify(value);
  if (!exceedsBytes(text, PAYLOAD_BYTES_MAX)) return text;
  return refused("payload", `must be at most ${PAYLOAD_BYTES_MAX} bytes of JSON`);
}

/** The policy that a handler's rules come to; the default where they contradict each other. */
export function handlerRetryPolicy(rules: NonNullable<HandlerInfo["retry"]>): RetryPolicy {
  const read = retrySchema.safeParse(rules);
  return read.success ? retryPolicy(read.data) : RETRY_DEFAULT;
}

/** A base beyond the default maximum raises it; a maximum below the default base lowers that. */
function retryPolicy(retry: NonNullable<JobRequest["retry"]>): RetryPolicy {
  const maxMs = retry.max ??
    Math.min(Math.max(RETRY_DEFAULT.maxMs, retry.base ?? 0), DURATION_MS_MAX);
  return {
    attempts: retry.attempts ?? RETRY_DEFAULT.attempts,
    backoff: retry.backoff ?? RETRY_DEFAULT.backoff,
    baseMs: retry.base ?? Math.min(RETRY_DEFAULT.baseMs, maxMs),
    factor: retry.factor ?? RETRY_DEFAULT.factor,
    maxMs,
    jitter: retry.jitter ?? RETRY_DEFAULT.jitter,
    on: retry.on ?? [],
    notOn: retry.notOn ?? [],
  };
}
