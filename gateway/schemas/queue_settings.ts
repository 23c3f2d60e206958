/**
 * QueueSettings: what can be set for a queue.
 * @module
 */
import { z } from "../../deps.ts";
import { whole } from "./fields.ts";

/** Largest concurrency of a queue: more than any node's slots. */
export const CONCURRENCY_MAX = 100_000;
const RATE_RULE = "rate limits are not offered by this version; leave it out or null";

/** The body of `PUT /queue/{name}`: fields that are left out stay as they are. */
export const queueSettingsSchema = z.strictObject({
  paused: z.boolean().optional().meta({ description: "A paused queue starts no job." }),
  concurrency: whole(1, CONCURRENCY_MAX).nullable().optional()
    .meta({ description: "Jobs of it that may run at once; null: no limit." }),
  rate: z.null(RATE_RULE).optional().meta({ description: RATE_RULE }),
}).superRefine((settings, context) => {
  if (Object.keys(settings).length === 0) {
    context.addIssue({ code: "custom", path: [], message: "give paused or concurrency" });
  }
}).meta({ id: "QueueUpdate" });
