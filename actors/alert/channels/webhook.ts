/**
 * Webhook: a notice as a CloudEvent, and what Standard Webhooks sign of it.
 *
 * Source: CloudEvents 1.0, JSON format, structured mode; standardwebhooks.com, specification 1.0.
 * @module
 */
import { detailsOf, type Notice, severityOf, summaryOf } from "../notice.ts";
import { type DeliveryFacts, type HttpMessage, jsonMessage } from "./http_message.ts";

const SECRET_PREFIX = "whsec_";

/** The event; a repeated delivery has the same id. */
export function webhookMessage(
  notice: Notice,
  { url, id, nowMs, source }: DeliveryFacts & { readonly url: string },
): HttpMessage {
  const { first, last, openedAtMs, resolvedAtMs, ...rest } = notice;
  return jsonMessage(url, {
    specversion: "1.0",
    id,
    source: `/orrery/${source}`,
    type: `orrery.alert.${notice.status}`,
    subject: notice.incident,
    time: new Date(nowMs).toISOString(),
    datacontenttype: "application/json",
    data: {
      ...rest,
      severity: severityOf(notice.kind),
      summary: summaryOf(notice),
      details: detailsOf(notice),
      first: sampleView(first),
      last: sampleView(last),
      openedAt: new Date(openedAtMs).toISOString(),
      resolvedAt: resolvedAtMs === null ? null : new Date(resolvedAtMs).toISOString(),
    },
  }, { "content-type": "application/cloudevents+json; charset=utf-8" });
}

/** What is signed: `id.timestamp.body`, the time in seconds. */
export function signedContent(
  { id, timestampS, body }: {
    readonly id: string;
    readonly timestampS: number;
    readonly body: string;
  },
): string {
  return `${id}.${timestampS}.${body}`;
}

/** The key that a secret stands for: `whsec_` and base64, or any other text as it is. */
export function secretKey(secret: string): Uint8Array {
  if (!secret.startsWith(SECRET_PREFIX)) return new TextEncoder().encode(secret);
  return Uint8Array.from(atob(secret.slice(SECRET_PREFIX.length)), (unit) => unit.charCodeAt(0));
}

function sampleView({ subject, message, atMs }: Notice["first"]) {
  return { subject, message, at: new Date(atMs).toISOString() };
}
