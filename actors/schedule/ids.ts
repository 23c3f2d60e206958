/**
 * Ids of schedules and their jobs: `nightly` is the actor `nightly@schedule`, its fires `nightly@2027-01-01T02:00:00Z`.
 *
 * Intuition: what stands before the `@` decides the shard, so a schedule lives with its jobs and commits with them.
 * @module
 */
import { type ActorId, actorId } from "../../runtime/ids.ts";

/** What every schedule's actor id ends in; jobs' own ids must not. */
export const SCHEDULE_ID_SUFFIX = "@schedule";

const PATTERN = /^[A-Za-z0-9._:~+=-]{1,150}$/;

/** Tells whether `text` can be a schedule's id: 1 to `SCHEDULE_ID_CHARS_MAX` of `A-Z a-z 0-9 . _ : ~ + = -`. */
export function isScheduleId(text: string): boolean {
  return PATTERN.test(text);
}

/** The actor of the schedule `id`; throws `InvariantError` when it cannot be one. */
export function scheduleActorId(id: string): ActorId {
  return actorId(`${id}${SCHEDULE_ID_SUFFIX}`);
}

/** The schedule whose actor has this id. */
export function scheduleIdOf(actor: ActorId): string {
  return actor.slice(0, -SCHEDULE_ID_SUFFIX.length);
}

/** The kind of the actor that observes a job: what follows its last `@`. */
export function kindOfObserver(observer: ActorId): string {
  return observer.slice(observer.lastIndexOf("@") + 1);
}

/** The id of the job of a nominal time; `mark` stands before the time. Seconds, and milliseconds where there are any. */
export function fireId(scheduleId: string, nominalAtMs: number, mark = ""): ActorId {
  const time = new Date(nominalAtMs).toISOString().replace(".000Z", "Z");
  return actorId(`${scheduleId}@${mark}${time}`);
}
