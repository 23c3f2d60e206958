/**
 * FlowAnswers: the shapes of flows that the gateway sends.
 * @module
 */
import { EDGE_POLICIES } from "../../actors/flow/spec.ts";
import { FLOW_STATES, NODE_STATES } from "../../actors/flow/state.ts";
import { z } from "../../deps.ts";
import { cursorAnswer, moment } from "../schemas/answers.ts";
import { jobId } from "../schemas/fields.ts";
import { flowId } from "../schemas/flow_request.ts";

const nodeState = z.enum([...new Set(Object.values(NODE_STATES))]).meta({ id: "FlowNodeState" });
const onFailure = z.enum(EDGE_POLICIES);
const count = z.int().min(0);

const summaryShape = {
  id: flowId,
  state: z.enum(FLOW_STATES).meta({ id: "FlowStateName" }),
  createdAt: moment,
  endedAt: moment.nullable(),
  run: z.int().meta({ description: "1, and one more with every retry." }),
  counts: z.strictObject({
    ...{ total: count, waiting: count, active: count },
    ...{ completed: count, failed: count, cancelled: count, skipped: count },
  }),
  onFailure,
  callbackJobId: jobId.nullable(),
  version: z.int().meta({ description: "One more with every change." }),
};

/** A flow. */
export const flowAnswer = z.strictObject({
  ...summaryShape,
  jobs: z.array(z.strictObject({
    key: z.string(),
    name: z.string(),
    state: nodeState,
    jobId: jobId.nullable().meta({ description: "Null: there is no job of it yet." }),
    dependsOn: z.array(z.strictObject({ key: z.string(), onFailure })),
  })),
}).meta({ id: "Flow" });

/** A page of flows, without their jobs. */
export const flowPageAnswer = z.strictObject({
  flows: z.array(z.strictObject(summaryShape).meta({ id: "FlowSummary" })),
  cursor: cursorAnswer,
}).meta({ id: "FlowPage" });
