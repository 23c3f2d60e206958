/**
 * WebhookState: who is sent what, and how far it is.
 * @module
 */
import type { SecretSource } from "../../alert/channel.ts";
import type { WebhookFilter } from "../filter.ts";

/** What deliveries are signed with: where it is to be had, or the text itself. */
export type WebhookSecret = SecretSource | { readonly kind: "text"; readonly text: string };

/** What users set. */
export interface WebhookSpec {
  readonly name: string;
  readonly url: string;
  readonly description: string | null;
  readonly filter: WebhookFilter;
  /** Events of one request at most; 1: each is a request of its own. */
  readonly batch: number;
  readonly secret: WebhookSecret;
}

/** A webhook. Events are numbered from 1 as they come; those from `cursor` to before `next` are to be sent. */
export interface WebhookState {
  readonly spec: WebhookSpec;
  readonly createdAtMs: number;
  /** Why it sends nothing; null: it sends. `failing` is its own doing. */
  readonly paused: "asked" | "failing" | null;
  /** The number of the next event that comes. */
  readonly next: number;
  /** Every event before it was taken by the receiver, or given up. */
  readonly cursor: number;
  /** Numbers after `cursor` that the receiver has taken already, ascending. */
  readonly ahead: readonly number[];
  /** When it sends next, ms; null: there is nothing to send, or it is paused. */
  readonly dueAtMs: number | null;
  /** Failures since the last success. */
  readonly tries: number;
  /** When the first of them was, ms. */
  readonly failingSinceMs: number | null;
  readonly lastError: { readonly message: string; readonly atMs: number } | null;
  readonly deliveredAtMs: number | null;
  /** Events that were given up unsent: too many waited, or for too long. */
  readonly lost: number;
  /** One more whenever it is told where to go on, or otherwise: what was under way counts no more. */
  readonly turn: number;
  readonly deletedAtMs: number | null;
}

/** Events that wait for one receiver; beyond it the oldest are given up. An hour at 25 events a second. */
export const BACKLOG_MAX = 100_000;
/** How long events are kept for their receiver and for replays, ms. */
export const EVENTS_KEPT_MS = 3 * 86_400_000;
/** Events of one turn of sending: as many may be sent again after a crash. */
export const TURN_EVENTS_MAX = 100;
/** How long a deleted webhook is kept, ms: longer than its events, so that another one of its name finds none of them. */
export const WEBHOOK_KEPT_MS = EVENTS_KEPT_MS + 86_400_000;
/** Pauses between tries: the first, ms, doubled each time, up to the longest. */
export const RETRY_FIRST_MS = 1_000;
export const RETRY_LONGEST_MS = 300_000;
/** The longest wait that a receiver can ask for, ms. */
export const RETRY_AFTER_MAX_MS = 3_600_000;
