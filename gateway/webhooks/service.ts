/**
 * WebhookService: what the gateway's routes ask of the node about webhooks, in the terms of the API.
 * @module
 */
import type { WebhookTerms } from "../../actors/webhook/feed/messages.ts";
import type { WebhookState } from "../../actors/webhook/feed/state.ts";

/** What became of a request to one webhook. */
export type WebhookOutcome =
  | { readonly kind: "done"; readonly webhook: WebhookState }
  | { readonly kind: "missing" }
  /** Full or draining: nothing happened. */
  | { readonly kind: "busy" }
  /** No answer in time: it may still happen. */
  | { readonly kind: "unknown" };

/** What became of a creation. */
export type WebhookCreation =
  /** `secret`: the one that was made for it; null: it came with its own. It is told nowhere else. */
  | { readonly kind: "created"; readonly webhook: WebhookState; readonly secret: string | null }
  | { readonly kind: "exists" }
  | { readonly kind: "too-many"; readonly max: number }
  | Exclude<WebhookOutcome, { kind: "done" } | { kind: "missing" }>;

/** Where a replay goes on: at an event's number, or with the first event that came at or after a moment (ms). */
export type ReplayFrom = { readonly sequence: number } | { readonly atMs: number };

/** What became of a test. */
export type WebhookTest =
  | { readonly kind: "missing" }
  /** `why` null: the receiver took it. */
  | { readonly kind: "tried"; readonly why: string | null };

/** The webhooks. Methods reject with `Fault` when the store is out of reach. */
export interface WebhookService {
  /** Every webhook, by name. */
  list(): Promise<readonly WebhookState[]>;
  get(name: string): Promise<WebhookState | undefined>;
  /** Makes one; a secret of null is made for it. */
  create(name: string, terms: WebhookTerms): Promise<WebhookCreation>;
  /** Gives it other settings; a secret of null stays. */
  put(name: string, terms: WebhookTerms): Promise<WebhookOutcome>;
  pause(name: string): Promise<WebhookOutcome>;
  resume(name: string): Promise<WebhookOutcome>;
  replay(name: string, from: ReplayFrom): Promise<WebhookOutcome>;
  remove(name: string): Promise<WebhookOutcome>;
  /** Sends its receiver one event that is none, and waits for what comes of it. */
  test(name: string): Promise<WebhookTest>;
}
