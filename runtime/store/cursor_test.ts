import assert from "node:assert/strict";
import { InvariantError } from "../fault.ts";
import { decodeCursor, encodeCursor, isCursor, turnedCursor } from "./cursor.ts";

Deno.test("decodeCursor() gives back what encodeCursor() was given", () => {
  for (const serial of [0, 1, 35, 36, 1_000_000, 2 ** 40]) {
    const cursor = encodeCursor(serial);
    assert.ok(isCursor(cursor), cursor);
    assert.equal(decodeCursor(cursor), serial);
  }
});

Deno.test("isCursor() refuses every other text", () => {
  for (const text of ["", "c", "5", "cA", "c-1", "c 1", "c1 ", "c1\n", "cc".repeat(9), "c1e5;--"]) {
    assert.equal(isCursor(text), false, JSON.stringify(text));
    assert.throws(() => decodeCursor(text), InvariantError);
  }
});

Deno.test("turnedCursor() lets the other order begin with what was dealt with last, and turns back", () => {
  const cursor = encodeCursor(7);
  assert.equal(decodeCursor(turnedCursor(cursor, "newest")), 6);
  assert.equal(decodeCursor(turnedCursor(cursor, "oldest")), 8);
  assert.equal(turnedCursor(turnedCursor(cursor, "newest"), "oldest"), cursor);
});
