import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeZ85, encodeZ85 } from "./z85.ts";

Deno.test("encodeZ85() gives the example of RFC 32", () => {
  const bytes = new Uint8Array([0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b]);
  assert.equal(encodeZ85(bytes), "HelloWorld");
  assert.deepEqual(decodeZ85("HelloWorld"), bytes);
});

Deno.test("decodeZ85() gives back what encodeZ85() took, from the middle of a buffer too", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 0, maxLength: 64 }), (bytes) => {
    const aligned = bytes.subarray(bytes.length % 4);
    assert.deepEqual([...decodeZ85(encodeZ85(aligned)) ?? [-1]], [...aligned]);
  }));
});

Deno.test("decodeZ85() refuses other lengths, other characters and groups beyond 32 bits", () => {
  for (const text of ["Hell", "Hello1", "Hel o", "Hellö", "#####"]) {
    assert.equal(decodeZ85(text), undefined, text);
  }
});
