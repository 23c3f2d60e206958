/**
 * Event: what may be worth an alert, in one vocabulary, whoever noticed it.
 *
 * Intuition: an event says that something began to be wrong, or is so no longer; about what, with the
 * labels that rules choose and group by. It says nothing about who is told: that is for rules and incidents.
 * @module
 */

/** What can be alerted; rules name them in `on`. */
export type AlertKind =
  /** A job failed for good; resolved when it completes after a retry by hand. */
  | "job.failed"
  /** A job did not start in time; resolved when it starts, or ends. */
  | "sla.start"
  /** A job did not end, or not succeed, in time; resolved when it has. */
  | "sla.finish"
  /** Fires of a schedule were missed, or its job did not succeed in time. */
  | "schedule.missed"
  /** Too many due jobs of a queue wait, or the first of them for too long. */
  | "queue.backlog"
  /** Too large a part of the jobs that end fail. */
  | "failure-rate"
  /** A node died; resolved when one of its name lives. */
  | "node.lost"
  /** An actor cannot be loaded, or crashes on everything: it is left alone for a while. */
  | "shard.quarantined"
  /** A webhook's receiver failed for too long and is sent nothing more; resolved when it is again. */
  | "webhook.paused"
  /** The store was out of reach; told when it is back. */
  | "store.down";

/** Every kind, for schemas. */
export const ALERT_KINDS: readonly AlertKind[] = [
  "job.failed",
  "sla.start",
  "sla.finish",
  "schedule.missed",
  "queue.backlog",
  "failure-rate",
  "node.lost",
  "shard.quarantined",
  "webhook.paused",
  "store.down",
];

/** What rules match and group by. */
export type LabelName = "queue" | "name" | "schedule" | "node" | "webhook";

/** Every label, for schemas. */
export const LABEL_NAMES: readonly LabelName[] = ["queue", "name", "schedule", "node", "webhook"];

/** The labels that an event has. */
export type AlertLabels = { readonly [Name in LabelName]?: string };

/** Whether something is wrong, or no longer. */
export type AlertStatus = "firing" | "resolved";

/** One event. */
export interface AlertEvent {
  /** An event that is told twice counts once. */
  readonly id: string;
  readonly kind: AlertKind;
  readonly status: AlertStatus;
  /** What it is about: the id of a job or schedule, the name of a queue or node. */
  readonly subject: string;
  readonly labels: AlertLabels;
  /** The job's tags, for rules to match; absent: none. */
  readonly tags?: readonly string[];
  /** For people, one line. */
  readonly message: string;
  /** When it happened (ms, wall clock). */
  readonly atMs: number;
  /** W3C traceparent of the job that it is about; absent: that is not traced. */
  readonly trace?: string;
}

/** What ended in a queue on one node since it was last told: what failure rates are reckoned from. */
export interface EndCounts {
  readonly queue: string;
  /** Jobs that completed, and that failed for good. */
  readonly ok: number;
  readonly failed: number;
}

/** Longest message of an event, characters; the rest is cut. */
export const MESSAGE_CHARS_MAX = 500;

/** `text` on one line, within {@link MESSAGE_CHARS_MAX}. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= MESSAGE_CHARS_MAX ? line : `${line.slice(0, MESSAGE_CHARS_MAX - 1)}…`;
}
