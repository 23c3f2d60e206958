import assert from "node:assert/strict";
import { PARENTS_CHARS_MAX, parentsText } from "./parents.ts";

const completed = (
  key: string,
  result: string,
) => ({ key, end: "c", result, error: null } as const);

Deno.test("parentsText() tells states, results and errors; stacks stay with the job", () => {
  const error = { name: "Error", message: 'a "b"', stack: "at x" };
  const text = parentsText([
    completed("a", '{"n":1}'),
    { key: "b", end: "f", result: null, error },
    { key: "c", end: "x", result: null, error: null },
    { key: "d", end: "s", result: null, error: null },
    { key: "constructor", end: "n", result: null, error: null },
  ]);
  assert.deepEqual(JSON.parse(text), {
    a: { state: "completed", result: { n: 1 } },
    b: { state: "failed", error: { name: "Error", message: 'a "b"' } },
    c: { state: "cancelled" },
    d: { state: "skipped" },
    constructor: { state: "cancelled" },
  });
  assert.equal(parentsText([]), "{}");
});

Deno.test("parentsText() leaves out what is too large, largest first, and says so (N2)", () => {
  const large = JSON.stringify("x".repeat(PARENTS_CHARS_MAX));
  const half = JSON.stringify("y".repeat(PARENTS_CHARS_MAX / 2));
  const told = JSON.parse(parentsText([
    completed("a", large),
    completed("b", half),
    completed("c", half),
    completed("d", "1"),
    { key: "e", end: "s", result: null, error: null },
  ]));
  assert.deepEqual(told.a, { state: "completed", omitted: true });
  assert.equal(told.b.result.length, PARENTS_CHARS_MAX / 2);
  assert.deepEqual(told.c, { state: "completed", omitted: true });
  assert.deepEqual(told.d, { state: "completed", result: 1 });
  assert.deepEqual(told.e, { state: "skipped" });
});
