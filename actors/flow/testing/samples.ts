/**
 * Samples: plans of flows for tests, in short.
 * @module
 */
import { specOf } from "../../job/testing/samples.ts";
import type { EdgePolicy, FlowJobPlan, FlowPlan } from "../spec.ts";

/** A job without a wish but one attempt. */
export function jobPlan(overrides: Partial<FlowJobPlan["job"]> = {}): FlowJobPlan {
  const { runAtMs: _, traceId: __, fingerprint: ___, ...job } = specOf();
  const retry = { ...job.retry, attempts: 1 };
  return { job: { ...job, retry, ...overrides }, runAtMs: null, delayMs: 0 };
}

/** `{ship: ["charge", "pack ignore"]}`: parents with their policies, `fail` unless said. */
export type Shape = Readonly<Record<string, readonly string[]>>;

/** The plan of a shape. */
export function planOf(shape: Shape, overrides: Partial<FlowPlan> = {}): FlowPlan {
  const keys = Object.keys(shape);
  return {
    nodes: Object.entries(shape).map(([key, parents]) => ({
      key,
      ...jobPlan(),
      edges: parents.map((text) => {
        const [parent = "", policy = "fail"] = text.split(" ");
        return { parent: keys.indexOf(parent), policy: policy as EdgePolicy };
      }),
    })),
    onFailure: "fail",
    callback: null,
    retention: { completedMs: 3 * 86_400_000, failedMs: 14 * 86_400_000 },
    traceId: null,
    fingerprint: null,
    ...overrides,
  };
}
