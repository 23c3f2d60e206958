/**
 * FlowSpec: what a user asked for of a flow: jobs, which of them wait for which, and what a failure means.
 *
 * Not here: how requests are validated (gateway/schemas), what happens then (behaviour.ts).
 * @module
 */
import type { JobTemplate } from "../schedule/spec.ts";

/**
 * What the end of a parent means for a child.
 *
 *     parent       fail     ignore   compensate
 *     completed    runs     runs     is skipped
 *     failed       skipped  runs     runs
 *     cancelled    skipped  runs     runs
 *     skipped      skipped  runs     is skipped
 *
 * A child runs when all its edges let it. A flow fails with every failed or cancelled job that has an
 * edge other than `ignore`, or no child at all unless the flow itself says `ignore`.
 */
export type EdgePolicy = "fail" | "ignore" | "compensate";

/** Every policy, for schemas. */
export const EDGE_POLICIES: readonly EdgePolicy[] = ["fail", "ignore", "compensate"];

/** A job of a flow as it was asked for. */
export interface FlowJobPlan {
  readonly job: JobTemplate;
  /** An absolute time, ms; null: by `delayMs`. */
  readonly runAtMs: number | null;
  /** How long after it is made it runs, ms. */
  readonly delayMs: number;
}

/** A child's tie to one of its parents. */
export interface FlowEdge {
  /** The parent's place among the nodes. */
  readonly parent: number;
  readonly policy: EdgePolicy;
}

/** A flow as it was asked for. Its edges make no cycle. */
export interface FlowPlan {
  readonly nodes: readonly (FlowJobPlan & {
    /** Unique in its flow. */
    readonly key: string;
    readonly edges: readonly FlowEdge[];
  })[];
  /** What the failure of a job without children means; the default of edges is filled in already. */
  readonly onFailure: EdgePolicy;
  /** The job that is made when all others are over. */
  readonly callback: FlowJobPlan | null;
  /** How long the flow is kept once it has ended, ms. */
  readonly retention: { readonly completedMs: number; readonly failedMs: number };
  /** W3C trace id of the request, for all jobs. */
  readonly traceId: string | null;
  /** The span of its submission, under which the attempts of all its jobs are traced; absent: they are not. */
  readonly parentSpanId?: string;
  /** SHA-256 of the canonical request, hex, when it came with an Idempotency-Key; else null. */
  readonly fingerprint: string | null;
}

/** A job of a flow as it is kept: read only when the job is made. */
export interface FlowJob {
  /** A job's stored body, written for the time of the flow's creation. */
  readonly text: string;
  /** True: its time counts from when it is made, not from the flow's creation. */
  readonly relative: boolean;
}

/** A node as it is kept. */
export interface FlowNode {
  readonly key: string;
  readonly edges: readonly FlowEdge[];
  readonly job: FlowJob;
}

/** A flow as accepted: its immutable body. */
export interface FlowSpec
  extends Omit<FlowPlan, "nodes" | "callback" | "traceId" | "parentSpanId"> {
  readonly nodes: readonly FlowNode[];
  readonly callback: FlowJob | null;
}

/** Nodes of one flow: as many as one activation handles within a few ms. */
export const FLOW_NODES_MAX = 2_000;
/** Edges of one flow. */
export const FLOW_EDGES_MAX = 10_000;
/** The shortest time that a flow's jobs are kept, ms: children that come late still find their parents' results. */
export const FLOW_JOB_KEPT_MIN_MS = 3 * 86_400_000;
