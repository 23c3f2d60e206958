/**
 * Codec: a flow between what was asked for, what the actor holds and what is stored.
 *
 * Intuition: a flow is read whenever one of its jobs ends, and needs its shape then, not its jobs. So the
 * body is `[<length>,<shape>,<job>,<job>…]`: the shape is parsed, the jobs are cut out when they are made.
 *
 * Invariant: C4. `decodeFlow` of what `draftOfFlow` and `encodeFlow` wrote is the state they were given, and
 * a body is valid JSON.
 * @module
 */
import type { Stored } from "../../runtime/actor/behaviour.ts";
import { Fault } from "../../runtime/fault.ts";
import type { Draft, Indexing, Snapshot } from "../../runtime/snapshot.ts";
import type { JobSpec } from "../job/spec.ts";
import { decodeBody, encodeBody } from "../job/stored/body.ts";
import { Graph } from "./graph.ts";
import { flowActorId } from "./ids.ts";
import {
  EDGE_POLICIES,
  type FlowEdge,
  type FlowJob,
  type FlowJobPlan,
  type FlowPlan,
  type FlowSpec,
} from "./spec.ts";
import { type FlowState, type FlowStateName, hasEnded } from "./state.ts";

/** `Snapshot.kind` of a flow. */
export const FLOW_KIND = "flow";
/** The line in which flows that are due wait to be woken. */
export const FLOW_LANE = "flow/due";
/** The label of every flow that has not ended. */
export const LABEL_UNDER_WAY = "ended=no";

/** What a flow's head holds. */
type Head = Omit<FlowState, "spec" | "graph" | "createdAtMs">;
/** A job's length in the body, and 1 when its time is relative. */
type Cut = readonly [number, 0 | 1];
/** n nodes: key, cut, edges (parent × 3 + policy) · f policy · c callback · k retention · i fingerprint */
interface Shape {
  readonly n: readonly (readonly [string, Cut, readonly number[]])[];
  readonly f: number;
  readonly c: Cut | null;
  readonly k: readonly [number, number];
  readonly i: string | null;
}

/** The label by which flows of one state are found. */
export function flowStateLabel(state: FlowStateName): string {
  return `state=${state}`;
}

/** What is inserted for a flow that begins at `nowMs`: it is woken at once, and makes its first jobs. */
export function draftOfFlow(
  plan: FlowPlan,
  { id, nowMs }: { readonly id: string; readonly nowMs: number },
): Omit<Draft, "shard"> {
  const spec = specOf(plan, nowMs);
  const flow: Omit<FlowState, "graph"> = {
    spec,
    createdAtMs: nowMs,
    state: "running",
    nodes: "w".repeat(spec.nodes.length),
    run: 1,
    wakeAtMs: nowMs,
    quiet: 0,
    endedAtMs: null,
  };
  return {
    id: flowActorId(id),
    kind: FLOW_KIND,
    createdAtMs: nowMs,
    body: encodeFlowBody(spec),
    ...encodeFlow(flow),
  };
}

/** The spec of the flow's job, for a job made at `nowMs`. */
export function readFlowJob(
  { text, relative }: FlowJob,
  { createdAtMs, nowMs }: { readonly createdAtMs: number; readonly nowMs: number },
): JobSpec {
  return decodeBody(text, relative ? nowMs : createdAtMs);
}

/** Reads a flow's snapshot; throws a `corrupt` fault. */
export function decodeFlow(snapshot: Snapshot): FlowState {
  try {
    const spec = decodeFlowBody(snapshot.body);
    const head = JSON.parse(snapshot.head) as Head;
    if (head.nodes.length !== spec.nodes.length) throw new Error("a status for each node");
    return { spec, graph: new Graph(spec.nodes), createdAtMs: snapshot.createdAtMs, ...head };
  } catch {
    throw new Fault("flow.decode", "corrupt", { message: `${snapshot.id} does not hold a flow` });
  }
}

