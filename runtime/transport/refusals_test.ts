import assert from "node:assert/strict";
import { REFUSAL_TEXTS, Refusals } from "./refusals.ts";

Deno.test("Refusals.count() is true for the first of each reason alone, and counts all (R1, R2)", () => {
  const refusals = new Refusals();
  assert.deepEqual(
    [refusals.count("garbage"), refusals.count("garbage", 5), refusals.count("version")],
    [true, false, true],
  );
  assert.deepEqual(
    [refusals.of("garbage"), refusals.of("version"), refusals.of("body")],
    [6, 1, 0],
  );
});

Deno.test("every reason has a text of its own for people", () => {
  const texts = Object.values(REFUSAL_TEXTS);
  assert.equal(new Set(texts).size, texts.length);
});
