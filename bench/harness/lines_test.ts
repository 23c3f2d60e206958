import assert from "node:assert/strict";
import { lines } from "./lines.ts";

async function linesOf(...chunks: Uint8Array[]): Promise<string[]> {
  const found: string[] = [];
  for await (const line of lines(ReadableStream.from(chunks))) found.push(line);
  return found;
}

Deno.test("lines() joins what chunks cut, also within a character", async () => {
  const bytes = new TextEncoder().encode("grüße\nzwei\n\nende");
  const cut = bytes.indexOf(0xc3) + 1;
  assert.deepEqual(await linesOf(bytes.slice(0, cut), bytes.slice(cut)), [
    "grüße",
    "zwei",
    "",
    "ende",
  ]);
});

Deno.test("lines() yields nothing for nothing, and no empty line after the last end", async () => {
  assert.deepEqual(await linesOf(), []);
  assert.deepEqual(await linesOf(new TextEncoder().encode("a\n")), ["a"]);
});
