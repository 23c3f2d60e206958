/**
 * Webhooks for tests: the real service over an actor system without a store, and a receiver that is made up.
 * @module
 */
import { webhookBehaviour } from "../../actors/webhook/feed/behaviour.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { WebhookService } from "../webhooks/service.ts";
import { WebhookBook } from "../webhooks/webhook_book.ts";
import { createWebhookService } from "../webhooks/webhook_service.ts";
import type { FakeSystem } from "./fake_system.ts";

/** The secret that webhooks are given. */
export const MADE_SECRET = `whsec_${btoa("0123456789".repeat(3))}`;

/** The service on `system`; tests of addresses that end in `/bad` fail. */
export function webhooksOn(system: FakeSystem, clock: Clock): WebhookService {
  system.host(webhookBehaviour({ pauseAfterMs: 3_600_000, report: () => [] }));
  return createWebhookService({
    ...{ system, clock, book: new WebhookBook() },
    makeSecret: () => MADE_SECRET,
    test: ({ url }) => Promise.resolve(url.endsWith("/bad") ? { message: "answered 500" } : null),
  });
}
