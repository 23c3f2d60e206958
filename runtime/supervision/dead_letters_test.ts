import assert from "node:assert/strict";
import { actorId } from "../ids.ts";
import { DEAD_LETTERS_KEPT_MAX } from "../limits.ts";
import { type DeadLetter, DeadLetters } from "./dead_letters.ts";

function letter(atMs: number): DeadLetter {
  return { actor: actorId("c"), message: "add", reason: "poison", error: "Error: bad", atMs };
}

Deno.test("add() counts every letter, keeps the latest and drops the oldest (D1)", () => {
  const letters = new DeadLetters();
  for (let at = 0; at < DEAD_LETTERS_KEPT_MAX + 3; at++) letters.add(letter(at));
  assert.equal(letters.total, DEAD_LETTERS_KEPT_MAX + 3);
  assert.equal(letters.latest().length, DEAD_LETTERS_KEPT_MAX);
  assert.equal(letters.latest()[0]!.atMs, 3);
  assert.equal(letters.latest().at(-1)!.atMs, DEAD_LETTERS_KEPT_MAX + 2);
});

Deno.test("add() tells the listener of each letter, once", () => {
  const heard: number[] = [];
  const letters = new DeadLetters(({ atMs }) => heard.push(atMs));
  letters.add(letter(1));
  letters.add(letter(2));
  assert.deepEqual(heard, [1, 2]);
});
