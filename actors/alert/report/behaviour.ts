/**
 * Report: events on their way to the incidents that they belong to, which live in other shards.
 *
 * Intuition: whoever has something to report inserts one with its own transition, so that what is committed
 * is also going to be told. It is due at once, has its events told, and is over when they are.
 *
 * Invariant: RP1. Every event of a report reaches each incident that it concerns at least once, whichever nodes
 * fail meanwhile; incidents know what they were told already.
 * Not here: which incidents (alert_driver.ts).
 * @module
 */
import type { Behaviour, ReducerContext, Stored } from "../../../runtime/actor/behaviour.ts";
import { Fault, unreachable } from "../../../runtime/fault.ts";
import type { ActorId } from "../../../runtime/ids.ts";
import type { Draft, Snapshot } from "../../../runtime/snapshot.ts";
import type { AlertEvent } from "../event.ts";
import { reportId } from "../ids.ts";

/** `Snapshot.kind` of a report. */
export const REPORT_KIND = "report";
/** The line in which reports wait to be told. */
export const REPORT_LANE = "report/due";

/** A report: what happened, and when it was over. */
export interface ReportState {
  readonly events: readonly AlertEvent[];
  readonly reportedAtMs: number;
  readonly overAtMs: number | null;
}

/** What a report receives: its time has come, or every event has been told. */
export type ReportMessage = { readonly kind: "wake" } | { readonly kind: "told" };

/** What it asks of the world: tell these events, then answer with `told`. */
export interface ReportEffect {
  readonly kind: "tell";
  readonly events: readonly AlertEvent[];
}

/** The report as a kind of actor. */
export const reportBehaviour: Behaviour<ReportState, ReportMessage, never, ReportEffect> = {
  kind: REPORT_KIND,
  decode: decodeReport,
  encode,
  receive(state, message, { nowMs }: ReducerContext) {
    switch (message.kind) {
      case "wake": {
        const { events, overAtMs } = state;
        return { state, effects: overAtMs === null ? [{ kind: "tell", events }] : [] };
      }
      case "told":
        if (state.overAtMs !== null) return { state, effects: [] };
        return { state: { ...state, overAtMs: nowMs }, effects: [] };
      default:
        return unreachable(message);
    }
  },
  resident: () => false,
  wakes: { wake: () => ({ kind: "wake" }), overdue: null },
  adopts: null,
};

/** What is inserted with the transition to `version` of `reporter` that `events` tell of. */
export function draftOfReport(
  events: readonly AlertEvent[],
  { reporter, version, nowMs }: {
    readonly reporter: ActorId;
    readonly version: number;
    readonly nowMs: number;
  },
): Omit<Draft, "shard"> {
  return {
    id: reportId(reporter, version),
    kind: REPORT_KIND,
    createdAtMs: nowMs,
    body: JSON.stringify(events),
    ...encode({ events, reportedAtMs: nowMs, overAtMs: null }),
  };
}

function encode({ reportedAtMs, overAtMs }: ReportState): Stored {
  return {
    head: JSON.stringify(overAtMs),
    index: {
      wakeAtMs: overAtMs === null ? reportedAtMs : null,
      lane: REPORT_LANE,
      rank: 0,
      expireAtMs: overAtMs,
      labels: [],
      tally: overAtMs === null ? "waiting" : "over",
    },
  };
}

function decodeReport({ id, head, body, createdAtMs }: Snapshot): ReportState {
  try {
    const events = JSON.parse(body) as readonly AlertEvent[];
    return { events, reportedAtMs: createdAtMs, overAtMs: JSON.parse(head) as number | null };
  } catch {
    const message = `${id} does not hold a report`;
    throw new Fault("report.decode", "corrupt", { message });
  }
}
