/**
 * Plan: everything that will be done to the system in one run, drawn from its seed beforehand.
 *
 * Intuition: a run has a character (calm, crowded, stormy, …) that says how much of what there is;
 * the rest is chance. What is planned does not depend on what happens, so that a run with a fix, or
 * with a mutation, meets the same world.
 *
 * Invariant: P1. The same seed, the same plan.
 * @module
 */
import { RETENTION_DEFAULT, RETRY_DEFAULT, type RetryPolicy } from "../actors/job/spec.ts";
import { HANDLERS, UNWANTED_ERROR } from "./node/scripts.ts";
import type { Command } from "./record/events.ts";
import { type FlowDeed, flowPlanOf, type PlannedFlow } from "./flow_plan.ts";
import { type PlannedSchedule, type ScheduleDeed, schedulePlanOf } from "./schedule_plan.ts";
import { Random } from "./world/random.ts";
import type { WindowBounds } from "../runtime/wakeups/window_events.ts";

/** What a run is like. */
export type Character = "calm" | "crowded" | "stormy" | "crashing" | "jumping";

/** A job to be submitted; times are virtual, ms. */
export interface PlannedJob {
  readonly id: string;
  readonly atMs: number;
  readonly delayMs: number;
  readonly name: string;
  readonly queue: string;
  readonly priority: number;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number | null;
  readonly atMostOnce: boolean;
  readonly retention: { readonly completedMs: number; readonly failedMs: number };
  /** When the same request is sent again, whatever came of the first; empty: never. */
  readonly repeatsAtMs: readonly number[];
}

/** Something that is done to the system at `atMs`. */
export type Deed =
  | {
    readonly kind: "command";
    readonly atMs: number;
    readonly id: string;
    readonly command: Command;
  }
  /** Another node cancels it by its version; see colleague.ts. */
  | {
    readonly kind: "interfere";
    readonly atMs: number;
    readonly id: string;
    readonly thinkMs: number;
  }
  | {
    readonly kind: "limit";
    readonly atMs: number;
    readonly queue: string;
    readonly paused: boolean;
    readonly concurrency: number | null;
  }
  | { readonly kind: "crash"; readonly atMs: number; readonly downMs: number }
  | { readonly kind: "leave"; readonly atMs: number; readonly downMs: number }
  | { readonly kind: "pause"; readonly atMs: number; readonly forMs: number }
  | {
    readonly kind: "jump";
    readonly atMs: number;
    readonly clock: "node" | "store";
    readonly byMs: number;
  }
  /** Its messages to and from other nodes are lost for a while. */
  | { readonly kind: "cut"; readonly atMs: number; readonly forMs: number }
  | { readonly kind: "newcomer"; readonly atMs: number }
  | ScheduleDeed
  | FlowDeed
  | {
    readonly kind: "weather";
    readonly atMs: number;
    readonly forMs: number;
    readonly weather: Weather;
  };

/** What the way to the store is like. */
export type Weather = "fair" | "slow" | "flaky" | "outage" | "full";

/** One run's plan. */
export interface Plan {
  readonly seed: number;
  readonly character: Character;
  /** Nodes on the one store. */
  readonly machines: number;
  /** How far their wall clocks are apart, ms at most. */
  readonly clocksApartMs: number;
  /** Share of the messages between nodes that are lost. */
  readonly lossShare: number;
  readonly shards: number;
  /** Of each node. */
  readonly slots: number;
  /** How many wake-ups the node may hold in memory: often too few, so that it must read on. */
  readonly window: WindowBounds | undefined;
  /** A fair store answers within this, ms, each way. */
  readonly latencyMsMax: number;
  /** When everything is healed, ms. */
  readonly healAtMs: number;
  readonly jobs: readonly PlannedJob[];
  readonly schedules: readonly PlannedSchedule[];
  readonly flows: readonly PlannedFlow[];
  readonly deeds: readonly Deed[];
  /** At which of its boundaries each process start dies by itself; those beyond the list live. */
  readonly deaths: readonly number[];
  /** Share of the attempts of a crashed process whose outcome arrives all the same, later. */
  readonly ghostShare: number;
}

const QUEUES = ["default", "mail", "bulk"] as const;

