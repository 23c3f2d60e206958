/**
 * FlowService: what the gateway's routes ask of the node about flows, in the terms of the API.
 *
 * Not here: HTTP (flow_routes.ts), how it is done over the actor system (flow_service.ts).
 * @module
 */
import type { FlowPlan } from "../../actors/flow/spec.ts";
import type { FlowState, FlowStateName } from "../../actors/flow/state.ts";

/** A flow, as committed. */
export interface FlowRecord {
  readonly id: string;
  readonly version: number;
  readonly flow: FlowState;
}

/** How a submission names its flow. */
export type FlowNaming =
  | { readonly kind: "generated" }
  /** The user's own id: taken ids are `taken`. */
  | { readonly kind: "own"; readonly id: string }
  /** From an Idempotency-Key: the same request again is `replayed`, another one is `key-reused`. */
  | { readonly kind: "idempotent"; readonly key: string };

/** What became of a submission. */
export type FlowCreation =
  | { readonly kind: "accepted" | "replayed"; readonly record: FlowRecord }
  | { readonly kind: "key-reused" }
  /** There is a flow of that id, or jobs of an earlier one; `why` is for people. */
  | { readonly kind: "taken"; readonly id: string; readonly why: string };

/** What became of a request to one flow. */
export type FlowOutcome =
  | { readonly kind: "done"; readonly record: FlowRecord }
  /** Begun: open jobs are being stopped. */
  | { readonly kind: "stopping"; readonly record: FlowRecord }
  | { readonly kind: "refused"; readonly state: FlowStateName; readonly why: string }
  | { readonly kind: "missing" }
  /** Full or draining: nothing happened. */
  | { readonly kind: "busy" }
  /** No answer in time: it may still happen. */
  | { readonly kind: "unknown" };

/** A page of a list. */
export interface FlowPage {
  readonly records: readonly FlowRecord[];
  readonly cursor: string | null;
}

/** The node's flows. Methods that reach the store reject with `Fault`. */
export interface FlowService {
  create(plan: FlowPlan, naming: FlowNaming): Promise<FlowCreation>;
  get(id: string): Promise<FlowRecord | undefined>;
  /** The newest first. */
  list(
    query: { readonly state?: FlowStateName; readonly limit: number; readonly cursor?: string },
  ): Promise<FlowPage>;
  cancel(id: string): Promise<FlowOutcome>;
  retry(id: string): Promise<FlowOutcome>;
}
