import assert from "node:assert/strict";
import { MUTATIONS } from "./mutations/all.ts";
import { hunt } from "./mutations/hunt.ts";
import { run } from "./run.ts";
import { textOfFailure, verdictOf } from "./verdict.ts";

/** Seeds of these tests: a taste; the gate and CI run more. */
const SEEDS = 40;
const CLUSTER_SEEDS = 15;

Deno.test("run() does exactly the same again for the same seed (U1)", async () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const [first, again] = [await run(seed), await run(seed)];
    assert.equal(first.hash, again.hash, `seed ${seed}`);
    assert.deepEqual(first.stats, again.stats);
  }
  assert.notEqual((await run(1)).hash, (await run(2)).hash);
});

Deno.test(`no promise is broken in ${SEEDS} runs`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const report = await run(seed);
    assert.equal(report.failure, null, textOfFailure(verdictOf(report, 40)));
  }
});

Deno.test(`no promise is broken in ${CLUSTER_SEEDS} runs of several nodes, and each repeats exactly (U1)`, async () => {
  const cluster = true;
  let machines = 0;
  for (let seed = 1; seed <= CLUSTER_SEEDS; seed++) {
    const report = await run(seed, { cluster });
    assert.equal(report.failure, null, textOfFailure(verdictOf(report, 40)));
    machines += report.plan.machines;
    if (seed <= 3) assert.equal((await run(seed, { cluster })).hash, report.hash);
  }
  assert.ok(machines >= 2 * CLUSTER_SEEDS);
});

Deno.test("run() tells the seed, the checker, the job's last events and how to see it again", async () => {
  const mutation = MUTATIONS.find(({ name }) => name === "cancel-ignored-while-waiting")!;
  const { caught } = await hunt(mutation, { seed: 1, seedsMax: 20 });
  const report = await run(caught!.seed, { mutation });
  const text = textOfFailure(verdictOf(report, 3));
  assert.match(text, /^seed \d+ \(\w+\): commands broken for \S+\n {2}cancel was answered/);
  assert.match(text, /commanded \S+ cancel done/);
  assert.match(text, new RegExp(`again: deno task sim --seed ${caught!.seed} --trace 200$`));
});

Deno.test("run() calls a run that takes too many ticks a livelock", async () => {
  const { failure } = await run(1, { ticksMax: 50 });
  assert.equal(failure?.checker, "no-crash");
  assert.match(failure?.message ?? "", /Livelock/);
});
