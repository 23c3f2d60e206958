/**
 * Codec: how a webhook, and the events that it keeps, are stored.
 *
 * The events are actors of their own beside it, which never wake, so that a backlog costs a webhook's commit nothing.
 * @module
 */
import type { Stored } from "../../../runtime/actor/behaviour.ts";
import { Fault } from "../../../runtime/fault.ts";
import type { ActorId } from "../../../runtime/ids.ts";
import type { Draft, Snapshot } from "../../../runtime/snapshot.ts";
import { keptEventId, webhookActorId } from "../ids.ts";
import type { JobNews } from "../news.ts";
import { EVENTS_KEPT_MS, WEBHOOK_KEPT_MS, type WebhookSpec, type WebhookState } from "./state.ts";

/** `Snapshot.kind` of a webhook. */
export const WEBHOOK_KIND = "webhook";
/** `Snapshot.kind` of an event that one keeps. */
export const KEPT_EVENT_KIND = "webhook-event";
/** The label of every webhook, deleted ones included: nodes find them by it. */
export const LABEL_WEBHOOK = "kept=webhook";

/** Where the webhook `name` waits for its turn: a slow receiver holds nobody else back. */
export function laneOfWebhook(name: string): string {
  return `${WEBHOOK_KIND}/due/${name}`;
}

/** A webhook as it begins. */
export function newWebhook(spec: WebhookSpec, nowMs: number): WebhookState {
  return {
    ...{ spec, createdAtMs: nowMs, paused: null, next: 1, cursor: 1, ahead: [], dueAtMs: null },
    ...{ tries: 0, failingSinceMs: null, lastError: null, deliveredAtMs: null, lost: 0 },
    ...{ turn: 0, deletedAtMs: null },
  };
}

/** What is inserted for it. */
export function draftOfWebhook(state: WebhookState): Omit<Draft, "shard"> {
  return {
    id: webhookActorId(state.spec.name),
    kind: WEBHOOK_KIND,
    createdAtMs: state.createdAtMs,
    body: encodeSpec(state.spec),
    ...encodeWebhook(state),
  };
}

/** What changes of it. */
export function encodeWebhook({ spec, createdAtMs: _, ...rest }: WebhookState): Stored {
  const { deletedAtMs, dueAtMs } = rest;
  return {
    head: JSON.stringify(rest),
    index: {
      wakeAtMs: dueAtMs,
      lane: laneOfWebhook(spec.name),
      rank: 0,
      expireAtMs: deletedAtMs === null ? null : deletedAtMs + WEBHOOK_KEPT_MS,
      labels: [LABEL_WEBHOOK],
      tally: WEBHOOK_KIND,
    },
  };
}

/** Its body. */
export function encodeSpec(spec: WebhookSpec): string {
  return JSON.stringify(spec);
}

/** Reads a webhook's snapshot; throws a `corrupt` fault. */
export function decodeWebhook({ id, head, body, createdAtMs }: Snapshot): WebhookState {
  try {
    const spec = JSON.parse(body) as WebhookSpec;
    const rest = JSON.parse(head) as Omit<WebhookState, "spec" | "createdAtMs">;
    if (typeof spec.url === "string" && Number.isInteger(rest.cursor)) {
      return { ...rest, spec, createdAtMs };
    }
  } catch {
    // Told below, as whatever else it may be.
  }
  throw new Fault("webhook.decode", "corrupt", { message: `${id} does not hold a webhook` });
}

/** What is inserted for the event `news`, which `webhook` counts as `sequence`. */
export function draftOfEvent(
  news: JobNews,
  { webhook, sequence, nowMs }: {
    readonly webhook: ActorId;
    readonly sequence: number;
    readonly nowMs: number;
  },
): Omit<Draft, "shard"> {
  return {
    id: keptEventId(webhook, sequence),
    kind: KEPT_EVENT_KIND,
    createdAtMs: nowMs,
    head: "null",
    body: JSON.stringify(news),
    index: {
      wakeAtMs: null,
      lane: KEPT_EVENT_KIND,
      rank: 0,
      expireAtMs: nowMs + EVENTS_KEPT_MS,
      labels: [],
      tally: KEPT_EVENT_KIND,
    },
  };
}

/** The event that a snapshot holds; throws a `corrupt` fault. */
export function decodeEvent({ id, body }: Snapshot): JobNews {
  try {
    return JSON.parse(body) as JobNews;
  } catch {
    throw new Fault("webhook.event", "corrupt", { message: `${id} does not hold an event` });
  }
}
