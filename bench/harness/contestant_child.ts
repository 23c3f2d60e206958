/**
 * ContestantChild: the loop of a contestant's process: runs the workloads that it is sent.
 *
 * @module
 */
import process from "node:process";
import type { Contestant } from "../contestant.ts";
import { runWorkload, type Workload, type WorkloadClock } from "../workloads.ts";
import { serveRequests } from "./process.ts";

const clock: WorkloadClock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** Serves workloads on `contestant`, telling also what processor time each took, preparation included, until standard input ends, then closes it and exits. */
export async function serveContestant(contestant: Contestant): Promise<void> {
  await serveRequests(async (request) => {
    const before = process.cpuUsage();
    const figures = await runWorkload(request as Workload, { contestant, clock });
    const { user, system } = process.cpuUsage(before);
    return { ...figures, cpuSeconds: (user + system) / 1e6 };
  });
  await contestant.close();
  Deno.exit(0);
}