/** Writes what changes of a flow at every step. */
export function encodeFlow(flow: Omit<FlowState, "graph">): Stored {
  const { state, nodes, run, wakeAtMs, quiet, endedAtMs } = flow;
  const head: Head = { state, nodes, run, wakeAtMs, quiet, endedAtMs };
  return { head: JSON.stringify(head), index: indexingOf(flow) };
}

/** Writes a flow's spec. */
export function encodeFlowBody(spec: FlowSpec): string {
  const jobs = spec.nodes.map(({ job }) => job);
  if (spec.callback) jobs.push(spec.callback);
  const shape: Shape = {
    n: spec.nodes.map(({ key, job, edges }) => [key, cutOf(job), edges.map(edgeNumber)]),
    f: EDGE_POLICIES.indexOf(spec.onFailure),
    c: spec.callback && cutOf(spec.callback),
    k: [spec.retention.completedMs, spec.retention.failedMs],
    i: spec.fingerprint,
  };
  const text = JSON.stringify(shape);
  return `[${[text.length, text, ...jobs.map(({ text }) => text)].join(",")}]`;
}

function decodeFlowBody(body: string): FlowSpec {
  const comma = body.indexOf(",");
  let at = comma + 1;
  const cut = (chars: number): string => {
    const text = body.slice(at, at += chars);
    at++;
    return text;
  };
  const shape = JSON.parse(cut(Number(body.slice(1, comma)))) as Shape;
  const jobOf = ([chars, relative]: Cut): FlowJob => ({ text: cut(chars), relative: !!relative });
  const nodes = shape.n.map(([key, job, edges]) => ({
    ...{ key, job: jobOf(job) },
    edges: edges.map(edgeOf),
  }));
  const [completedMs, failedMs] = shape.k;
  return {
    nodes,
    onFailure: policyOf(shape.f),
    callback: shape.c && jobOf(shape.c),
    retention: { completedMs, failedMs },
    fingerprint: shape.i,
  };
}

function specOf(plan: FlowPlan, nowMs: number): FlowSpec {
  const { nodes, onFailure, callback, retention, fingerprint, traceId, parentSpanId } = plan;
  const trace = { traceId, ...(parentSpanId !== undefined && { parentSpanId }) };
  const keep = ({ job, runAtMs, delayMs }: FlowJobPlan): FlowJob => {
    const spec = {
      ...{ ...job, ...trace },
      fingerprint: null,
      runAtMs: runAtMs ?? nowMs + delayMs,
    };
    return { text: encodeBody(spec, nowMs), relative: runAtMs === null };
  };
  return {
    nodes: nodes.map((node) => ({ key: node.key, edges: node.edges, job: keep(node) })),
    callback: callback && keep(callback),
    ...{ onFailure, retention, fingerprint },
  };
}

function cutOf({ text, relative }: FlowJob): Cut {
  return [text.length, relative ? 1 : 0];
}

function edgeNumber({ parent, policy }: FlowEdge): number {
  return parent * EDGE_POLICIES.length + EDGE_POLICIES.indexOf(policy);
}

function edgeOf(number: number): FlowEdge {
  const parent = Math.floor(number / EDGE_POLICIES.length);
  return { parent, policy: policyOf(number % EDGE_POLICIES.length) };
}

function policyOf(number: number) {
  const policy = EDGE_POLICIES[number];
  if (policy === undefined) throw new Error("a policy's number");
  return policy;
}

function indexingOf({ state, spec, wakeAtMs, endedAtMs }: Omit<FlowState, "graph">): Indexing {
  const { completedMs, failedMs } = spec.retention;
  const keptMs = state === "completed" ? completedMs : failedMs;
  return {
    wakeAtMs,
    lane: FLOW_LANE,
    rank: 0,
    expireAtMs: endedAtMs === null ? null : endedAtMs + keptMs,
    labels: hasEnded(state) ? [flowStateLabel(state)] : [flowStateLabel(state), LABEL_UNDER_WAY],
    tally: state,
  };
}
