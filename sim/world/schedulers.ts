/**
 * Schedulers: clients who make schedules and give them commands, and end them all when the world has healed.
 * @module
 */
import { draftOfSchedule } from "../../actors/schedule/codec.ts";
import { scheduleActorId } from "../../actors/schedule/ids.ts";
import type { ScheduleCommand } from "../../actors/schedule/messages.ts";
import { SCHEDULE_DEFAULTS, type ScheduleSpec } from "../../actors/schedule/spec.ts";
import { RETENTION_DEFAULT, RETRY_DEFAULT } from "../../actors/job/spec.ts";
import { askSchedule } from "../../gateway/schedules/ask_schedule.ts";
import { Fault } from "../../runtime/fault.ts";
import type { Machine } from "../node/machine.ts";
import type { Observe } from "../record/events.ts";
import type { PlannedSchedule, ScheduleDeed } from "../schedule_plan.ts";
import type { VirtualTime } from "./virtual_time.ts";

/** How often a schedule is told to end until it answers, ms. */
const END_EVERY_MS = 1_000;

/** The clients of the schedules of one run. */
export class Schedulers {
  readonly #specs = new Map<string, ScheduleSpec>();

  constructor(
    private readonly options: {
      /** The node that the next request goes to. */
      readonly next: () => Machine;
      readonly time: Pick<VirtualTime, "after">;
      readonly observe: Observe;
    },
  ) {}

  /** Asks for a schedule; a request that is lost is not repeated. */
  create(planned: PlannedSchedule): void {
    const { process, wall } = this.options.next();
    if (!process) return;
    const spec = specOf(planned);
    this.#specs.set(planned.id, spec);
    const draft = draftOfSchedule(spec, { id: planned.id, nowMs: wall.nowMs() });
    process.lifeline.enter(async () => {
      try {
        await process.system.create(draft);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
      }
    });
  }

  /** Asks something of a schedule, if its node is up. */
  command({ id, command, everyMs }: ScheduleDeed): void {
    const spec = this.#specs.get(id);
    if (spec === undefined) return;
    if (command !== "replace") return void this.#ask(id, messageOf(command));
    const changed: ScheduleSpec = { ...spec, rule: { kind: "every", everyMs } };
    this.#specs.set(id, changed);
    this.#ask(id, { kind: "replace", spec: changed });
  }

  /** Deletes every schedule, as often as it takes to hear so. */
  endAll(): void {
    for (const id of this.#specs.keys()) this.#end(id);
  }

  #end(id: string): void {
    let over = false;
    this.#ask(
      id,
      { kind: "delete" },
      (outcome) => over = outcome === "replied" || outcome === "missing",
    );
    this.options.time.after(END_EVERY_MS, () => over || this.#end(id));
  }

  #ask(id: string, command: ScheduleCommand, heard: (outcome: string) => void = () => {}): void {
    const { next, observe } = this.options;
    const { process } = next();
    process?.lifeline.enter(async () => {
      const kind = await outcomeOf(askSchedule(process.system, id, command));
      if (process.lifeline.dead) return;
      observe({
        kind: "schedule-commanded",
        id: scheduleActorId(id),
        command: command.kind as ScheduleDeed["command"],
        outcome: kind,
      });
      heard(kind);
    });
  }
}

/** How it ended; a store that could not be read is no answer. */
async function outcomeOf(asked: ReturnType<typeof askSchedule>): Promise<string> {
  try {
    return (await asked).kind;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return "unread";
  }
}

function messageOf(command: Exclude<ScheduleDeed["command"], "replace">): ScheduleCommand {
  return command === "pause" ? { kind: "pause", note: null } : { kind: command };
}

function specOf(planned: PlannedSchedule): ScheduleSpec {
  const { everyMs, jitterMs, overlap, misfire, count, name } = planned;
  return {
    ...SCHEDULE_DEFAULTS,
    rule: { kind: "every", everyMs },
    jitterMs,
    overlap,
    misfire,
    count,
    job: {
      name,
      payload: "null",
      queue: "default",
      priority: 0,
      retry: { ...RETRY_DEFAULT, attempts: 2, baseMs: 100 },
      timeoutMs: null,
      sla: { startWithinMs: null, finishWithinMs: null },
      delivery: "at-least-once",
      tags: [],
      retention: RETENTION_DEFAULT,
      concurrencyKey: null,
    },
  };
}
