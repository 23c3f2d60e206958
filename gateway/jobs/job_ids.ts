/**
 * JobIds: which ids jobs can have, and which of them users may choose.
 *
 * Intuition: other kinds of actors have ids of their own forms, and the jobs that they make are called after
 * them. A user's job of such an id would take an actor's place, or a fire's, which then never comes.
 * @module
 */
import { ALERT_ID_PREFIX, isAlertId } from "../../actors/alert/ids.ts";
import { CALENDAR_ID_SUFFIX } from "../../actors/calendar/behaviour.ts";
import { isDeadlineId } from "../../actors/deadline/behaviour.ts";
import { FLOW_ID_SUFFIX } from "../../actors/flow/ids.ts";
import { LIMITER_ID_SUFFIX } from "../../actors/limiter/ids.ts";
import { QUEUE_ID_PREFIX } from "../../actors/queue/behaviour.ts";
import { SCHEDULE_ID_SUFFIX } from "../../actors/schedule/ids.ts";
import { GATEKEEPER_ID_SUFFIX } from "../../actors/unique/gatekeeper.ts";
import { type ActorId, isActorId } from "../../runtime/ids.ts";

/** What ids of actors that are no jobs end in. */
const OTHERS: readonly string[] = [
  ...[SCHEDULE_ID_SUFFIX, CALENDAR_ID_SUFFIX, GATEKEEPER_ID_SUFFIX, FLOW_ID_SUFFIX],
  LIMITER_ID_SUFFIX,
];

/** What ids of jobs that others make end in, with words for it. */
const MADE: readonly (readonly [RegExp, string])[] = [
  [/@\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/, "@ and a time"],
  [/@trigger-[^@]*$/, "@trigger-…"],
];

/** Tells whether a job can have the id. */
export function isJobId(id: string): id is ActorId {
  return isActorId(id) && !id.startsWith(QUEUE_ID_PREFIX) && !isDeadlineId(id) &&
    !OTHERS.some((suffix) => id.endsWith(suffix));
}

/** Why a user's job may not have the id, for people; null when it may. */
export function whyReserved(id: string): string | null {
  const prefix = [QUEUE_ID_PREFIX, ALERT_ID_PREFIX].find((prefix) => id.startsWith(prefix));
  if (prefix !== undefined) return `must not begin with ${prefix}`;
  if (isAlertId(id)) return "must not contain @report-";
  if (isDeadlineId(id)) return "must not end in @deadline";
  const ending = OTHERS.find((suffix) => id.endsWith(suffix)) ??
    MADE.find(([pattern]) => pattern.test(id))?.[1];
  return ending === undefined ? null : `must not end in ${ending}`;
}
