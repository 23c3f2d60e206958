/**
 * Samples: news and webhooks for tests.
 * @module
 */
import { actorId } from "../../../runtime/ids.ts";
import { contextOf, jobIn, NOW_MS, specOf } from "../../job/testing/samples.ts";
import { newWebhook } from "../feed/codec.ts";
import type { WebhookSpec, WebhookState } from "../feed/state.ts";
import { type JobNews, newsOf } from "../news.ts";

/** That the job `id` has completed, with its version `version`. */
export function newsSample(id = "job-1", version = 3): JobNews {
  const spec = specOf({ tags: ["eu"], queue: "mail.eu", name: "send" });
  const [before, after] = [jobIn("running", { spec }), jobIn("completed", { spec })];
  const context = contextOf({ id: actorId(id), nextVersion: version });
  return newsOf({ before, after }, context) as JobNews;
}

/** A webhook's settings: all states of all jobs, one by one. */
export function webhookSpec(overrides: Partial<WebhookSpec> = {}): WebhookSpec {
  return {
    name: "in",
    url: "https://example.com/in",
    description: null,
    filter: { states: [], queues: [], names: [], tags: [], progress: false },
    batch: 1,
    secret: { kind: "env", name: "ORRERY_WEBHOOK_IN" },
    ...overrides,
  };
}

/** A webhook that has just been made. */
export function webhookState(overrides: Partial<WebhookState> = {}): WebhookState {
  return { ...newWebhook(webhookSpec(), NOW_MS), ...overrides };
}
