/**
 * Rule: which events concern whom, and which of them are one incident.
 *
 * Not here: how rules are read (config/alerts.ts), what an incident makes of its events (incident/).
 * @module
 */
import type { AlertEvent, AlertKind, AlertLabels, LabelName } from "./event.ts";
import type { SilentSpan } from "./silence.ts";

/** One rule, with every default filled in. */
export interface AlertRule {
  /** Unique among the rules; incidents are found by it, across restarts. */
  readonly name: string;
  readonly on: readonly AlertKind[];
  /** Each label that is named must be one of these patterns; `*` stands for any text. */
  readonly match: { readonly [Name in LabelName | "tag"]?: readonly string[] };
  readonly threshold: AlertThreshold;
  readonly channels: readonly string[];
  /** Events with the same of these labels are one incident; null: what is usual for their kind. */
  readonly groupBy: readonly LabelName[] | null;
  /** How long the first notice of an incident waits for what belongs to it, ms. */
  readonly gatherMs: number;
  /** Shortest time between two notices of an incident that goes on, ms. */
  readonly throttleMs: number;
  /** An incident without news for so long is over, ms. */
  readonly resolveAfterMs: number;
  readonly silence: readonly SilentSpan[];
}

/** From when on events are an incident. */
export interface AlertThreshold {
  /** So many events within the window. 1 to `THRESHOLD_COUNT_MAX`. */
  readonly count: number;
  readonly windowMs: number;
  /** `queue.backlog`: more due jobs than this; null: however many. */
  readonly depth: number | null;
  /** `queue.backlog`: the oldest due for longer than this, ms; null: however long. */
  readonly ageMs: number | null;
  /** `failure-rate`: this part of what ended in the window, 0 to 1, if that were `minimum` jobs at least. */
  readonly rate: number;
  readonly minimum: number;
}

/** Events that a threshold may wait for: their times are kept. */
export const THRESHOLD_COUNT_MAX = 1_000;

const BY_JOB: readonly LabelName[] = ["queue", "name"];
/** What events of a kind are grouped by unless the rule says. */
const GROUPED_BY: Readonly<Record<AlertKind, readonly LabelName[]>> = {
  "job.failed": BY_JOB,
  "sla.start": BY_JOB,
  "sla.finish": BY_JOB,
  "schedule.missed": ["schedule"],
  "queue.backlog": ["queue"],
  "failure-rate": ["queue"],
  "node.lost": ["node"],
  "shard.quarantined": [],
  "webhook.paused": ["webhook"],
  "store.down": [],
};

/** Tells whether `rule` concerns `event`. */
export function concerns(
  rule: AlertRule,
  { kind, labels, tags = [] }: Pick<AlertEvent, "kind" | "labels" | "tags">,
): boolean {
  if (!rule.on.includes(kind)) return false;
  return Object.entries(rule.match).every(([name, patterns]) => {
    const texts = name === "tag" ? tags : [labels[name as LabelName]];
    return texts.some((text) => text !== undefined && patterns.some((one) => fits(text, one)));
  });
}

/** The labels of an event by which `rule` groups it, those that the event lacks left out. */
export function labelsOf(
  rule: Pick<AlertRule, "groupBy">,
  { kind, labels }: Pick<AlertEvent, "kind" | "labels">,
): AlertLabels {
  const names = rule.groupBy ?? GROUPED_BY[kind];
  return Object.fromEntries(
    names.filter((name) => labels[name] !== undefined).map((name) => [name, labels[name]]),
  );
}

/** Tells whether `text` is as `pattern` says. Cost: O(length of both), whatever the pattern. */
export function fits(text: string, pattern: string): boolean {
  const parts = pattern.split("*");
  const first = parts.shift() ?? "";
  if (!text.startsWith(first)) return false;
  const last = parts.pop();
  if (last === undefined) return text.length === first.length;
  let at = first.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
