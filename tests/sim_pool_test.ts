import assert from "node:assert/strict";
import { runSeeds } from "../sim/pool.ts";
import { run } from "../sim/run.ts";
import type { Verdict } from "../sim/verdict.ts";

Deno.test("runSeeds() runs each seed once, on any thread as here (U1)", async () => {
  const verdicts: Verdict[] = [];
  await runSeeds({ from: 3, count: 6 }, {
    threads: 2,
    ticksMax: Infinity,
    cluster: false,
    told: (verdict) => verdicts.push(verdict),
  });
  verdicts.sort((left, right) => left.seed - right.seed);
  assert.deepEqual(verdicts.map(({ seed }) => seed), [3, 4, 5, 6, 7, 8]);
  for (const { seed, hash, failure } of verdicts) {
    assert.equal(failure, null);
    assert.equal(hash, (await run(seed)).hash, `seed ${seed}`);
  }
});
