/**
 * Contests: what is compared, with which sizes, and what we promise to reach.
 *
 * @module
 */
import type { Workload } from "./workloads.ts";

/** A figure that both sides measure. */
export interface Figure {
  readonly key: string;
  readonly title: string;
  /** Absent: reported only. */
  readonly target?: Target;
}

/** `ratio`: ours ÷ theirs is judged; `value`: ours alone is. */
export type Target =
  | { readonly of: "ratio"; readonly least: number }
  | { readonly of: "value"; readonly most: number };

/** How a contest is run. */
export type ContestMode =
  /** Both in their own process, called directly. `handler` is Orrery's. */
  | {
    readonly kind: "direct";
    readonly handler: "bench-inline" | "bench-worker";
    readonly workload: (seconds: number) => Workload;
  }
  /** Both behind HTTP, under the load generator. */
  | {
    readonly kind: "http";
    readonly connections: number;
    /** Sent with every request; the competitor takes no notice. */
    readonly headers: Readonly<Record<string, string>>;
  };

/** One contest. */
export interface Contest {
  readonly name: string;
  readonly mode: ContestMode;
  readonly figures: readonly Figure[];
}

const SLOTS = 100;
const LAG_FIGURES: readonly Figure[] = [
  { key: "p50Ms", title: "p50, ms", target: { of: "value", most: 2 } },
  { key: "p99Ms", title: "p99, ms", target: { of: "value", most: 15 } },
  { key: "maxMs", title: "max, ms", target: { of: "value", most: 50 } },
  { key: "early", title: "early", target: { of: "value", most: 0 } },
];

/** In the order in which they are run. */
export const CONTESTS: readonly Contest[] = [
  {
    name: "submit",
    mode: direct((seconds) => ({ kind: "submit", seconds, inFlight: 50 })),
    figures: [{ key: "jobsPerSecond", title: "submit one by one, 50 in flight, jobs/s" }],
  },
  {
    name: "bulk",
    mode: direct((seconds) => ({ kind: "bulk", seconds, batch: 1_000 })),
    figures: [rate("bulk submit, batches of 1,000, jobs/s", 1.5)],
  },
  {
    name: "drain-inline",
    mode: direct((seconds) => ({ kind: "drain", seconds, jobs: 20_000, slots: SLOTS })),
    figures: [rate("drain 20,000 no-ops, 100 slots, inline, jobs/s", 1)],
  },
  {
    name: "drain-worker",
    mode: {
      kind: "direct",
      handler: "bench-worker",
      workload: (seconds) => ({ kind: "drain", seconds, jobs: 20_000, slots: SLOTS }),
    },
    figures: [rate("drain 20,000 no-ops, 100 slots, sandboxed, jobs/s", 0.7)],
  },
  overHttp("http", "the answer is the id", { prefer: "return=minimal" }),
  overHttp("http-whole", "ours is the whole job", {}),
  {
    name: "paced",
    mode: direct((seconds) => ({ kind: "paced", seconds, perSecond: 1_000, slots: SLOTS })),
    figures: prefixed("request → start at 1,000 jobs/s", LAG_FIGURES.slice(0, 2)),
  },
  ...[0, 200_000].map((pending): Contest => ({
    name: `lag-${pending}`,
    mode: direct(() => ({ kind: "lag", jobs: 10_000, overMs: 10_000, pending, slots: SLOTS })),
    figures: prefixed(`10,000 one-time jobs over 10 s, ${pending} pending, lag`, LAG_FIGURES),
  })),
];

/** Targets on the competitor's own Redis, where they are others: of a contest's first figures. */
const ON_REDIS: Readonly<Record<string, readonly Target[]>> = {
  "bulk": [{ of: "ratio", least: 3 }],
  "drain-inline": [{ of: "ratio", least: 2.5 }],
  "drain-worker": [{ of: "ratio", least: 1.5 }],
  "http": [{ of: "ratio", least: 1.3 }],
  "http-whole": [{ of: "ratio", least: 1.3 }],
  "paced": [{ of: "value", most: 1.5 }, { of: "value", most: 8 }],
};

/** The contests with the targets that we have on `store`. */
export function contestsOn(store: "sqlite" | "redis"): readonly Contest[] {
  if (store === "sqlite") return CONTESTS;
  return CONTESTS.map((contest) => ({
    ...contest,
    figures: contest.figures.map((figure, at) => {
      const target = ON_REDIS[contest.name]?.[at] ?? figure.target;
      return target === undefined ? figure : { ...figure, target };
    }),
  }));
}

function direct(workload: (seconds: number) => Workload): ContestMode {
  return { kind: "direct", handler: "bench-inline", workload };
}

/** The competitor's route answers with the id of the job; ours can, and by default answers with all of it. */
function overHttp(
  name: string,
  answer: string,
  headers: Readonly<Record<string, string>>,
): Contest {
  const title = `submit over HTTP, 64 connections, ${answer}, requests/s`;
  return {
    name,
    mode: { kind: "http", connections: 64, headers },
    figures: [
      { key: "requestsPerSecond", title, target: { of: "ratio", least: 1 } },
      { key: "p99Ms", title: "its p99, ms" },
    ],
  };
}

function rate(title: string, least: number): Figure {
  return { key: "jobsPerSecond", title, target: { of: "ratio", least } };
}

function prefixed(title: string, figures: readonly Figure[]): Figure[] {
  return figures.map((figure) => ({ ...figure, title: `${title} ${figure.title}` }));
}
