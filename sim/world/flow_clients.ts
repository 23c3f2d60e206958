/**
 * FlowClients: those who submit flows and give them commands.
 * @module
 */
import { draftOfFlow, FLOW_KIND } from "../../actors/flow/codec.ts";
import { flowActorId } from "../../actors/flow/ids.ts";
import type { FlowMessage, FlowReply } from "../../actors/flow/messages.ts";
import { Fault } from "../../runtime/fault.ts";
import type { FlowDeed, PlannedFlow } from "../plans/flows.ts";
import type { Machine } from "../node/machine.ts";

/** The clients of the flows of one run. */
export class FlowClients {
  /** `next`: the node that the next request goes to. */
  constructor(private readonly next: () => Machine) {}

  /** Submits a flow; a request that is lost is not repeated. */
  submit({ id, plan }: PlannedFlow): void {
    const { process, wall } = this.next();
    process?.lifeline.enter(async () => {
      try {
        await process.system.create(draftOfFlow(plan, { id, nowMs: wall.nowMs() }));
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
      }
    });
  }

  /** Asks something of a flow, if its node is up; nobody waits for the answer. */
  command({ id, command }: FlowDeed): void {
    const { process } = this.next();
    process?.lifeline.enter(() => {
      const ref = process.system.ref<FlowMessage, FlowReply>(FLOW_KIND, flowActorId(id));
      void ref.ask({ kind: command });
    });
  }
}
