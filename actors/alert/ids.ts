/**
 * Ids of what alerts are made of: `alert~<hash>@incident`, its notices `alert~<hash>@notice-…`, and the
 * reports that actors bring about, `order-7@report-3`.
 *
 * Intuition: an incident lives with its notices, and a report with whoever makes it: they commit together.
 * @module
 */
import { type ActorId, actorId } from "../../runtime/ids.ts";
import type { AlertEvent, AlertLabels } from "./event.ts";
import { labelsOf } from "./rule.ts";
import type { AlertRule } from "./rule.ts";

/** What every id of an incident and its notices begins with; users' own ids must not. */
export const ALERT_ID_PREFIX = "alert~";
const INCIDENT_SUFFIX = "@incident";
const REPORT_MARK = "@report-";

/** What an incident is about: one rule, one kind of event, one set of labels. */
export interface IncidentSubject {
  readonly rule: string;
  readonly kind: AlertEvent["kind"];
  /** Those of the rule's grouping that the events have. */
  readonly labels: AlertLabels;
}

/** The incident that `rule` counts `event` to. */
export function subjectOf(
  rule: AlertRule,
  { kind, labels }: Pick<AlertEvent, "kind" | "labels">,
): IncidentSubject {
  return { rule: rule.name, kind, labels: labelsOf(rule, { kind, labels }) };
}

/** The incident's actor: the same for equal subjects, on every node. */
export function incidentId({ rule, kind, labels }: IncidentSubject): ActorId {
  const named = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
  const key = JSON.stringify([rule, kind, named]);
  return actorId(`${ALERT_ID_PREFIX}${fingerprint(key)}${INCIDENT_SUFFIX}`);
}

/** An incident's name for users: what its id has between prefix and `@`. */
export function nameOfIncident(id: ActorId): string {
  return id.slice(ALERT_ID_PREFIX.length, -INCIDENT_SUFFIX.length);
}

/** The incident that users call `name`; undefined when none can be called so. */
export function incidentNamed(name: string): ActorId | undefined {
  if (!/^[a-z0-9]{1,40}$/.test(name)) return undefined;
  return actorId(`${ALERT_ID_PREFIX}${name}${INCIDENT_SUFFIX}`);
}

/** The job that delivers a notice of `incident`; `mark` differs between its notices. */
export function noticeId(incident: ActorId, mark: string): ActorId {
  return actorId(`${incident.slice(0, -INCIDENT_SUFFIX.length)}@notice-${mark}`);
}

/** The report that `reporter` brings about with its version `version`. */
export function reportId(reporter: ActorId, version: number): ActorId {
  return actorId(`${reporter}${REPORT_MARK}${version.toString(36)}`);
}

/** Tells whether `id` is one of alerts' own, or may become one. */
export function isAlertId(id: string): boolean {
  return id.startsWith(ALERT_ID_PREFIX) || id.includes(REPORT_MARK);
}

/** 20 characters for `text`: about 100 bits, the same everywhere, and no secret. cyrb53, twice. */
export function fingerprint(text: string): string {
  return [0x9e37, 0x85eb].map((seed) => cyrb53(text, seed).toString(36).padStart(10, "0"))
    .join("").slice(0, 22);
}

/** 52 bits of `text`. Source: bryc, cyrb53 (public domain). */
function cyrb53(text: string, seed: number): number {
  let [one, two] = [0xdeadbeef ^ seed, 0x41c6ce57 ^ seed];
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    one = Math.imul(one ^ unit, 2654435761);
    two = Math.imul(two ^ unit, 1597334677);
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(two ^ (two >>> 13), 3266489909);
  two = Math.imul(two ^ (two >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
  return 4294967296 * (0xfffff & two) + (one >>> 0);
}
