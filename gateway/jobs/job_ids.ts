/**
 * Ids of jobs among those of all actors: users' own must not be those of schedules, flows, queues and limiters.
 * @module
 */
import { FLOW_ID_SUFFIX } from "../../actors/flow/ids.ts";
import { LIMITER_ID_SUFFIX } from "../../actors/limiter/ids.ts";
import { QUEUE_ID_PREFIX } from "../../actors/queue/behaviour.ts";
import { SCHEDULE_ID_SUFFIX } from "../../actors/schedule/ids.ts";
import { type ActorId, isActorId } from "../../runtime/ids.ts";

/** What ids of actors that are no jobs end in. */
const RESERVED_SUFFIXES: readonly string[] = [
  SCHEDULE_ID_SUFFIX,
  LIMITER_ID_SUFFIX,
  FLOW_ID_SUFFIX,
];

/** What `id` ends in that a job's must not; undefined: nothing. */
export function reservedSuffixOf(id: string): string | undefined {
  return RESERVED_SUFFIXES.find((suffix) => id.endsWith(suffix));
}

/** Tells whether `id` can be a job's. */
export function isJobId(id: string): id is ActorId {
  return isActorId(id) && !id.startsWith(QUEUE_ID_PREFIX) && reservedSuffixOf(id) === undefined;
}
