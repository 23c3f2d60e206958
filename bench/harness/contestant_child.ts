/**
 * ContestantChild: the loop of a contestant's process: runs the workloads that it is sent.
 *
 * @module
 */
import type { Contestant } from "../contestant.ts";
import { runWorkload, type Workload, type WorkloadClock } from "../workloads.ts";
import { serveRequests } from "./process.ts";

const clock: WorkloadClock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** Serves workloads on `contestant` until standard input ends, then closes it and exits. */
export async function serveContestant(contestant: Contestant): Promise<void> {
  await serveRequests((request) => runWorkload(request as Workload, { contestant, clock }));
  await contestant.close();
  Deno.exit(0);
}
