/**
 * Schedule plan: the recurring schedules of a run, and what is asked of them.
 * @module
 */
import type { MisfirePolicy, OverlapPolicy } from "../../actors/schedule/spec.ts";
import type { ScheduleCommand } from "../record/events.ts";
import type { Random } from "../world/random.ts";

/** A schedule to be created; times are virtual, ms. */
export interface PlannedSchedule {
  readonly id: string;
  readonly atMs: number;
  readonly everyMs: number;
  readonly jitterMs: number;
  readonly overlap: OverlapPolicy;
  readonly misfire: MisfirePolicy;
  readonly count: number | null;
  /** The handler of its jobs. */
  readonly name: string;
}

/** Something asked of a schedule at `atMs`; `replace` gives it another interval. */
export interface ScheduleDeed {
  readonly kind: "schedule";
  readonly atMs: number;
  readonly id: string;
  readonly command: ScheduleCommand;
  readonly everyMs: number;
}

/** Schedules and deeds of one run. */
export interface SchedulePlan {
  readonly schedules: readonly PlannedSchedule[];
  readonly deeds: readonly ScheduleDeed[];
}

const OVERLAPS = ["skip", "queue-one", "queue-all", "allow", "cancel-previous"] as const;
const MISFIRES = ["fire-once", "skip", "catch-up"] as const;
/** Handlers of short and of long runs: these overlap. */
const NAMES = ["quick", "work", "flaky", "slow"] as const;
const COMMANDS = [
  ...["pause", "resume", "resume", "trigger", "replace", "backfill", "backfill", "delete"] as const,
];

/** None in every other run; else up to three, each asked a few things. */
export function schedulePlanOf(
  random: Random,
  { healAtMs }: { readonly healAtMs: number },
): SchedulePlan {
  const count = random.chance(0.5) ? 0 : random.int(1, 3);
  const schedules = Array.from({ length: count }, (_, at): PlannedSchedule => ({
    id: `tick-${at}`,
    atMs: random.int(0, healAtMs * 0.3),
    everyMs: random.int(4, 30) * 100,
    jitterMs: random.pick([0, 0, 300, 5_000]),
    overlap: random.pick(OVERLAPS),
    misfire: {
      policy: random.pick(MISFIRES),
      windowMs: random.pick([null, 5_000]),
      max: random.int(1, 5),
    },
    count: random.chance(0.2) ? random.int(1, 6) : null,
    name: random.pick(NAMES),
  }));
  const deeds = schedules.flatMap(({ id, atMs }) =>
    Array.from({ length: random.int(0, 4) }, (): ScheduleDeed => ({
      kind: "schedule",
      atMs: atMs + random.int(10, healAtMs * 0.7),
      id,
      command: random.pick(COMMANDS),
      everyMs: random.int(4, 30) * 100,
    }))
  );
  return { schedules, deeds };
}
