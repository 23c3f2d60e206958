/**
 * Flow plan: the flows of a run, and what is asked of them.
 * @module
 */
import { caseOf } from "../../actors/flow/testing/model.ts";
import type { FlowPlan } from "../../actors/flow/spec.ts";
import type { Random } from "../world/random.ts";

/** A flow to be submitted; times are virtual, ms. */
export interface PlannedFlow {
  readonly id: string;
  readonly atMs: number;
  readonly plan: FlowPlan;
}

/** Something asked of a flow at `atMs`. */
export interface FlowDeed {
  readonly kind: "flow";
  readonly atMs: number;
  readonly id: string;
  readonly command: "cancel" | "retry";
}

const NODES_MAX = 6;
/** Handlers that end well, and others. */
const NAMES = ["quick", "quick", "work", "flaky", "broken", "crasher"] as const;

/** None in two of three runs; else one or two, some of them cancelled or retried. */
export function flowPlanOf(
  random: Random,
  { healAtMs }: { readonly healAtMs: number },
): { readonly flows: readonly PlannedFlow[]; readonly deeds: readonly FlowDeed[] } {
  const count = random.chance(0.66) ? 0 : random.int(1, 2);
  const flows = Array.from({ length: count }, (_, at): PlannedFlow => {
    const { plan } = caseOf((max) => random.int(0, max - 1), NODES_MAX);
    const nodes = plan.nodes.map((node) => ({
      ...node,
      job: {
        ...node.job,
        name: random.pick(NAMES),
        retry: { ...node.job.retry, attempts: 2, baseMs: 100 },
      },
    }));
    const callback = plan.callback && {
      ...plan.callback,
      job: { ...plan.callback.job, name: "quick" },
    };
    return {
      id: `dag-${at}`,
      atMs: random.int(0, healAtMs * 0.5),
      plan: { ...plan, nodes, callback },
    };
  });
  const deeds = flows.flatMap(({ id, atMs }) =>
    Array.from({ length: random.int(0, 2) }, (): FlowDeed => ({
      kind: "flow",
      atMs: atMs + random.int(10, healAtMs * 0.5),
      id,
      command: random.pick(["cancel", "retry", "retry"] as const),
    }))
  );
  return { flows, deeds };
}
