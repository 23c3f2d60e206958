/**
 * Flow: jobs that wait for one another, as one actor, from its creation until all of them are over.
 *
 *     running ──all settled──▶ completed, failed ──retry──▶ running
 *        └──cancel──▶ cancelling ──all settled──▶ cancelled ──retry──▶ running
 *
 * Intuition: a job of it that is over says so, which may be lost. Then the flow asks, commits nothing,
 * and when it is told how jobs ended and what they left, it makes the jobs that may run now, in one commit
 * with the statuses (turn.ts, F1–F5). While jobs are open it looks at them by itself now and then.
 *
 * Not here: the way to its jobs (flow_driver.ts).
 * @module
 */
import type { Behaviour, ReducerContext } from "../../runtime/actor/behaviour.ts";
import { unreachable } from "../../runtime/fault.ts";
import { decodeFlow, encodeFlow, FLOW_KIND, LABEL_UNDER_WAY } from "./codec.ts";
import type { FlowEffect, FlowMessage, FlowReply } from "./messages.ts";
import { type FlowState, hasEnded } from "./state.ts";
import { type FlowStep, Turn } from "./turn.ts";

/** The flow as a kind of actor. */
export const flowBehaviour: Behaviour<FlowState, FlowMessage, FlowReply, FlowEffect> = {
  kind: FLOW_KIND,
  decode: decodeFlow,
  encode: encodeFlow,
  receive,
  resident: () => false,
  wakes: { wake: () => ({ kind: "wake" }), overdue: null },
  adopts: { label: LABEL_UNDER_WAY, message: { kind: "adopted" } },
};

function receive(flow: FlowState, message: FlowMessage, context: ReducerContext): FlowStep {
  const turn = new Turn(flow, context);
  switch (message.kind) {
    case "wake":
    case "adopted":
      turn.lookAtAll();
      turn.advance();
      return turn.step({ kind: "done" }, { woken: message.kind === "wake" });
    case "job-over": {
      const node = turn.openNodeOf(message.jobId);
      if (node !== undefined) turn.look(node);
      return turn.step();
    }
    case "looked":
      if (message.run !== flow.run) return turn.step(); // (F6)
      for (const ending of message.ends) turn.settle(ending);
      turn.advance(message.gathered);
      return turn.step();
    case "retried":
      if (message.run !== flow.run) return turn.step(); // (F6)
      turn.retried(message.node, message.outcome);
      turn.advance();
      return turn.step();
    case "cancel":
      return cancelled(flow, turn);
    case "retry":
      return retried(flow, turn);
    default:
      return unreachable(message);
  }
}

function cancelled(flow: FlowState, turn: Turn): FlowStep {
  if (hasEnded(flow.state)) return refused(flow, `it has already ended: it is ${flow.state}`);
  if (flow.state === "running") turn.cancel();
  turn.stopOpen();
  const stopping = turn.open.length > 0;
  turn.advance();
  return turn.step({ kind: stopping ? "stopping" : "done" });
}

function retried(flow: FlowState, turn: Turn): FlowStep {
  if (flow.state !== "failed" && flow.state !== "cancelled") {
    const why = `only a failed or cancelled flow can be retried, it is ${flow.state}`;
    return refused(flow, why);
  }
  turn.again();
  turn.advance();
  return turn.step();
}

function refused(flow: FlowState, why: string): FlowStep {
  return { state: flow, reply: { kind: "refused", state: flow.state, why }, effects: [] };
}
