import assert from "node:assert/strict";
import { judge } from "./authenticator.ts";
import { encodeZ85 } from "./z85.ts";

const KEY = new Uint8Array(32).fill(7);
const allowed = new Set([encodeZ85(KEY)]);
const text = (value: string) => new TextEncoder().encode(value);

/** A request as the library makes it, with some of its frames replaced. */
function request(replaced: Readonly<Record<number, Uint8Array>> = {}): Uint8Array[] {
  const frames = [
    text("1.0"),
    text("1"),
    text("orrery"),
    text("10.0.0.9"),
    text(""),
    text("CURVE"),
    KEY,
  ];
  return frames.map((frame, at) => replaced[at] ?? frame);
}

Deno.test("judge() lets in a key of the list, and says which (A1)", () => {
  assert.deepEqual(judge(request(), allowed), { allowed: true, key: encodeZ85(KEY) });
});

Deno.test("judge() refuses another key, and still says which", () => {
  const other = new Uint8Array(32).fill(8);
  assert.deepEqual(judge(request({ 6: other }), allowed), {
    allowed: false,
    key: encodeZ85(other),
  });
});

Deno.test("judge() refuses other versions, domains, mechanisms, keys and numbers of frames (A1)", () => {
  const wrong = [
    request({ 0: text("2.0") }),
    request({ 2: text("global") }),
    request({ 5: text("NULL") }),
    request({ 5: text("PLAIN") }),
    request({ 6: KEY.subarray(1) }),
    request().slice(0, 6),
    [...request(), text("more")],
    [],
  ];
  for (const frames of wrong) assert.deepEqual(judge(frames, allowed), { allowed: false, key: "" });
});