/** How much of what a character has. */
interface Temper {
  readonly jobs: readonly [number, number];
  readonly slots: readonly [number, number];
  readonly lengthMs: readonly [number, number];
  readonly commands: number;
  readonly limits: number;
  readonly crashes: number;
  readonly deaths: number;
  readonly leaves: number;
  readonly pauses: number;
  readonly jumps: number;
  readonly weathers: number;
}

const QUIET = { crashes: 0, deaths: 0, leaves: 0, pauses: 0, jumps: 0, weathers: 0 } as const;
const TEMPERS: Readonly<Record<Character, Temper>> = {
  calm: {
    ...QUIET,
    jobs: [20, 60],
    slots: [400, 400],
    lengthMs: [8_000, 20_000],
    commands: 8,
    limits: 0,
  },
  crowded: {
    ...QUIET,
    jobs: [60, 160],
    slots: [2, 6],
    lengthMs: [10_000, 20_000],
    commands: 15,
    limits: 6,
  },
  stormy: {
    ...QUIET,
    jobs: [20, 80],
    slots: [2, 12],
    lengthMs: [12_000, 30_000],
    commands: 25,
    limits: 3,
    deaths: 1,
    pauses: 1,
    weathers: 8,
  },
  crashing: {
    ...QUIET,
    jobs: [20, 80],
    slots: [2, 12],
    lengthMs: [12_000, 30_000],
    commands: 20,
    limits: 2,
    crashes: 3,
    deaths: 4,
    leaves: 2,
    weathers: 2,
  },
  jumping: {
    ...QUIET,
    jobs: [20, 60],
    slots: [2, 12],
    lengthMs: [12_000, 30_000],
    commands: 10,
    limits: 2,
    crashes: 1,
    pauses: 3,
    jumps: 6,
    weathers: 2,
  },
};
const CHARACTERS: readonly Character[] = [
  "calm",
  "crowded",
  "stormy",
  "stormy",
  "crashing",
  "crashing",
  "jumping",
];

/** The plan of `seed` (P1). */
export function planOf(seed: number): Plan {
  const random = new Random(seed).fork("plan");
  const character = random.pick(CHARACTERS);
  const temper = TEMPERS[character];
  const healAtMs = random.int(...temper.lengthMs);
  const jobs = jobsOf(random.fork("jobs"), { temper, healAtMs, character });
  const recurring = schedulePlanOf(random.fork("schedules"), { healAtMs });
  const graphs = flowPlanOf(random.fork("flows"), { healAtMs });
  const deeds = random.fork("deeds");
  return {
    seed,
    character,
    machines: 1,
    clocksApartMs: 0,
    lossShare: 0,
    shards: random.int(2, 8),
    slots: random.int(...temper.slots),
    window: windowOf(random.fork("window")),
    latencyMsMax: random.int(0, 3),
    healAtMs,
    jobs,
    schedules: recurring.schedules,
    flows: graphs.flows,
    deeds: [
      ...recurring.deeds,
      ...graphs.deeds,
      ...commandsOf(deeds, { temper, jobs }),
      ...limitsOf(deeds, { temper, healAtMs }),
      ...faultsOf(deeds, { temper, healAtMs }),
    ],
    deaths: Array.from({ length: temper.deaths }, () => deeds.int(1, deeds.chance(0.5) ? 60 : 900)),
    ghostShare: random.pick([0, 0.3, 0.8]),
  };
}

function windowOf(random: Random): WindowBounds | undefined {
  if (random.chance(0.4)) return undefined;
  const laneReadyMax = random.int(2, 8);
  const futureMax = laneReadyMax * random.int(2, 6);
  return { laneReadyMax, futureMax, lineReadyMax: 2 * laneReadyMax, lanesMax: 64 };
}

function jobsOf(
  random: Random,
  { temper, healAtMs, character }: { temper: Temper; healAtMs: number; character: Character },
): PlannedJob[] {
  const count = random.int(...temper.jobs);
  const instants = Array.from({ length: 3 }, () => random.int(0, healAtMs * 0.6));
  return Array.from({ length: count }, (_, at): PlannedJob => {
    // Some come in bursts, and some of these are due at one instant.
    const burst = random.chance(0.4);
    const atMs = burst ? random.pick(instants) : random.int(0, healAtMs * 0.8);
    const dueAtMs = burst && random.chance(0.5) ? Math.max(atMs, ...instants) + 700 : null;
    return {
      id: random.chance(0.2) ? `flow-${random.int(1, 3)}/j${at}` : `j${at}`,
      atMs,
      delayMs: dueAtMs !== null ? dueAtMs - atMs : delayOf(random),
      ...manner(random, character),
      queue: random.pick(QUEUES),
      priority: random.chance(0.5) ? 0 : random.int(0, 9),
      retention: random.chance(0.1)
        ? { completedMs: random.int(10_000, 20_000), failedMs: 15_000 }
        : RETENTION_DEFAULT,
      repeatsAtMs: random.chance(0.3)
        ? [atMs + random.int(1, 40), atMs + random.int(100, 4_000)]
        : [],
    };
  });
}

