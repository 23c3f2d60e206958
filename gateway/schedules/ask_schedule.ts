/**
 * AskSchedule: a command to a schedule, which may first have to know which of its jobs are over.
 * @module
 */
import { isOver } from "../../actors/job/codec.ts";
import { SCHEDULE_KIND } from "../../actors/schedule/codec.ts";
import { scheduleActorId } from "../../actors/schedule/ids.ts";
import type { ScheduleCommand, ScheduleReply } from "../../actors/schedule/messages.ts";
import type { AskOutcome } from "../../runtime/actor/behaviour.ts";
import { invariant } from "../../runtime/fault.ts";
import { actorId } from "../../runtime/ids.ts";
import type { ActorSystem } from "../../runtime/system/surface.ts";

/** What a schedule answers in the end. */
export type CommandReply = Exclude<ScheduleReply, { kind: "look-first" }>;

/** Asks the schedule `id`, and once more when it wants its jobs looked at first. Rejects with a `Fault` of that look. */
export async function askSchedule(
  system: Pick<ActorSystem, "ref" | "readAll">,
  id: string,
  command: ScheduleCommand,
): Promise<AskOutcome<CommandReply>> {
  const ref = system.ref<ScheduleCommand, ScheduleReply>(SCHEDULE_KIND, scheduleActorId(id));
  const first = await ref.ask(command);
  if (first.kind !== "replied") return first;
  if (first.reply.kind !== "look-first") return { ...first, reply: first.reply };
  const { jobIds } = first.reply;
  const jobs = await system.readAll(jobIds.map(actorId));
  const over = jobIds.filter((_, at) => isOver(jobs[at]));
  const second = await ref.ask({ ...command, over });
  if (second.kind !== "replied") return second;
  invariant(second.reply.kind !== "look-first", `${id} was told, and asks again`);
  return { ...second, reply: second.reply };
}
