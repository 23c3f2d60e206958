/**
 * PagerDuty: a notice as an event of the Events API v2. An incident of ours is one of theirs: its name is the
 * deduplication key, so that whatever is repeated opens no second one, and the end closes it.
 * Source: developer.pagerduty.com, "PD-CEF" and "Send an Alert Event".
 * @module
 */
import { detailsOf, type Notice, severityOf, summaryOf } from "../notice.ts";
import { cutText, type DeliveryFacts, type HttpMessage, jsonMessage } from "./http_message.ts";

const SUMMARY_CHARS_MAX = 1_024;

/** The event; `routingKey` is the integration's. */
export function pagerDutyMessage(
  notice: Notice,
  { url, routingKey, source }: Pick<DeliveryFacts, "source"> & {
    readonly url: string;
    readonly routingKey: string;
  },
): HttpMessage {
  const { incident, status, kind, rule, labels, count, last, openedAtMs } = notice;
  const key = { routing_key: routingKey, dedup_key: `orrery/${incident}` };
  if (status === "resolved") return jsonMessage(url, { ...key, event_action: "resolve" });
  return jsonMessage(url, {
    ...key,
    event_action: "trigger",
    client: "Orrery",
    payload: {
      summary: cutText(summaryOf(notice), SUMMARY_CHARS_MAX),
      source,
      severity: severityOf(kind),
      timestamp: new Date(openedAtMs).toISOString(),
      component: labels.queue ?? labels.node ?? last.subject,
      group: rule,
      class: kind,
      custom_details: { ...labels, count, details: detailsOf(notice).join("\n") },
    },
  });
}
