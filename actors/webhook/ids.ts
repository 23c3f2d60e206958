/**
 * Ids of what webhooks are made of: `billing` is the actor `billing@webhook`, what it is to send `billing@webhook-…`,
 * and the news that jobs bring about `order-7@news-…`.
 *
 * Intuition: what stands before the `@` decides the shard, so news commit with their job, and what a webhook keeps
 * commits with the webhook.
 * @module
 */
import { type ActorId, actorId } from "../../runtime/ids.ts";

const WEBHOOK_SUFFIX = "@webhook";
const NEWS_MARK = "@news-";
const WEBHOOK_ID = /@webhook(-[0-9a-z]*)?$/;

/** The actor of the webhook `name`; throws `InvariantError` when it cannot be one. */
export function webhookActorId(name: string): ActorId {
  return actorId(`${name}${WEBHOOK_SUFFIX}`);
}

/** Where `webhook` keeps the event of this sequence number. */
export function keptEventId(webhook: ActorId, sequence: number): ActorId {
  return actorId(`${webhook}-${sequence.toString(36)}`);
}

/** The news of `job`, created at `createdAtMs`, that its change to `version` is: jobs of one id that follow one another differ. */
export function newsId(
  job: ActorId,
  { createdAtMs, version }: { readonly createdAtMs: number; readonly version: number },
): ActorId {
  return actorId(`${job}${NEWS_MARK}${createdAtMs.toString(36)}-${version.toString(36)}`);
}

/** Tells whether `id` is one of webhooks' own, or may become one. */
export function isWebhookId(id: string): boolean {
  return id.includes(NEWS_MARK) || WEBHOOK_ID.test(id);
}
