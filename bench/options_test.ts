import assert from "node:assert/strict";
import { parseOptions } from "./options.ts";

const NAMES = ["bulk", "http"];

Deno.test("parseOptions() measures everything on both sides by default", () => {
  const options = parseOptions([], NAMES);
  assert.ok(typeof options !== "string");
  assert.deepEqual([options.pairs, options.seconds, options.sides], [5, 5, ["orrery", "bullmq"]]);
  assert.ok(options.wants("bulk") && options.wants("http"));
});

Deno.test("parseOptions() narrows to contests, a side and sizes", () => {
  const args = ["--only", "http", "--side", "bullmq", "--pairs", "2", "--seconds", "1"];
  const options = parseOptions(args, NAMES);
  assert.ok(typeof options !== "string");
  assert.deepEqual([options.pairs, options.seconds, options.sides], [2, 1, ["bullmq"]]);
  assert.ok(!options.wants("bulk") && options.wants("http"));
});

Deno.test("parseOptions() says what is wrong", () => {
  const cases: readonly [string[], RegExp][] = [
    [["--fast"], /unknown: --fast/],
    [["--pairs"], /--pairs needs a value/],
    [["--pairs", "0"], /--pairs is a number from 1/],
    [["--seconds", "x"], /--seconds is a number from 1/],
    [["--only", "bulk,nope"], /no contest nope; there are bulk, http/],
    [["--side", "redis"], /orrery or bullmq/],
  ];
  for (const [args, message] of cases) assert.match(String(parseOptions(args, NAMES)), message);
});
