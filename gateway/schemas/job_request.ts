/**
 * JobRequest: what a user may send to submit a job, and the spec that it becomes.
 *
 * Not here: reading bodies (http/), what happens with the spec (service.ts).
 * @module
 */
import type { HandlerInfo } from "../../actors/executor/port.ts";
import { type JobSpec, PAYLOAD_BYTES_MAX, QUEUE_DEFAULT, TAGS_MAX } from "../../actors/job/spec.ts";
import { RETRY_DEFAULT, type RetryPolicy } from "../../actors/job/spec.ts";
import { z } from "../../deps.ts";
import { DURATION_MS_MAX } from "../../runtime/duration.ts";
import { duration, instant, jobId, simpleName, tagText, whole } from "./fields.ts";
import { exceedsBytes } from "./json_text.ts";
import { type FieldError, refused } from "./validate.ts";

/** Longest time-out of an attempt, ms: a week, well within one platform timer. */
export const TIMEOUT_MS_MAX = 7 * 86_400_000;

const SCHEDULE_RULE = "recurring schedules are not offered by this version; use runAt or delay";
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

/** The body of `POST /job`, and each item of `POST /jobs`. */
export const jobRequestSchema = z.strictObject({
  name: simpleName.meta({ description: "The handler's name.", examples: ["send-invoice"] }),
  payload: z.unknown().optional().meta({ description: "Any JSON, at most 256 KiB." }),
  id: jobId.optional(),
  queue: simpleName.optional().meta({ default: QUEUE_DEFAULT }),
  priority: whole(0, 9).optional().meta({ description: "9 first.", default: 0 }),
  runAt: instant.optional(),
  delay: duration().optional(),
  retry: retrySchema.optional(),
  timeout: duration({ minMs: 1, maxMs: TIMEOUT_MS_MAX }).optional(),
  sla: z.strictObject({
    startWithin: duration().optional(),
    finishWithin: duration().optional(),
  }).optional(),
  delivery: z.enum(["at-least-once", "at-most-once"], "must be at-least-once or at-most-once")
    .optional(),
  tags: z.array(tagText).max(TAGS_MAX, `must be at most ${TAGS_MAX} tags`).optional(),
  retention: z.strictObject({ completed: duration().optional(), failed: duration().optional() })
    .optional(),
  concurrencyKey: tagText.optional(),
  schedule: z.never(SCHEDULE_RULE).optional().meta({ description: SCHEDULE_RULE }),
}).superRefine((job, context) => {
  if (job.runAt !== undefined && job.delay !== undefined) {
    const message = "runAt and delay exclude each other";
    context.addIssue({ code: "custom", path: ["delay"], message });
  }
}).meta({ id: "JobRequest" });

/** A validated request: durations and moments are ms. */
export type JobRequest = z.output<typeof jobRequestSchema>;

/** What a spec needs to know beside the request. */
export interface SpecContext {
  readonly nowMs: number;
  readonly retention: { readonly completedMs: number; readonly failedMs: number };
  /** The handler's own retry rules; see {@link handlerRetryPolicy}. */
  readonly retryOf: (name: string) => RetryPolicy | undefined;
  readonly traceId: string | null;
  readonly fingerprint: string | null;
}

/** A spec, or why there can be none: its payload is too large. */
export type SpecResult =
  | { readonly ok: true; readonly spec: JobSpec }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Fills in every default. The payload's nesting must be bounded. */
export function jobSpec(request: JobRequest, context: SpecContext): SpecResult {
  const payload = request.payload === undefined ? "null" : JSON.stringify(request.payload);
  if (exceedsBytes(payload, PAYLOAD_BYTES_MAX)) {
    return refused("payload", `must be at most ${PAYLOAD_BYTES_MAX} bytes of JSON`);
  }
  const spec: JobSpec = {
    name: request.name,
    payload,
    queue: request.queue ?? QUEUE_DEFAULT,
    priority: request.priority ?? 0,
    runAtMs: request.runAt ?? context.nowMs + (request.delay ?? 0),
    retry: request.retry === undefined
      ? context.retryOf(request.name) ?? RETRY_DEFAULT
      : retryPolicy(request.retry),
    timeoutMs: request.timeout ?? null,
    sla: {
      startWithinMs: request.sla?.startWithin ?? null,
      finishWithinMs: request.sla?.finishWithin ?? null,
    },
    delivery: request.delivery ?? "at-least-once",
    tags: request.tags ?? [],
    retention: {
      completedMs: request.retention?.completed ?? context.retention.completedMs,
      failedMs: request.retention?.failed ?? context.retention.failedMs,
    },
    concurrencyKey: request.concurrencyKey ?? null,
    traceId: context.traceId,
    fingerprint: context.fingerprint,
  };
  return { ok: true, spec };
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
