/**
 * Mutations of flows.
 * @module
 */
import type { flowBehaviour } from "../../actors/flow/behaviour.ts";
import type { Mutation } from "./mutation.ts";

/** `behaviour` whose nodes are noted with another status than they have. */
function noting(
  behaviour: typeof flowBehaviour,
  change: (nodes: string) => string,
): typeof flowBehaviour {
  return {
    ...behaviour,
    receive: (state, message, context) => {
      const step = behaviour.receive(state, message, context);
      if (step.state === state) return step;
      return { ...step, state: { ...step.state, nodes: change(step.state.nodes) } };
    },
  };
}

/** A flow knows its jobs badly. */
export const FLOW_MUTATIONS: readonly Mutation[] = [
  {
    name: "open-jobs-taken-for-completed",
    breaks: "a flow notes a job as completed when it makes it",
    flow: (behaviour) => noting(behaviour, (nodes) => nodes.replaceAll("o", "c")),
  },
  {
    name: "failures-taken-for-completions",
    breaks: "a flow notes a failed job as completed",
    flow: (behaviour) => noting(behaviour, (nodes) => nodes.replaceAll("f", "c")),
  },
];
