/**
 * FlowState: everything about one flow, as its actor holds it.
 *
 * A node's status is one character:
 *
 *     w waits for its parents ──▶ o open: its job is made ──▶ c completed, f failed, x cancelled
 *      └──▶ s skipped, n cancelled before its job was made
 *     after a retry of the flow:  v waits, its job may exist ──▶ r being retried ──▶ o
 *                                                                  └ its job is gone ──▶ w
 * @module
 */
import type { Graph } from "./graph.ts";
import type { EdgePolicy, FlowSpec } from "./spec.ts";

/** A node's status. */
export type NodeStatus = "w" | "v" | "o" | "r" | NodeEnd;
/** The status of a node of which nothing more is to come. */
export type NodeEnd = JobEnd | "s" | "n";
/** How a job of a flow ended. */
export type JobEnd = "c" | "f" | "x";

/** `running`: jobs are open or wait; `cancelling`: open jobs are being stopped; the others: it has ended. */
export type FlowStateName = "running" | "cancelling" | "completed" | "failed" | "cancelled";

/** Every state, for schemas. */
export const FLOW_STATES: readonly FlowStateName[] = [
  "running",
  "cancelling",
  "completed",
  "failed",
  "cancelled",
];

/** A flow: its spec and all that changes. */
export interface FlowState {
  readonly spec: FlowSpec;
  readonly graph: Graph;
  readonly createdAtMs: number;
  readonly state: FlowStateName;
  /** One {@link NodeStatus} for each node, in their order. */
  readonly nodes: string;
  /** 1, and one more with every retry. */
  readonly run: number;
  /** When it must look at its jobs by itself, ms; null once it has ended. */
  readonly wakeAtMs: number | null;
  /** Times in a row that it looked and nothing was new. */
  readonly quiet: number;
  readonly endedAtMs: number | null;
}

/** How a node appears to users. */
export type NodeStateName =
  | "waiting"
  | "active"
  | "completed"
  | "failed"
  | "cancelled"
  | "skipped";

/** The states of nodes by status. */
export const NODE_STATES: Readonly<Record<NodeStatus, NodeStateName>> = {
  w: "waiting",
  v: "waiting",
  o: "active",
  r: "active",
  c: "completed",
  f: "failed",
  x: "cancelled",
  n: "cancelled",
  s: "skipped",
};

/** How many nodes there are in each state, and in all. */
export type NodeCounts = Readonly<Record<NodeStateName | "total", number>>;

/** Counts the nodes of a flow. */
export function countsOf(nodes: string): NodeCounts {
  const counts = {
    ...{ total: nodes.length, waiting: 0, active: 0 },
    ...{ completed: 0, failed: 0, cancelled: 0, skipped: 0 },
  };
  for (const status of nodes) counts[NODE_STATES[status as NodeStatus]]++;
  return counts;
}

/** Tells whether nothing more is to come of a node. */
export function isSettled(status: NodeStatus): status is NodeEnd {
  return "cfxsn".includes(status);
}

/** Tells whether a node waits for its parents. */
export function isWaiting(status: NodeStatus): boolean {
  return status === "w" || status === "v";
}

/** Tells whether a flow has ended. */
export function hasEnded(state: FlowStateName): boolean {
  return state !== "running" && state !== "cancelling";
}

/** What a parent's end means for a child, by the policy of their edge. */
export function admits(policy: EdgePolicy, parent: NodeEnd): boolean {
  switch (policy) {
    case "fail":
      return parent === "c";
    case "ignore":
      return true;
    case "compensate":
      return parent === "f" || parent === "x";
  }
}
