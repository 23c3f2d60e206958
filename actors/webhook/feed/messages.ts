/**
 * Messages of a webhook.
 * @module
 */
import type { JobNews } from "../news.ts";
import type { WebhookSpec } from "./state.ts";

/** Why a delivery did not get through. */
export interface DeliveryFailure {
  /** For people, without secrets. */
  readonly message: string;
  /** What the receiver asked for, ms; null: nothing. */
  readonly retryAfterMs: number | null;
  /** The receiver is gone for good. */
  readonly gone: boolean;
}

/** What came of one turn of sending. */
export interface Sent {
  readonly kind: "sent";
  /** The webhook's turn that it belongs to. */
  readonly turn: number;
  /** Sequence numbers of events that the receiver has taken, or that are kept no longer, in any order. */
  readonly done: readonly number[];
  /** How many of them are kept no longer. */
  readonly expired: number;
  readonly failure: DeliveryFailure | null;
}

/** What a webhook receives. */
export type WebhookMessage =
  /** Its time has come. */
  | { readonly kind: "wake" }
  /** Events for it, in their order. */
  | { readonly kind: "news"; readonly events: readonly JobNews[] }
  | Sent
  /** Other settings; a secret of null: it stays. */
  | { readonly kind: "put"; readonly spec: WebhookTerms }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  /** Goes on with the event of this number, back or ahead. */
  | { readonly kind: "seek"; readonly sequence: number }
  | { readonly kind: "delete" };

/** What can be set of a webhook. */
export type WebhookTerms = Omit<WebhookSpec, "name" | "secret"> & {
  readonly secret: WebhookSpec["secret"] | null;
};

/** What it answers. */
export type WebhookReply =
  | { readonly kind: "done" }
  /** It was deleted. */
  | { readonly kind: "missing" };

/** What it asks of the world: send these events, then answer with `sent`. */
export interface WebhookEffect {
  readonly kind: "deliver";
  readonly spec: WebhookSpec;
  readonly turn: number;
  /** Sequence numbers, ascending. */
  readonly sequences: readonly number[];
}
