import assert from "node:assert/strict";
import { DEATH_CLEAN_RUNS, DEATHS_MAX, STALL_CLEAN_RUNS, Strikes } from "./strikes.ts";

const UNNAMED = { named: false };

Deno.test("Strikes lets a handler share until it stalls or was there at two deaths", () => {
  const strikes = new Strikes();
  assert.equal(strikes.placement("a"), "shared");
  strikes.stalled("a");
  assert.equal(strikes.placement("a"), "own-worker");
  assert.equal(DEATHS_MAX, 2);
  strikes.died("b", UNNAMED);
  assert.equal(strikes.placement("b"), "shared");
  strikes.died("b", UNNAMED);
  assert.equal(strikes.placement("b"), "own-host");
  strikes.died("a", UNNAMED);
  strikes.died("a", UNNAMED);
  assert.equal(strikes.placement("a"), "own-host");
});

Deno.test("Strikes gives a handler that was seen to take the memory a host of its own at once", () => {
  const strikes = new Strikes();
  strikes.died("a", { named: true });
  assert.equal(strikes.placement("a"), "own-host");
});

Deno.test("Strikes forgets after a row of clean runs in isolation, and only there (T2)", () => {
  const strikes = new Strikes();
  strikes.stalled("a");
  for (let run = 1; run < STALL_CLEAN_RUNS; run++) strikes.ranClean("a");
  strikes.stalled("a");
  for (let run = 1; run < STALL_CLEAN_RUNS; run++) strikes.ranClean("a");
  assert.equal(strikes.placement("a"), "own-worker");
  strikes.ranClean("a");
  assert.equal(strikes.placement("a"), "shared");

  strikes.died("b", UNNAMED);
  for (let run = 0; run < 2 * DEATH_CLEAN_RUNS; run++) strikes.ranClean("b");
  strikes.died("b", UNNAMED);
  assert.equal(strikes.placement("b"), "own-host");
  for (let run = 0; run < DEATH_CLEAN_RUNS; run++) strikes.ranClean("b");
  assert.equal(strikes.placement("b"), "shared");
});

Deno.test("Strikes.clear() forgets everything", () => {
  const strikes = new Strikes();
  strikes.stalled("a");
  strikes.clear();
  assert.equal(strikes.placement("a"), "shared");
});
