import assert from "node:assert/strict";
import { clusterPlanOf } from "./cluster_plan.ts";
import { planOf } from "./plan.ts";

const PLANS = Array.from({ length: 200 }, (_, seed) => clusterPlanOf(seed));

Deno.test("clusterPlanOf() draws the same plan from the same seed (P1)", () => {
  assert.deepEqual(clusterPlanOf(7), clusterPlanOf(7));
  assert.notDeepEqual(clusterPlanOf(7), clusterPlanOf(8));
});

Deno.test("clusterPlanOf() does to a cluster all that is done to a node of that seed", () => {
  for (const plan of PLANS) {
    const { jobs, deeds } = planOf(plan.seed);
    assert.deepEqual(plan.jobs, jobs);
    for (const deed of deeds) assert.ok(plan.deeds.some(({ kind }) => kind === deed.kind));
  }
});

Deno.test("clusterPlanOf() draws clusters of 2 to 4 nodes, cuts, losses and clocks that differ", () => {
  const some = (values: number[]) => [...new Set(values)].sort((one, other) => one - other);
  assert.deepEqual(some(PLANS.map(({ machines }) => machines)), [2, 3, 4]);
  assert.deepEqual(some(PLANS.map(({ clocksApartMs }) => clocksApartMs)), [0, 50, 400]);
  assert.deepEqual(some(PLANS.map(({ lossShare }) => lossShare)), [0, 0.02, 0.1]);
  assert.ok(PLANS.every(({ machines, shards }) => shards >= machines));
  const kinds = new Set(PLANS.flatMap(({ deeds }) => deeds.map(({ kind }) => kind)));
  for (const kind of ["cut", "crash", "leave", "pause"] as const) assert.ok(kinds.has(kind), kind);
});

Deno.test("clusterPlanOf() does everything before the world heals", () => {
  for (const { deeds, healAtMs } of PLANS) {
    for (const deed of deeds) if (deed.kind === "cut") assert.ok(deed.atMs <= healAtMs);
  }
});
