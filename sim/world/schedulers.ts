/**
 * Schedulers: clients who make schedules and give them commands, and end them all when the world has healed.
 * @module
 */
import { decodeSchedule, draftOfSchedule } from "../../actors/schedule/codec.ts";
import { fireId, scheduleActorId } from "../../actors/schedule/ids.ts";
import type { ScheduleCommand } from "../../actors/schedule/messages.ts";
import { SCHEDULE_DEFAULTS, type ScheduleSpec } from "../../actors/schedule/spec.ts";
import { RETENTION_DEFAULT, RETRY_DEFAULT } from "../../actors/job/spec.ts";
import { askSchedule } from "../../gateway/schedules/ask_schedule.ts";
import { Fault } from "../../runtime/fault.ts";
import type { Machine } from "../node/machine.ts";
import type { Observe } from "../record/events.ts";
import type { PlannedSchedule, ScheduleDeed } from "../plans/schedules.ts";
import type { VirtualTime } from "./virtual_time.ts";

/** How often a schedule is told to end until it answers, ms. */
const END_EVERY_MS = 1_000;

/** Nominal times of one backfill, and how many of them lie ahead. */
const BACKFILL_TIMES = 12;
const BACKFILL_AHEAD = 3;

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
    if (command === "backfill") return this.#backfill(id);
    if (command !== "replace") return void this.#ask(id, messageOf(command));
    const changed: ScheduleSpec = { ...spec, rule: { kind: "every", everyMs } };
    this.#specs.set(id, changed);
    this.#ask(id, { kind: "replace", spec: changed });
  }

  /** Asks for the jobs that are missing of the latest nominal times, and of some that are still to come. */
  #backfill(id: string): void {
    const { process } = this.options.next();
    process?.lifeline.enter(async () => {
      const { system } = process;
      try {
        const found = await system.read(scheduleActorId(id));
        if (found === undefined) return;
        const { createdAtMs, decidedToMs, spec: { rule } } = decodeSchedule(found);
        if (rule.kind !== "every") return;
        const last = Math.floor((decidedToMs - createdAtMs) / rule.everyMs);
        const numbers = Array.from(
          { length: BACKFILL_TIMES },
          (_, at) => last + BACKFILL_AHEAD - at,
        );
        const times = numbers.filter((n) => n > 0).map((n) => createdAtMs + n * rule.everyMs);
        const jobs = await system.readAll(times.map((atMs) => fireId(id, atMs)));
        const nominalAtMs = times.filter((_, at) => jobs[at] === undefined);
        this.#ask(id, { kind: "backfill", nominalAtMs });
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
      }
    });
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

function messageOf(
  command: Exclude<ScheduleDeed["command"], "replace" | "backfill">,
): ScheduleCommand {
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
