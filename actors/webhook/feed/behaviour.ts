/**
 * Webhook: a receiver outside that is sent the news of jobs, one after the other, until it has taken them.
 *
 *     idle ──news──▶ due ──sent──▶ idle, or due at once when there is more
 *                     │ ▲ ──failed──▶ due later, ever later ──for too long──▶ paused ──resume──▶ due
 *
 * Intuition: events are numbered as they come and kept in the same commit; a cursor says which of them the receiver
 * has taken. Sending goes on outside; while it does the webhook stays due, so whoever owns its shard next sends
 * again what nobody noted as taken.
 *
 * Invariants: WH1. Events that were acknowledged to whoever told them are sent at least once, unless they are
 * counted in `lost`. WH2. The cursor passes only what the receiver has taken, what is lost, or what a user passes
 * over. WH3. What is found out about an earlier turn changes nothing. WH4. At most `BACKLOG_MAX` events wait.
 * Not here: sending, and in which order (delivery/delivery_driver.ts).
 * @module
 */
import type { Behaviour, ReducerContext, Step } from "../../../runtime/actor/behaviour.ts";
import { unreachable } from "../../../runtime/fault.ts";
import type { Draft } from "../../../runtime/snapshot.ts";
import { type AlertEvent, oneLine } from "../../alert/event.ts";
import type { JobNews } from "../news.ts";
import {
  decodeWebhook,
  draftOfEvent,
  encodeSpec,
  encodeWebhook,
  newWebhook,
  WEBHOOK_KIND,
} from "./codec.ts";
import type { WebhookEffect, WebhookMessage, WebhookReply, WebhookTerms } from "./messages.ts";
import { afterSending, rescheduled } from "./sending.ts";
import { BACKLOG_MAX, TURN_EVENTS_MAX, type WebhookState } from "./state.ts";

type WebhookStep = Step<WebhookState, WebhookReply, WebhookEffect>;

/** How webhooks are made part of a node. */
export interface WebhookOptions {
  /** A receiver that fails for so long is sent nothing more, ms. */
  readonly pauseAfterMs: number;
  /** What is inserted so that those who watch over jobs hear of `event`. */
  readonly report: (event: AlertEvent, context: ReducerContext) => readonly Omit<Draft, "shard">[];
}

const DONE: WebhookReply = { kind: "done" };
const MISSING: WebhookReply = { kind: "missing" };

/** The webhook as a kind of actor. */
export function webhookBehaviour(
  options: WebhookOptions,
): Behaviour<WebhookState, WebhookMessage, WebhookReply, WebhookEffect> {
  return {
    kind: WEBHOOK_KIND,
    decode: decodeWebhook,
    encode: encodeWebhook,
    receive: (state, message, context) => {
      if (state.deletedAtMs !== null) return revived(state, message, context);
      const step = receive(state, message, { context, pauseAfterMs: options.pauseAfterMs });
      const event = alertOf({ before: state, after: step.state }, context);
      if (event === undefined) return step;
      const inserts = [...step.carries?.inserts ?? [], ...options.report(event, context)];
      return { ...step, carries: { ...step.carries, inserts } };
    },
    resident: () => false,
    wakes: { wake: () => ({ kind: "wake" }), overdue: null },
    adopts: null,
  };
}

function receive(
  state: WebhookState,
  message: WebhookMessage,
  { context, pauseAfterMs }: {
    readonly context: ReducerContext;
    readonly pauseAfterMs: number;
  },
): WebhookStep {
  const { nowMs } = context;
  switch (message.kind) {
    case "wake":
      return wake(state);
    case "news":
      return taken(state, message.events, context);
    case "sent":
      return done(afterSending(state, message, { ...context, pauseAfterMs }));
    case "put":
      return put(state, message.spec, nowMs);
    case "pause":
      return state.paused === "asked" ? done(state) : done(turned(state, { paused: "asked" }));
    case "resume":
      return done(turned(state, { paused: null, tries: 0, failingSinceMs: null }, nowMs));
    case "seek": {
      const cursor = Math.min(Math.max(1, message.sequence), state.next);
      return done(turned(state, { cursor, ahead: [] }, nowMs));
    }
    case "delete":
      return done(turned(state, { deletedAtMs: nowMs, cursor: state.next, ahead: [] }));
    default:
      return unreachable(message);
  }
}

