/**
 * Deadline plan: jobs of a run that are to start and to end by a time.
 * @module
 */
import { RETENTION_DEFAULT, RETRY_DEFAULT } from "../../actors/job/spec.ts";
import type { PlannedJob } from "../plan.ts";
import type { Random } from "../world/random.ts";

/** Handlers that are in time, and others. */
const NAMES = ["quick", "work", "flaky", "slow", "newcomer"] as const;

/** None in every other run; else a few jobs, some of which are bound to be late. */
export function deadlinePlanOf(
  random: Random,
  { healAtMs }: { readonly healAtMs: number },
): readonly PlannedJob[] {
  if (random.chance(0.5)) return [];
  return Array.from({ length: random.int(4, 12) }, (_, at): PlannedJob => {
    const startWithinMs = random.pick([null, random.int(100, 2_000)]);
    const finishWithinMs = random.pick([null, random.int(200, 4_000)]);
    return {
      id: `sla-${at}`,
      atMs: random.int(0, Math.floor(healAtMs * 0.7)),
      delayMs: random.pick([0, random.int(1, 3_000)]),
      name: random.pick(NAMES),
      queue: "default",
      priority: 0,
      retry: { ...RETRY_DEFAULT, attempts: 3, baseMs: 300 },
      timeoutMs: null,
      atMostOnce: false,
      retention: RETENTION_DEFAULT,
      sla: { startWithinMs, finishWithinMs },
      repeatsAtMs: random.chance(0.3) ? [healAtMs * 0.75] : [],
    };
  });
}
