/**
 * Message: events as CloudEvents, one or several in one request.
 *
 * Source: CloudEvents 1.0, JSON format and JSON batch format; its extension `sequence`.
 * @module
 */
import type { JobNews } from "../news.ts";

/** An event and its number in its webhook. */
export interface NumberedEvent {
  readonly sequence: number;
  readonly news: JobNews;
}

/** What is sent, but for its signature. */
export interface WebhookMessageBody {
  /** The header `webhook-id`: that of a single event is its own. */
  readonly id: string;
  readonly contentType: string;
  readonly body: string;
}

/** Digits of a sequence number, so that their texts are in order too. */
const SEQUENCE_DIGITS = 12;

/** One event as a request of its own. */
export function singleMessage(event: NumberedEvent): WebhookMessageBody {
  return {
    id: event.news.id,
    contentType: "application/cloudevents+json; charset=utf-8",
    body: JSON.stringify(cloudEvent(event)),
  };
}

/** Several in their order; `events` must not be empty. */
export function batchMessage(
  webhook: string,
  events: readonly NumberedEvent[],
): WebhookMessageBody {
  const [first, last] = [events[0], events.at(-1)].map((event) => event?.sequence ?? 0);
  return {
    id: `${webhook}.${first}-${last}`,
    contentType: "application/cloudevents-batch+json; charset=utf-8",
    body: JSON.stringify(events.map(cloudEvent)),
  };
}

/** What is sent to try a webhook out. */
export function testMessage(
  { id, webhook, nowMs }: { readonly id: string; readonly webhook: string; readonly nowMs: number },
): WebhookMessageBody {
  const body = JSON.stringify({
    ...{ specversion: "1.0", id, source: "/orrery", type: "orrery.webhook.test", subject: webhook },
    ...{ time: moment(nowMs), datacontenttype: "application/json", data: { webhook } },
  });
  return { id, contentType: "application/cloudevents+json; charset=utf-8", body };
}

function cloudEvent({ sequence, news }: NumberedEvent): Readonly<Record<string, unknown>> {
  const { id, atMs, progressOnly, job } = news;
  const { runAtMs, startedAtMs, finishedAtMs, before, ...rest } = job;
  return {
    specversion: "1.0",
    id,
    source: "/orrery",
    type: `orrery.job.${progressOnly ? "progress" : job.state}`,
    subject: job.id,
    time: moment(atMs),
    sequence: String(sequence).padStart(SEQUENCE_DIGITS, "0"),
    datacontenttype: "application/json",
    data: {
      ...rest,
      before,
      runAt: moment(runAtMs),
      startedAt: moment(startedAtMs),
      finishedAt: moment(finishedAtMs),
    },
  };
}

function moment(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