function delayOf(random: Random): number {
  const kind = random.next();
  if (kind < 0.4) return 0;
  if (kind < 0.9) return random.int(1, 6_000);
  return kind < 0.95 ? random.int(1, 60) : random.int(20, 200) * 3_600_000;
}

function manner(random: Random, character: Character) {
  const name = random.pick(HANDLERS);
  const attempts = random.int(1, 5);
  return {
    name: character === "crowded" && random.chance(0.5) ? "work" : name,
    retry: {
      ...RETRY_DEFAULT,
      attempts,
      backoff: random.pick(["exponential", "fixed"] as const),
      baseMs: random.int(0, 800),
      factor: random.pick([1, 2, 3]),
      maxMs: 4_000,
      jitter: random.pick([0, 0.2, 1]),
      notOn: random.chance(0.5) ? [UNWANTED_ERROR] : [],
    },
    timeoutMs: random.chance(0.3) ? random.int(50, 3_000) : null,
    atMostOnce: random.chance(0.2),
  };
}

function commandsOf(
  random: Random,
  { temper, jobs }: { temper: Temper; jobs: readonly PlannedJob[] },
): Deed[] {
  return Array.from({ length: temper.commands }, (): Deed => {
    const { id, atMs, delayMs } = random.pick(jobs);
    // Near its submission, near its due time, or whenever: the edges are where the races are.
    const near = random.pick([
      atMs + 2,
      atMs + Math.min(delayMs, 10_000),
      atMs + random.int(0, 9_000),
    ]);
    if (random.chance(0.25)) {
      const atMs = Math.max(0, near + random.int(-20, 20));
      return { kind: "interfere", atMs, id, thinkMs: random.int(0, 12) };
    }
    const command = random.pick(["cancel", "cancel", "cancel", "retry", "run-now"] as const);
    return { kind: "command", atMs: Math.max(0, near + random.int(-60, 60)), id, command };
  });
}

function limitsOf(
  random: Random,
  { temper, healAtMs }: { temper: Temper; healAtMs: number },
): Deed[] {
  return Array.from({ length: temper.limits }, (): Deed => ({
    kind: "limit",
    atMs: random.int(0, healAtMs),
    queue: random.pick(QUEUES),
    paused: random.chance(0.5),
    concurrency: random.chance(0.5) ? random.int(1, 3) : null,
  }));
}

function faultsOf(
  random: Random,
  { temper, healAtMs }: { temper: Temper; healAtMs: number },
): Deed[] {
  const times = <D extends Deed>(count: number, deed: () => D): D[] =>
    Array.from({ length: count }, deed);
  const atMs = () => random.int(0, healAtMs);
  const downMs = () => random.int(20, 4_000);
  return [
    { kind: "newcomer", atMs: atMs() },
    ...times(temper.crashes, () => ({ kind: "crash", atMs: atMs(), downMs: downMs() }) as const),
    ...times(temper.leaves, () => ({ kind: "leave", atMs: atMs(), downMs: downMs() }) as const),
    ...times(
      temper.pauses,
      () => ({ kind: "pause", atMs: atMs(), forMs: random.int(50, 6_000) }) as const,
    ),
    ...times(temper.jumps, () =>
      ({
        kind: "jump",
        atMs: atMs(),
        clock: random.pick(["node", "node", "store"] as const),
        byMs: random.pick([-1, 1]) * random.pick([5, 200, 3_000, 20_000]),
      }) as const),
    ...times(temper.weathers, () =>
      ({
        kind: "weather",
        atMs: atMs(),
        forMs: random.int(20, 5_000),
        weather: random.pick(["slow", "flaky", "flaky", "flaky", "outage", "full"] as const),
      }) as const),
  ];
}
