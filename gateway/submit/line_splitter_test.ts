import assert from "node:assert/strict";
import { LineSplitter } from "./line_splitter.ts";

const encode = (text: string) => new TextEncoder().encode(text);

function split(chunks: readonly string[], lineBytesMax = 100): string[] {
  const splitter = new LineSplitter(lineBytesMax);
  const lines = [
    ...chunks.flatMap((chunk) => [...splitter.push(encode(chunk))]),
    ...splitter.end(),
  ];
  return lines.map((line) => line.kind === "line" ? new TextDecoder().decode(line.bytes) : "!");
}

Deno.test("LineSplitter finds lines wherever the chunks are cut", () => {
  const text = '{"a":1}\n{"b":2}\r\n\n{"é":3}';
  const whole = ['{"a":1}', '{"b":2}\r', '{"é":3}'];
  assert.deepEqual(split([text]), whole);
  assert.deepEqual(split([...text]), whole);
  for (let at = 0; at < text.length; at++) {
    assert.deepEqual(split([text.slice(0, at), text.slice(at)]), whole);
  }
});

Deno.test("LineSplitter leaves blank lines out (N3)", () => {
  assert.deepEqual(split(["\n\n \t\r\n a\n\n"]), [" a"]);
  assert.deepEqual(split([]), []);
});

Deno.test("LineSplitter tells a long line once and keeps its neighbours (N2)", () => {
  assert.deepEqual(split(["ok\n" + "x".repeat(50), "x".repeat(500), "x\nfine\n"], 60), [
    "ok",
    "!",
    "fine",
  ]);
  assert.deepEqual(split(["x".repeat(61)], 60), ["!"]);
  assert.deepEqual(split(["x".repeat(60)], 60), ["x".repeat(60)]);
});
