/**
 * Cluster plan: what is done to several nodes on one store.
 *
 * Intuition: the plan of a single node is done to the cluster, each deed to one of its machines; and there is more
 * that only a cluster can suffer: nodes that come and go, clocks that differ, a network that loses messages
 * or is cut, so that nodes disagree about who is there.
 *
 * Invariant: P1 (plan.ts).
 * @module
 */
import { type Deed, type Plan, planOf } from "./plan.ts";
import { Random } from "./world/random.ts";

/** The plan of several nodes under `seed`. */
export function clusterPlanOf(seed: number): Plan {
  const plan = planOf(seed);
  const random = new Random(seed).fork("cluster");
  const machines = random.int(2, 4);
  const healAtMs = plan.healAtMs + 10_000;
  const times = (count: number, deed: () => Deed): Deed[] => Array.from({ length: count }, deed);
  const atMs = () => random.int(3_000, healAtMs);
  return {
    ...plan,
    healAtMs,
    machines,
    shards: random.int(machines, 16),
    clocksApartMs: random.pick([0, 50, 400]),
    lossShare: random.pick([0, 0, 0.02, 0.1]),
    deeds: [
      ...plan.deeds,
      ...times(
        random.int(0, 2),
        () => ({ kind: "leave", atMs: atMs(), downMs: random.int(20, 6_000) }),
      ),
      ...times(
        random.int(0, 2),
        () => ({ kind: "crash", atMs: atMs(), downMs: random.int(20, 6_000) }),
      ),
      ...times(
        random.int(0, 2),
        () => ({ kind: "pause", atMs: atMs(), forMs: random.int(500, 8_000) }),
      ),
      ...times(
        random.int(0, 2),
        () => ({ kind: "cut", atMs: atMs(), forMs: random.int(500, 9_000) }),
      ),
    ],
  };
}