function wake(state: WebhookState): WebhookStep {
  const { spec, turn, cursor, next, ahead, dueAtMs } = state;
  if (dueAtMs === null) return { state, effects: [] };
  const sequences: number[] = [];
  for (let at = cursor; at < next && at < cursor + TURN_EVENTS_MAX; at++) {
    if (!ahead.includes(at)) sequences.push(at);
  }
  return { state, effects: [{ kind: "deliver", spec, turn, sequences }] };
}

/** Keeps the events (WH1), the oldest no longer when too many wait (WH4). */
function taken(
  state: WebhookState,
  events: readonly JobNews[],
  { id: webhook, nowMs }: ReducerContext,
): WebhookStep {
  const next = state.next + events.length;
  const cursor = Math.max(state.cursor, next - BACKLOG_MAX);
  const ahead = state.ahead.filter((sequence) => sequence >= cursor);
  const passed = state.ahead.length - ahead.length;
  const lost = state.lost + cursor - state.cursor - passed;
  const inserts = events.map((news, at) =>
    draftOfEvent(news, { webhook, sequence: state.next + at, nowMs })
  );
  const kept = rescheduled({ ...state, next, cursor, ahead, lost }, nowMs);
  return { state: kept, reply: DONE, effects: [], carries: { inserts } };
}

function put(state: WebhookState, { secret, ...terms }: WebhookTerms, nowMs: number): WebhookStep {
  const { name, secret: before } = state.spec;
  const spec = { ...terms, name, secret: secret ?? before };
  const body = encodeSpec(spec);
  if (body === encodeSpec(state.spec)) return done(state);
  // Another address may be well: it need not wait for what the last one did.
  const changes = { spec, tries: 0, failingSinceMs: null };
  return { ...done(turned(state, changes, nowMs)), carries: { body } };
}

/** What is under way counts no more (WH3); with `nowMs`, what waits is sent at once. */
function turned(
  state: WebhookState,
  changes: Partial<WebhookState>,
  nowMs?: number,
): WebhookState {
  const next = { ...state, ...changes, turn: state.turn + 1 };
  return rescheduled(nowMs === undefined ? next : { ...next, dueAtMs: null }, nowMs ?? 0);
}

/** A deleted webhook hears of nothing but that it is to be there again, as a new one; its numbers go on. */
function revived(
  state: WebhookState,
  message: WebhookMessage,
  { nowMs }: ReducerContext,
): WebhookStep {
  if (message.kind !== "put" || message.spec.secret === null) {
    return { state, reply: MISSING, effects: [] };
  }
  const spec = { ...message.spec, name: state.spec.name, secret: message.spec.secret };
  const { next, turn } = state;
  const again = { ...newWebhook(spec, nowMs), next, cursor: next, turn: turn + 1 };
  return { ...done(again), carries: { body: encodeSpec(spec) } };
}

function done(state: WebhookState): WebhookStep {
  return { state, reply: DONE, effects: [] };
}

/** A webhook that gave up is an alert until it sends again, or is no more. */
function alertOf(
  { before, after }: { readonly before: WebhookState; readonly after: WebhookState },
  { id, nextVersion, nowMs }: ReducerContext,
): AlertEvent | undefined {
  const [was, is] = [before, after].map(({ paused, deletedAtMs }) =>
    paused === "failing" && deletedAtMs === null
  );
  if (was === is) return undefined;
  const { name } = after.spec;
  const why = after.lastError?.message ?? "";
  return {
    id: `${id}/${nextVersion}/webhook.paused`,
    kind: "webhook.paused",
    status: is ? "firing" : "resolved",
    subject: name,
    labels: { webhook: name },
    message: oneLine(is ? `${name} is sent nothing more: ${why}` : `somebody has seen to ${name}`),
    atMs: nowMs,
  };
}
