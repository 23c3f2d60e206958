import assert from "node:assert/strict";
import { parseArguments } from "./arguments.ts";

Deno.test("parseArguments() runs a thousand seeds on all cores unless told otherwise", () => {
  const { seeds, seed, threads, trace, mutations } = parseArguments([], 4);
  assert.deepEqual([seeds, seed, threads, trace, mutations], [1_000, 1, 4, 0, false]);
});

Deno.test("parseArguments() shows a single seed", () => {
  const { seeds, seed, trace } = parseArguments(["--seed", "42"], 4);
  assert.deepEqual([seeds, seed, trace], [1, 42, 40]);
  assert.equal(parseArguments(["--seed", "42", "--seeds", "9"], 4).seeds, 9);
  assert.equal(parseArguments(["--seed", "42", "--trace", "200"], 4).trace, 200);
});

Deno.test("parseArguments() runs one node unless a cluster is asked for", () => {
  assert.equal(parseArguments([], 4).cluster, false);
  assert.equal(parseArguments(["--cluster", "--seed", "42"], 4).cluster, true);
});

Deno.test("parseArguments() hunts mutations, all or one", () => {
  assert.deepEqual(
    [parseArguments(["--mutations"], 1).mutations, parseArguments(["--mutation", "x"], 1).mutation],
    [true, "x"],
  );
  assert.equal(parseArguments(["--mutations", "--seeds", "7"], 1).seeds, 7);
});

Deno.test("parseArguments() refuses what it does not know", () => {
  assert.throws(() => parseArguments(["--seeds", "many"], 1), /--seeds must be a whole number/);
  assert.throws(() => parseArguments(["--seeds", "-1"], 1), TypeError);
  assert.throws(() => parseArguments(["--speed", "1"], 1), TypeError);
});
