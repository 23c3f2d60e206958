/**
 * Reserved: ids that users' jobs must not have, because actors of other kinds have them.
 * @module
 */
import { DEADLINE_ID_SUFFIX } from "../../actors/deadline/behaviour.ts";
import { QUEUE_ID_PREFIX } from "../../actors/queue/behaviour.ts";
import { SCHEDULE_ID_SUFFIX } from "../../actors/schedule/ids.ts";

/** Tells whether `id` is or may become the id of something that is no user's job. */
export function isReservedId(id: string): boolean {
  return id.startsWith(QUEUE_ID_PREFIX) || id.endsWith(SCHEDULE_ID_SUFFIX) ||
    id.endsWith(DEADLINE_ID_SUFFIX);
}
