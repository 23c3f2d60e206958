/**
 * Notice: what a channel is told of an incident, and how people read it.
 *
 * Intuition: it is the payload of the job that delivers it, so it holds nothing secret, and everything that
 * any channel wants to say. Whatever a channel does, it says of an incident the same words.
 * @module
 */
import { type AlertKind, type AlertLabels, type AlertStatus, oneLine } from "./event.ts";

/** One event of an incident, as people are shown it. */
export interface Sample {
  readonly subject: string;
  readonly message: string;
  readonly atMs: number;
  /** W3C traceparent of the job that it was about; absent: that was not traced. */
  readonly trace?: string;
}

/** What is said of an incident at one moment. */
export interface Notice {
  /** Names the incident: the same for everything that is ever said of it. */
  readonly incident: string;
  /** Which time it is that the incident is open, from 1. */
  readonly episode: number;
  readonly status: AlertStatus;
  readonly kind: AlertKind;
  readonly rule: string;
  readonly labels: AlertLabels;
  /** Events since it was opened. */
  readonly count: number;
  /** The latest of what is still wrong, and of how many. */
  readonly subjects: readonly string[];
  readonly open: number;
  readonly first: Sample;
  readonly last: Sample;
  readonly openedAtMs: number;
  readonly resolvedAtMs: number | null;
  /** True for one that only tries the channel out. */
  readonly test?: true;
}

/** Subjects that a notice names. */
export const SUBJECTS_SHOWN_MAX = 10;

/** How bad it is, in the words that most receivers know. */
export type Severity = "critical" | "error" | "warning";

const SEVERITIES: Readonly<Record<AlertKind, Severity>> = {
  "job.failed": "error",
  "sla.start": "warning",
  "sla.finish": "warning",
  "schedule.missed": "error",
  "queue.backlog": "warning",
  "failure-rate": "error",
  "node.lost": "critical",
  "shard.quarantined": "error",
  "webhook.paused": "error",
  "store.down": "critical",
};

/** How bad events of this kind are. */
export function severityOf(kind: AlertKind): Severity {
  return SEVERITIES[kind];
}

/** One line: `Resolved: job.failed, queue=default name=pay: pay failed after 3 attempts …`. */
export function summaryOf(notice: Notice): string {
  const { status, kind, labels, last, count, test } = notice;
  const named = Object.entries(labels).map(([name, value]) => `${name}=${value}`).join(" ");
  const where = named === "" ? "" : `, ${named}`;
  const times = count > 1 ? ` (${count} times)` : "";
  const mark = test === true ? "Test: " : "";
  const what = `${mark}${status === "firing" ? "Firing" : "Resolved"}: ${kind}${where}${times}`;
  return oneLine(`${what}: ${last.message}`);
}

/** The rest, line by line: since when, what of. */
export function detailsOf(notice: Notice): readonly string[] {
  const { rule, first, last, subjects, open, openedAtMs, resolvedAtMs, count, status } = notice;
  const more = open > subjects.length ? ` and ${open - subjects.length} more` : "";
  return [
    `Rule: ${rule}`,
    `Since: ${new Date(openedAtMs).toISOString()}`,
    ...(resolvedAtMs === null ? [] : [`Until: ${new Date(resolvedAtMs).toISOString()}`]),
    ...(count > 1
      ? [`First: ${sampleText(first)}`, `Last: ${sampleText(last)}`]
      : [`Event: ${sampleText(last)}`]),
    ...(status === "firing" && subjects.length > 0
      ? [`Concerns: ${subjects.join(", ")}${more}`]
      : []),
  ];
}

function sampleText({ subject, message, atMs }: Sample): string {
  return `${new Date(atMs).toISOString()} ${subject}: ${message}`;
}
