/**
 * Ids of flows and their jobs: `order-7` is the actor `order-7@flow`, its jobs are `order-7/charge`.
 *
 * Intuition: what stands before the `@` or `/` decides the shard, so a flow lives with its jobs and commits with them.
 * @module
 */
import { type ActorId, actorId, ID_CHARS_MAX } from "../../runtime/ids.ts";

/** What every flow's actor id ends in; jobs' own ids must not. */
export const FLOW_ID_SUFFIX = "@flow";
/** Characters of a flow's id and of a node's key: together with the slash they fill an id. */
export const FLOW_ID_CHARS_MAX = 99;
export const FLOW_KEY_CHARS_MAX = ID_CHARS_MAX - FLOW_ID_CHARS_MAX - 1;

const PATTERN = /^[A-Za-z0-9._:~+=-]{1,99}$/;

/** Tells whether `text` can be a flow's id: 1 to `FLOW_ID_CHARS_MAX` of `A-Z a-z 0-9 . _ : ~ + = -`. */
export function isFlowId(text: string): boolean {
  return PATTERN.test(text);
}

/** The actor of the flow `id`; throws `InvariantError` when it cannot be one. */
export function flowActorId(id: string): ActorId {
  return actorId(`${id}${FLOW_ID_SUFFIX}`);
}

/** The flow whose actor has this id. */
export function flowIdOf(actor: ActorId): string {
  return actor.slice(0, -FLOW_ID_SUFFIX.length);
}

/** The id of the flow's job `key`. */
export function flowJobId(flowId: string, key: string): ActorId {
  return actorId(`${flowId}/${key}`);
}

/** The id of the job that tells of the end of a flow's `run`: no key begins with a tilde. */
export function callbackId(flowId: string, run: number): ActorId {
  return actorId(`${flowId}/~callback${run === 1 ? "" : `-${run}`}`);
}
