import assert from "node:assert/strict";
import { InvariantError } from "../fault.ts";
import { charsOf, checkLimit } from "./batch.ts";
import { append, insert, move } from "./testing/fixtures.ts";

Deno.test("charsOf() weighs the texts of each kind of write", () => {
  const draft = insert("a", { body: "12345" });
  assert.equal(charsOf(draft), 5 + draft.draft.head.length);
  assert.equal(charsOf(move("a", 1, { head: "123" })), 3);
  assert.equal(charsOf(append("a", ["12", "", "345"])), 5);
});

Deno.test("checkLimit() takes whole numbers from 1 to its bound", () => {
  checkLimit(1, 10);
  checkLimit(10, 10);
  for (const limit of [0, 11, -1, 2.5, NaN, Infinity]) {
    assert.throws(() => checkLimit(limit, 10), InvariantError);
  }
});
