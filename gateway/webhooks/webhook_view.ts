/**
 * WebhookView: a webhook as users see it. Its secret is in no answer but that to its creation.
 * @module
 */
import type { WebhookSecret, WebhookState } from "../../actors/webhook/feed/state.ts";
import { z } from "../../deps.ts";
import { jobStateName } from "../schemas/fields.ts";
import { moment } from "../schemas/answers.ts";
import { iso, isoOrNull } from "../views/moment.ts";
import { webhookName } from "./webhook_request.ts";

/** A webhook. */
export const webhookAnswer = z.strictObject({
  id: webhookName,
  url: z.string(),
  description: z.string().nullable(),
  states: z.array(jobStateName),
  queues: z.array(z.string()),
  names: z.array(z.string()),
  tags: z.array(z.string()),
  progress: z.boolean(),
  batch: z.int(),
  secret: z.string().meta({ description: "Where it is: `stored`, `env:NAME` or `file:NAME`." }),
  status: z.enum(["active", "failing", "paused"]),
  why: z.string().nullable().meta({ description: "Why it is paused." }),
  sequence: z.int().meta({ description: "The number of the latest event that came for it." }),
  waiting: z.int().meta({ description: "Events that the receiver has not taken." }),
  lost: z.int().meta({ description: "Events that were given up: too many waited, or too long." }),
  createdAt: moment,
  deliveredAt: moment.nullable(),
  failingSince: moment.nullable(),
  nextTryAt: moment.nullable(),
  lastError: z.strictObject({ message: z.string(), at: moment }).nullable(),
}).meta({ id: "Webhook" });

/** The answer to a creation. */
export const webhookCreatedAnswer = webhookAnswer.extend({
  signingSecret: z.string().nullable()
    .meta({ description: "The secret that was made for it: shown now and never again." }),
}).meta({ id: "WebhookCreated" });

/** All webhooks. */
export const webhooksAnswer = z.strictObject({ webhooks: z.array(webhookAnswer) })
  .meta({ id: "Webhooks" });

/** What became of a test. */
export const webhookTestAnswer = z.strictObject({
  delivered: z.boolean(),
  error: z.string().nullable(),
}).meta({ id: "WebhookTest" });

/** A webhook in the shape of {@link webhookAnswer}. */
export function webhookView(state: WebhookState): z.input<typeof webhookAnswer> {
  const { spec: { name, url, description, filter, batch, secret }, cursor, next, ahead } = state;
  const { states, queues, names, tags, progress } = filter;
  const { lastError, paused, lost, failingSinceMs } = state;
  return {
    ...{ id: name, url, description, states: [...states], queues: [...queues] },
    ...{ names: [...names], tags: [...tags], progress, batch, lost },
    secret: placeOf(secret),
    status: paused !== null ? "paused" : failingSinceMs !== null ? "failing" : "active",
    why: paused === null ? null : paused === "asked" ? "it was asked for" : "the receiver failed",
    sequence: next - 1,
    waiting: next - cursor - ahead.length,
    createdAt: iso(state.createdAtMs),
    deliveredAt: isoOrNull(state.deliveredAtMs),
    failingSince: isoOrNull(failingSinceMs),
    nextTryAt: failingSinceMs === null ? null : isoOrNull(state.dueAtMs),
    lastError: lastError && { message: lastError.message, at: iso(lastError.atMs) },
  };
}

function placeOf(secret: WebhookSecret): string {
  switch (secret.kind) {
    case "text":
      return "stored";
    case "env":
      return `env:${secret.name}`;
    case "file":
      return `file:${secret.path}`;
  }
}
