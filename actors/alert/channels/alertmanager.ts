/**
 * Alertmanager: a notice as an alert of Prometheus' Alertmanager, API v2.
 *
 * Intuition: Alertmanager knows an alert by its labels, so they hold nothing that changes while it lasts;
 * what changes is in the annotations. It would take an alert without an end for over after some minutes: ours
 * have one far away, until they are resolved.
 * Source: prometheus/alertmanager, api/v2/openapi.yaml (postableAlerts).
 * @module
 */
import { detailsOf, type Notice, severityOf, summaryOf } from "../notice.ts";
import { type HttpMessage, jsonMessage } from "./http_message.ts";

/** When an alert that nobody resolves ends for Alertmanager, ms after it is told: longer than our incidents last. */
const OPEN_FOR_MS = 7 * 86_400_000;

/** The alert; `url` is where Alertmanager's start page is. */
export function alertmanagerMessage(
  notice: Notice,
  { url, token, nowMs }: {
    readonly url: string;
    readonly token: string | null;
    readonly nowMs: number;
  },
): HttpMessage {
  const { incident, status, kind, rule, labels, openedAtMs, resolvedAtMs } = notice;
  const endsAtMs = status === "resolved"
    ? Math.max(resolvedAtMs ?? nowMs, openedAtMs + 1)
    : nowMs + OPEN_FOR_MS;
  const alert = {
    labels: { alertname: kind, severity: severityOf(kind), rule, incident, ...labels },
    annotations: { summary: summaryOf(notice), description: detailsOf(notice).join("\n") },
    startsAt: new Date(openedAtMs).toISOString(),
    endsAt: new Date(endsAtMs).toISOString(),
  };
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  return jsonMessage(`${url.replace(/\/+$/, "")}/api/v2/alerts`, [alert], authorization);
}
