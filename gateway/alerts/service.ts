/**
 * AlertService: what the gateway's routes ask of the node about alerts, in the terms of the API.
 *
 * Not here: HTTP (routes/alert.ts), how it is done over the actor system (alert_service.ts).
 * @module
 */
import type { AlertKind, AlertStatus } from "../../actors/alert/event.ts";
import type { IncidentState } from "../../actors/alert/incident/state.ts";
import type { ErrorReport } from "../../actors/executor/port.ts";
import type { JobStateName } from "../../actors/job/messages.ts";

/** An incident, as committed. */
export interface IncidentRecord {
  /** The name that users know it by. */
  readonly id: string;
  readonly incident: IncidentState;
}

/** A page of a list. */
export interface IncidentPage {
  readonly records: readonly IncidentRecord[];
  readonly cursor: string | null;
}

/** What became of a request to one incident. */
export type IncidentOutcome =
  | { readonly kind: "done"; readonly record: IncidentRecord }
  | { readonly kind: "missing" }
  /** Full or draining: nothing happened. */
  | { readonly kind: "busy" }
  /** No answer in time: it may still happen. */
  | { readonly kind: "unknown" };

/** What became of a test of a channel. */
export type ChannelTest =
  | { readonly kind: "no-such-channel"; readonly channels: readonly string[] }
  /** `state`: that of the job that tells the channel, when it ended or was waited for long enough. */
  | {
    readonly kind: "tried";
    readonly jobId: string;
    readonly state: JobStateName;
    readonly error: ErrorReport | null;
  };

/** The node's alerts. Methods that reach the store reject with `Fault`. */
export interface AlertService {
  /** Incidents that are or were open, the latest made first; `status`: only those. */
  list(
    query: { readonly status?: AlertStatus; readonly limit: number; readonly cursor?: string },
  ): Promise<IncidentPage>;
  get(id: string): Promise<IncidentRecord | undefined>;
  /** Nothing is told of it until then (ms), but that it is over; null: no longer silent. */
  silence(id: string, untilMs: number | null, note: string | null): Promise<IncidentOutcome>;
  /** Tells a channel something, by a job as any alert, and waits for it. */
  test(channel: string): Promise<ChannelTest>;
  /** Events by kind that this node took on since its start. */
  raised(): ReadonlyMap<AlertKind, number>;
}
