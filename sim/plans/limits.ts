/**
 * Limit plan: the queues of a run that are limited on all nodes together, and their jobs.
 * @module
 */
import type { QueueLimits } from "../../actors/limiter/limits.ts";
import { UNLIMITED } from "../../actors/limiter/limits.ts";
import { RETENTION_DEFAULT, RETRY_DEFAULT } from "../../actors/job/spec.ts";
import type { PlannedJob } from "../plan.ts";
import type { Random } from "../world/random.ts";

/** A queue's limits, for the whole run. */
export interface PlannedLimits extends QueueLimits {
  readonly queue: string;
}

/** Limits and jobs of one run. */
export interface LimitPlan {
  readonly limits: readonly PlannedLimits[];
  readonly jobs: readonly PlannedJob[];
}

const KEYS = ["k1", "k2", null] as const;
/** Handlers of short and of long runs, and one that dies. */
const NAMES = ["quick", "work", "work", "slow", "crasher"] as const;

/** None in every other run; else a queue with few permits, one with a slow pace, or both. */
export function limitPlanOf(
  random: Random,
  { healAtMs }: { readonly healAtMs: number },
): LimitPlan {
  if (random.chance(0.5)) return { limits: [], jobs: [] };
  const narrow: PlannedLimits = {
    queue: "narrow",
    concurrency: random.int(1, 3),
    rate: null,
    perKey: random.chance(0.4) ? { concurrency: 1, rate: null } : UNLIMITED,
  };
  const paced: PlannedLimits = {
    queue: "paced",
    concurrency: null,
    rate: { limit: random.int(4, 8), perMs: random.int(3, 5) * 1_000 },
    perKey: UNLIMITED,
  };
  const limits = random.pick([[narrow], [narrow], [paced], [narrow, paced]]);
  const jobs = limits.flatMap(({ queue }) => {
    // Most come at once: that is when limits matter.
    const burstAtMs = random.int(0, healAtMs * 0.5);
    return Array.from({ length: random.int(6, 16) }, (_, at): PlannedJob => ({
      id: `${queue}-${at}`,
      atMs: random.chance(0.7)
        ? burstAtMs + random.int(0, 50)
        : random.int(0, Math.floor(healAtMs * 0.8)),
      delayMs: random.chance(0.8) ? 0 : random.int(1, 3_000),
      name: random.pick(NAMES),
      queue,
      concurrencyKey: random.pick(KEYS),
      priority: 0,
      retry: { ...RETRY_DEFAULT, attempts: 2, baseMs: 100 },
      timeoutMs: null,
      atMostOnce: false,
      retention: RETENTION_DEFAULT,
      repeatsAtMs: [],
    }));
  });
  return { limits, jobs };
}
