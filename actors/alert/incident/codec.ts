/**
 * Codec: an incident between what the actor holds and what is stored. What it is about is its body, the rest its head.
 *
 * Invariant: `decodeIncident` of what `draftOfIncident` and `encodeIncident` wrote is the state they were given.
 * @module
 */
import type { Stored } from "../../../runtime/actor/behaviour.ts";
import { Fault } from "../../../runtime/fault.ts";
import type { Draft, Indexing, Snapshot } from "../../../runtime/snapshot.ts";
import { incidentId, type IncidentSubject } from "../ids.ts";
import { INCIDENT_KEPT_MS, type IncidentState } from "./state.ts";

/** `Snapshot.kind` of an incident. */
export const INCIDENT_KIND = "incident";
/** The line in which incidents that have something to do wait to be woken. */
export const INCIDENT_LANE = "incident/due";

/** The label of the incidents that are, or were, open. */
export const LABEL_OPENED = "opened=yes";

/** What an incident's head holds. */
type Head = Omit<IncidentState, "subject" | "bornAtMs">;

/** The label by which incidents of one status are found. */
export function statusLabel(status: IncidentState["status"]): string {
  return `status=${status}`;
}

/** Reads an incident's snapshot; throws a `corrupt` fault. */
export function decodeIncident({ id, head, body, createdAtMs }: Snapshot): IncidentState {
  try {
    const subject = JSON.parse(body) as IncidentSubject;
    return { subject, bornAtMs: createdAtMs, ...JSON.parse(head) as Head };
  } catch {
    const message = `${id} does not hold an incident`;
    throw new Fault("incident.decode", "corrupt", { message });
  }
}

/** Writes what changes of an incident. */
export function encodeIncident(state: IncidentState): Stored {
  const { subject: _, bornAtMs: __, ...head } = state;
  return { head: JSON.stringify(head satisfies Head), index: indexingOf(state) };
}

/** What is inserted before an incident is told of its first event. */
export function draftOfIncident(subject: IncidentSubject, nowMs: number): Omit<Draft, "shard"> {
  const state: IncidentState = {
    subject,
    bornAtMs: nowMs,
    status: "quiet",
    episode: 0,
    openedAtMs: nowMs,
    resolvedAtMs: null,
    lastAtMs: nowMs,
    notifyAtMs: nowMs,
    count: 0,
    open: [],
    openMore: 0,
    first: null,
    last: null,
    seen: [],
    recent: [],
    rate: [],
    silence: null,
    channels: {},
    lookAtMs: null,
    wakeAtMs: null,
  };
  return {
    id: incidentId(subject),
    kind: INCIDENT_KIND,
    createdAtMs: nowMs,
    body: JSON.stringify(subject),
    ...encodeIncident(state),
  };
}

function indexingOf({ subject, status, episode, lastAtMs, wakeAtMs }: IncidentState): Indexing {
  const labels = [statusLabel(status), `rule=${subject.rule}`];
  if (episode > 0) labels.push(LABEL_OPENED);
  return {
    wakeAtMs,
    lane: INCIDENT_LANE,
    rank: 0,
    expireAtMs: wakeAtMs === null && status !== "firing" ? lastAtMs + INCIDENT_KEPT_MS : null,
    labels,
    tally: status,
  };
}
