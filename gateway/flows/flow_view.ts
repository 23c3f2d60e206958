/**
 * FlowView: a flow as users see it: in short for lists, and with its jobs.
 * @module
 */
import { readFlowJob } from "../../actors/flow/codec.ts";
import { callbackId, flowJobId } from "../../actors/flow/ids.ts";
import type { FlowNode } from "../../actors/flow/spec.ts";
import { countsOf, type FlowState, NODE_STATES, type NodeStatus } from "../../actors/flow/state.ts";
import { iso, isoOrNull } from "../views/moment.ts";
import type { FlowRecord } from "./service.ts";

/** A flow without its jobs. */
export function flowSummaryView({ id, version, flow }: FlowRecord) {
  const { state, createdAtMs, endedAtMs, run, nodes, spec } = flow;
  const ended = endedAtMs !== null && spec.callback !== null;
  return {
    id,
    state,
    createdAt: iso(createdAtMs),
    endedAt: isoOrNull(endedAtMs),
    run,
    counts: countsOf(nodes),
    onFailure: spec.onFailure,
    callbackJobId: ended ? callbackId(id, run) : null,
    version,
  };
}

/** A flow with its jobs, in the order of the request. */
export function flowView(record: FlowRecord) {
  const { id, flow } = record;
  return {
    ...flowSummaryView(record),
    jobs: flow.spec.nodes.map((node, at) => nodeView(node, { id, flow, at })),
  };
}

/** `jobId`: null while there is no job. */
function nodeView(
  { key, job, edges }: FlowNode,
  { id, flow, at }: { readonly id: string; readonly flow: FlowState; readonly at: number },
) {
  const { createdAtMs, spec } = flow;
  const status = flow.nodes[at] as NodeStatus;
  const { name } = readFlowJob(job, { createdAtMs, nowMs: createdAtMs });
  return {
    key,
    name,
    state: NODE_STATES[status],
    jobId: "orcfx".includes(status) ? flowJobId(id, key) : null,
    dependsOn: edges.map(({ parent, policy }) => ({
      key: spec.nodes[parent]!.key,
      onFailure: policy,
    })),
  };
}
