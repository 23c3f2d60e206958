/**
 * Reserved: ids that users' jobs must not have, because actors of other kinds have them, or may come to.
 * @module
 */
import { ALERT_ID_PREFIX, isAlertId } from "../../actors/alert/ids.ts";
import { DEADLINE_ID_SUFFIX } from "../../actors/deadline/behaviour.ts";
import { FLOW_ID_SUFFIX } from "../../actors/flow/ids.ts";
import { QUEUE_ID_PREFIX } from "../../actors/queue/behaviour.ts";
import { SCHEDULE_ID_SUFFIX } from "../../actors/schedule/ids.ts";

const SUFFIXES: readonly string[] = [SCHEDULE_ID_SUFFIX, FLOW_ID_SUFFIX, DEADLINE_ID_SUFFIX];
const PREFIXES: readonly string[] = [QUEUE_ID_PREFIX, ALERT_ID_PREFIX];

/** Why a user's job must not have this id, for people; null: it may. */
export function reservedRule(id: string): string | null {
  const suffix = SUFFIXES.find((suffix) => id.endsWith(suffix));
  if (suffix !== undefined) return `must not end in ${suffix}`;
  const prefix = PREFIXES.find((prefix) => id.startsWith(prefix));
  if (prefix !== undefined) return `must not begin with ${prefix}`;
  return isAlertId(id) ? "must not contain @report-" : null;
}
