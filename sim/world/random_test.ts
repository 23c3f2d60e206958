import assert from "node:assert/strict";
import { hashText, Random } from "./random.ts";

const draws = (random: Random) => Array.from({ length: 5 }, () => random.next());

Deno.test("next() yields the same for the same seed, something else for another (R1)", () => {
  assert.deepEqual(draws(new Random(1)), draws(new Random(1)));
  assert.notDeepEqual(draws(new Random(1)), draws(new Random(2)));
  assert.ok(draws(new Random(3)).every((draw) => draw >= 0 && draw < 1));
});

Deno.test("fork() depends on seed and label alone, not on what was drawn before (R1)", () => {
  const used = new Random(1);
  draws(used);
  assert.deepEqual(draws(used.fork("a")), draws(new Random(1).fork("a")));
  assert.notDeepEqual(draws(used.fork("a")), draws(used.fork("b")));
});

Deno.test("int() covers its range, both ends included, about evenly", () => {
  const random = new Random(1);
  const counts = new Map<number, number>();
  for (let at = 0; at < 4_000; at++) {
    const value = random.int(3, 6);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  assert.deepEqual([...counts.keys()].sort(), [3, 4, 5, 6]);
  assert.ok([...counts.values()].every((count) => count > 850 && count < 1_150));
});

Deno.test("chance() and pick() follow the draws", () => {
  const random = new Random(1);
  const hits = Array.from({ length: 1_000 }, () => random.chance(0.2)).filter(Boolean).length;
  assert.ok(hits > 150 && hits < 250, `${hits}`);
  assert.equal(random.chance(0), false);
  assert.ok(["x", "y"].includes(random.pick(["x", "y"])));
});

Deno.test("hashText() tells texts apart and continues from a seed", () => {
  assert.notEqual(hashText("a"), hashText("b"));
  assert.equal(hashText("ab"), hashText("b", hashText("a")));
});
