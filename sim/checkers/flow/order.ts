/**
 * Order: what flows promise about their jobs.
 * @module
 */
import { decodeFlow, FLOW_KIND } from "../../../actors/flow/codec.ts";
import { flowActorId, flowJobId } from "../../../actors/flow/ids.ts";
import type { FlowState, NodeStatus } from "../../../actors/flow/state.ts";
import { actorId } from "../../../runtime/ids.ts";
import type { JobStateName } from "../../../actors/job/messages.ts";
import type { Ledger } from "../../record/ledger.ts";
import type { Checker } from "../checker.ts";

/** F1. */
export const order: Checker = {
  name: "flow-order",
  proves: "a job of a flow is made when those before it are over, and as their ends allow",
  watch: ({ fail, ledger }) => ({
    see: (event) => {
      if (event.kind !== "inserted") return;
      const slash = event.id.indexOf("/");
      const id = event.id.slice(0, Math.max(0, slash));
      const flow = flowOf(ledger, id);
      const node = flow?.spec.nodes.find(({ key }) => key === event.id.slice(slash + 1));
      if (flow === undefined || node === undefined) return;
      for (const { parent, policy } of node.edges) {
        const key = flow.spec.nodes[parent]?.key ?? "";
        const job = ledger.committed(flowJobId(id, key))?.job;
        if (job === undefined ? policy !== "ignore" : job.finishedAtMs === null) {
          fail(event.id, `was made, and ${key} before it is ${job?.state ?? "not made"}`);
        } else if (job !== undefined && policy !== "ignore") {
          const wanted = policy === "fail";
          if ((job.state === "completed") !== wanted) {
            fail(event.id, `was made after ${key}, which is ${job.state}: ${policy}`);
          }
        }
      }
    },
  }),
};

const ENDS: Partial<Record<NodeStatus, JobStateName>> = {
  c: "completed",
  f: "failed",
  x: "cancelled",
};

/** F3, F5. */
export const flowEnds: Checker = {
  name: "flow-ends",
  proves: "at rest every flow has ended, and says of each of its jobs how that ended",
  watch: ({ fail, ledger }) => ({
    atRest: () => {
      for (const [actor, { snapshot }] of ledger.others) {
        if (snapshot.kind !== FLOW_KIND) continue;
        const flow = decodeFlow(snapshot);
        if (flow.endedAtMs === null) fail(actor, `still ${flow.state}: ${flow.nodes}`);
        for (const [at, { key }] of flow.spec.nodes.entries()) {
          const status = flow.nodes[at] as NodeStatus;
          const job = ledger.committed(flowJobId(actor.slice(0, actor.indexOf("@")), key))?.job;
          // What another run skips, or is cancelled before, may have run, and ended, in an earlier one.
          const isEarlier = (status === "s" || status === "x") && flow.run > 1 &&
            job?.finishedAtMs !== null;
          if (job?.state !== ENDS[status] && !isEarlier) {
            fail(actor, `${key} is "${status}", its job ${job?.state}`);
          }
        }
      }
    },
  }),
};

function flowOf(ledger: Ledger, id: string): FlowState | undefined {
  const commit = id === "" ? undefined : ledger.others.get(actorId(flowActorId(id)));
  return commit && decodeFlow(commit.snapshot);
}
