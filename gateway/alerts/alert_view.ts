/**
 * AlertView: an incident as users see it.
 * @module
 */
import type { IncidentState } from "../../actors/alert/incident/state.ts";
import { type Sample, severityOf, SUBJECTS_SHOWN_MAX } from "../../actors/alert/notice.ts";
import { iso, isoOrNull } from "../views/moment.ts";
import type { ChannelTest, IncidentRecord } from "./service.ts";

/** The JSON of an incident, as seen at `nowMs`. */
export function alertView({ id, incident }: IncidentRecord, nowMs: number) {
  const { subject, status, episode, count, open, openMore, first, last } = incident;
  return {
    id,
    status: status === "firing" ? "firing" : "resolved",
    kind: subject.kind,
    severity: severityOf(subject.kind),
    rule: subject.rule,
    labels: subject.labels,
    episode,
    count,
    open: open.length + openMore,
    subjects: open.slice(-SUBJECTS_SHOWN_MAX),
    first: first && sampleView(first),
    last: last && sampleView(last),
    openedAt: iso(incident.openedAtMs),
    resolvedAt: isoOrNull(incident.resolvedAtMs),
    silence: silenceView(incident, nowMs),
    channels: channelsView(incident),
  };
}

/** What became of a test of `channel`. */
export function testView(
  channel: string,
  { jobId, state, error }: Extract<ChannelTest, { kind: "tried" }>,
) {
  const report = error && { name: error.name, message: error.message };
  return { channel, delivered: state === "completed", jobId, state, error: report };
}

function sampleView({ subject, message, atMs }: Sample) {
  return { subject, message, at: iso(atMs) };
}

function silenceView({ silence }: IncidentState, nowMs: number) {
  if (silence === null || silence.untilMs <= nowMs) return null;
  return { until: iso(silence.untilMs), note: silence.note };
}

function channelsView({ channels }: IncidentState) {
  return Object.fromEntries(
    Object.entries(channels).map(([name, { told, atMs, job }]) => [
      name,
      { told, at: iso(atMs), jobId: job?.id ?? null },
    ]),
  );
}
