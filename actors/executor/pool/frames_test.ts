import assert from "node:assert/strict";
import { encodeFrame, FRAME_BYTES_MAX, FrameReader } from "./frames.ts";

const TEXTS = ["", "a", "é\u0000\u{1F600}", "x".repeat(70_000), "[1,2]"];

Deno.test("FrameReader gives the same messages whatever pieces the stream comes in (F1)", () => {
  const stream = new Uint8Array(TEXTS.flatMap((text) => [...encodeFrame(text)]));
  for (const size of [1, 2, 3, 5, 1_000, 65_536, stream.length]) {
    const reader = new FrameReader();
    const texts: string[] = [];
    for (let at = 0; at < stream.length; at += size) {
      texts.push(...reader.push(stream.subarray(at, at + size)));
    }
    assert.deepEqual(texts, TEXTS, `pieces of ${size}`);
  }
});

Deno.test("FrameReader refuses a length beyond its bound before it takes memory (F2)", () => {
  const header = new Uint8Array(4);
  new DataView(header.buffer).setUint32(0, FRAME_BYTES_MAX + 1);
  assert.throws(() => new FrameReader().push(header), /too long/);
});
