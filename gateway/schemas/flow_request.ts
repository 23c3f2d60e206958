/**
 * FlowRequest: what a user may send about flows.
 *
 * Not here: whether its jobs hold together (flows/flow_reader.ts).
 * @module
 */
import { FLOW_ID_CHARS_MAX, isFlowId } from "../../actors/flow/ids.ts";
import { EDGE_POLICIES } from "../../actors/flow/spec.ts";
import { FLOW_STATES } from "../../actors/flow/state.ts";
import { z } from "../../deps.ts";
import { LIST_LIMIT_MAX } from "../limits.ts";
import { simpleName, wholeText } from "./fields.ts";
import { cursor } from "./job_filter.ts";
import { flowJobSchema } from "./job_request.ts";

const ID_RULE =
  `must be 1 to ${FLOW_ID_CHARS_MAX} of A-Z a-z 0-9 . _ : ~ + = - and not "." or ".."`;
/** A flow's id. `.` and `..` would vanish from a URL's path. */
export const flowId = z.string()
  .refine((text) => isFlowId(text) && text !== "." && text !== "..", ID_RULE)
  .meta({ id: "FlowId", description: ID_RULE });

const POLICY_RULE = `must be one of ${EDGE_POLICIES.join(", ")}`;
const policy = z.enum(EDGE_POLICIES, POLICY_RULE).meta({
  id: "FlowPolicy",
  description: "What a child does when its parent does not complete. `fail`: it is skipped, and " +
    "the flow fails; `ignore`: it runs all the same; `compensate`: it runs only then.",
});

const parent = z.union([
  simpleName,
  z.strictObject({ key: simpleName, onFailure: policy.optional() }),
], "must be a key, or {key, onFailure}").meta({ id: "FlowParent" });

const node = z.strictObject({
  key: simpleName.optional().meta({
    description: "Unique in the flow; the job's name, unless given. The job's id is <flow>/<key>.",
  }),
  job: flowJobSchema,
  dependsOn: z.array(parent).optional().meta({
    description: "Jobs that must be over before this one is made.",
  }),
}).meta({ id: "FlowNodeRequest" });

/** The body of `POST /flow`. */
export const flowRequestSchema = z.strictObject({
  id: flowId.optional(),
  jobs: z.array(node).min(1, "must be at least one job"),
  onFailure: policy.optional().meta({
    description: "For edges that say nothing, and for jobs without children.",
    default: "fail",
  }),
  callback: flowJobSchema.optional().meta({
    description: "A job that is made when all others are over. Its payload, an object, gets the " +
      "member `flow`: how it went. An `http` job sends that as its body, unless it has one.",
  }),
}).meta({ id: "FlowRequest" });

/** A validated request: durations and moments are ms. */
export type FlowRequest = z.output<typeof flowRequestSchema>;

/** The query of `GET /flows`. */
export const flowListQuery = z.strictObject({
  state: z.enum(FLOW_STATES, `must be one of ${FLOW_STATES.join(", ")}`).optional(),
  limit: wholeText(1, LIST_LIMIT_MAX).optional(),
  cursor,
});
