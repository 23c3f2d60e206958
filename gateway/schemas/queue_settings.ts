/**
 * QueueSettings: what can be set for a queue.
 * @module
 */
import type { Rate } from "../../actors/limiter/limits.ts";
import { z } from "../../deps.ts";
import { duration, whole } from "./fields.ts";

/** Largest concurrency of a queue: more than any cluster's slots. */
export const CONCURRENCY_MAX = 100_000;
/** Most starts in the span of a rate. */
export const RATE_LIMIT_MAX = 1_000_000;
/** Spans of rates by name, ms. */
export const RATE_SPANS = {
  ...{ second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 },
} as const;

const SPAN_RULE = "must be second, minute, hour, day, or a duration of 1 s to 1 day";
const span = z.union([
  z.enum(Object.keys(RATE_SPANS) as (keyof typeof RATE_SPANS)[]).transform((name) =>
    RATE_SPANS[name]
  ),
  duration({ minMs: RATE_SPANS.second, maxMs: RATE_SPANS.day }),
], SPAN_RULE);

const rate = z.strictObject({
  limit: whole(1, RATE_LIMIT_MAX).meta({ description: "Starts in any span of that length." }),
  per: span,
}).transform(({ limit, per }): Rate => ({ limit, perMs: per })).nullable().optional()
  .meta({ description: "How fast jobs are started; null: as fast as they come." });

const concurrency = whole(1, CONCURRENCY_MAX).nullable().optional();

/** The body of `PUT /queue/{name}`: fields that are left out stay as they are. */
export const queueSettingsSchema = z.strictObject({
  paused: z.boolean().optional().meta({ description: "A paused queue starts no job." }),
  concurrency: concurrency
    .meta({ description: "Jobs of it that may run at once on all nodes; null: no limit." }),
  rate,
  perKey: z.strictObject({
    concurrency: concurrency.meta({ description: "The same of each concurrency key." }),
    rate,
  }).nullable().optional().meta({ description: "Limits of each concurrency key; null: none." }),
}).superRefine((settings, context) => {
  if (Object.keys(settings).length === 0) {
    const message = "give paused, concurrency, rate or perKey";
    context.addIssue({ code: "custom", path: [], message });
  }
}).meta({ id: "QueueUpdate" });
