/**
 * Callback: what the job that tells of a flow's end is told.
 *
 * Intuition: whatever handler is named, its payload gets the member `flow`. The built-in `http` sends
 * what is in `body`, so there the summary is the body, unless the user gave one.
 * @module
 */
import { countsOf, type FlowState, type NodeCounts, type NodeStatus } from "./state.ts";

/** Keys of failed jobs that a summary names; the counts tell of all. */
export const FAILED_TOLD_MAX = 100;

/** A flow's end in short. */
export interface FlowSummary {
  readonly id: string;
  readonly state: FlowState["state"];
  readonly createdAt: string;
  readonly endedAt: string;
  readonly counts: NodeCounts;
  /** Keys of the jobs that failed, the first ones. */
  readonly failed: readonly string[];
}

/** The summary of a flow that has ended. */
export function summaryOf(flow: FlowState, { id, endedAtMs }: {
  readonly id: string;
  readonly endedAtMs: number;
}): FlowSummary {
  const failed = flow.graph.nodes.filter((_, node) => statusOf(flow, node) === "f");
  return {
    id,
    state: flow.state,
    createdAt: new Date(flow.createdAtMs).toISOString(),
    endedAt: new Date(endedAtMs).toISOString(),
    counts: countsOf(flow.nodes),
    failed: failed.slice(0, FAILED_TOLD_MAX).map(({ key }) => key),
  };
}

/** The callback's payload, JSON text: `payload`, which is an object or null, and the summary. */
export function callbackPayload(
  { name, payload }: { readonly name: string; readonly payload: string },
  flow: FlowSummary,
): string {
  const given = JSON.parse(payload) as Record<string, unknown> | null;
  if (name === "http") return JSON.stringify({ method: "POST", body: flow, ...given });
  return JSON.stringify({ ...given, flow });
}

function statusOf({ nodes }: FlowState, node: number): NodeStatus | undefined {
  return nodes[node] as NodeStatus | undefined;
}
