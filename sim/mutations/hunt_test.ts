import assert from "node:assert/strict";
import { CHECKERS } from "../checkers/all.ts";
import { MUTATIONS } from "./all.ts";
import { hunt } from "./hunt.ts";

/** Every broken build must be caught within so many seeds. */
const SEEDS_MAX = 100;

for (const mutation of MUTATIONS) {
  Deno.test(`hunt() catches ${mutation.name}: ${mutation.breaks}`, async () => {
    const { caught } = await hunt(mutation, { seed: 1, seedsMax: SEEDS_MAX });
    assert.ok(caught, `it survived ${SEEDS_MAX} seeds`);
    assert.ok(CHECKERS.some(({ name }) => name === caught.failure.checker), caught.failure.checker);
  });
}

Deno.test("MUTATIONS have names and texts of their own", () => {
  assert.equal(new Set(MUTATIONS.map(({ name }) => name)).size, MUTATIONS.length);
  assert.equal(new Set(MUTATIONS.map(({ breaks }) => breaks)).size, MUTATIONS.length);
});

Deno.test("hunt() lets what breaks nothing survive", async () => {
  const harmless = { name: "harmless", breaks: "nothing" };
  const { caught } = await hunt(harmless, { seed: 1, seedsMax: 5 });
  assert.equal(caught, null);
});
