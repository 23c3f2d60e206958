/**
 * Sending: what becomes of a webhook when a turn of sending has ended.
 * @module
 */
import type { DeliveryFailure, Sent } from "./messages.ts";
import {
  RETRY_AFTER_MAX_MS,
  RETRY_FIRST_MS,
  RETRY_LONGEST_MS,
  type WebhookState,
} from "./state.ts";

interface Circumstances {
  readonly nowMs: number;
  readonly chance: number;
  readonly pauseAfterMs: number;
}

/** The state after `sent` (WH2, WH3). */
export function afterSending(state: WebhookState, sent: Sent, at: Circumstances): WebhookState {
  if (sent.turn !== state.turn) return state; // (WH3)
  const taken = sent.done.length - sent.expired;
  const passed = {
    ...state,
    ...advanced(state, sent.done),
    lost: state.lost + sent.expired,
    deliveredAtMs: taken > 0 ? at.nowMs : state.deliveredAtMs,
    dueAtMs: null,
  };
  if (sent.failure !== null) return failed(passed, sent.failure, at);
  const well = taken > 0 && { tries: 0, failingSinceMs: null, lastError: null };
  return rescheduled({ ...passed, ...well }, at.nowMs);
}

/** When it sends next: as it was, or at `atMs`, if there is anything to send and nothing in the way. */
export function rescheduled(state: WebhookState, atMs: number): WebhookState {
  const { paused, deletedAtMs, cursor, next } = state;
  const idle = paused !== null || deletedAtMs !== null || cursor >= next;
  return { ...state, dueAtMs: idle ? null : state.dueAtMs ?? atMs };
}

function advanced(
  { cursor, ahead, next }: WebhookState,
  done: readonly number[],
): Pick<WebhookState, "cursor" | "ahead"> {
  const taken = new Set([...ahead, ...done]);
  let passed = cursor;
  while (passed < next && taken.has(passed)) passed++;
  const left = [...taken].filter((sequence) => sequence > passed && sequence < next);
  return { cursor: passed, ahead: left.sort((one, other) => one - other) };
}

/** It is tried again, ever later; after too long, or when the receiver says so, no more. */
function failed(
  state: WebhookState,
  { message, retryAfterMs, gone }: DeliveryFailure,
  { nowMs, chance, pauseAfterMs }: Circumstances,
): WebhookState {
  const failingSinceMs = state.failingSinceMs ?? nowMs;
  const lastError = { message, atMs: nowMs };
  const tries = state.tries + 1;
  const gaveUp = gone || nowMs - failingSinceMs >= pauseAfterMs;
  const next: WebhookState = {
    ...{ ...state, failingSinceMs, lastError, tries },
    paused: gaveUp ? "failing" : state.paused,
  };
  const plain = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** (tries - 1));
  const drawn = Math.round(plain * (0.8 + 0.4 * chance));
  const delayMs = Math.max(drawn, Math.min(retryAfterMs ?? 0, RETRY_AFTER_MAX_MS));
  return rescheduled(next, nowMs + delayMs);
}
