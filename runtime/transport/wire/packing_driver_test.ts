import assert from "node:assert/strict";
import fc from "fast-check";
import { packBody, unpackBody } from "./packing_driver.ts";

Deno.test("unpackBody() gives an equal copy of what packBody() took", () => {
  const scalar = fc.oneof(
    fc.string({ unit: "binary" }),
    // Minus zero becomes zero, as in JSON.
    fc.double({ noNaN: true }).map((number) => number + 0),
    fc.boolean(),
    fc.constant(null),
  );
  const value = fc.object({ values: [scalar], maxDepth: 3 });
  fc.assert(fc.property(value, (body) => {
    if (JSON.stringify(body).includes("__proto__")) return;
    const packed = packBody(body).slice();
    assert.deepEqual(unpackBody(packed, 0, packed.length), { ...body });
  }));
});

Deno.test("unpackBody() reads from the middle of a buffer", () => {
  const packed = packBody({ a: [1, "b"] });
  const bytes = new Uint8Array(packed.length + 20).fill(0xc1);
  bytes.set(packed, 7);
  assert.deepEqual(unpackBody(bytes, 7, 7 + packed.length), { a: [1, "b"] });
});

Deno.test("unpackBody() keeps no view of its input", () => {
  const packed = packBody({ bytes: new Uint8Array([1, 2]) }).slice();
  const body = unpackBody(packed, 0, packed.length) as { bytes: Uint8Array };
  packed.fill(0);
  assert.deepEqual([...body.bytes], [1, 2]);
});

Deno.test("unpackBody() gives no prototype to whoever asks for one", () => {
  const packed = packBody(JSON.parse('{"__proto__":{"admin":true}}')).slice();
  const body = unpackBody(packed, 0, packed.length) as { admin?: boolean };
  assert.equal(body.admin, undefined);
});

Deno.test("unpackBody() throws at garbage, however large it says it is", () => {
  const claims = [
    [0xdd, 0xff, 0xff, 0xff, 0xff], // an array of 2³² items
    [0xdd, 0x01, 0xff, 0xff, 0xff], // one of 33 million
    [0xdf, 0xff, 0xff, 0xff, 0xff], // a map
    [0xdb, 0xff, 0xff, 0xff, 0xff], // a string
    [0xc6, 0xff, 0xff, 0xff, 0xff], // binary data
    [0xc9, 0xff, 0xff, 0xff, 0xff, 0x65], // an extension
    [0x01, 0x02], // two bodies
    new Array(100_000).fill(0x91), // arrays within arrays
  ];
  for (const claim of claims) {
    const bytes = new Uint8Array(claim);
    assert.throws(() => unpackBody(bytes, 0, bytes.length), String(claim.slice(0, 5)));
  }
});
