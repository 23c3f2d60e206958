import assert from "node:assert/strict";
import { encodeJson, fitJson, UnserializableError } from "./json.ts";

const encode = (value: unknown, charsMax = 100) =>
  encodeJson(value, { charsMax, what: "the result" });

Deno.test("encodeJson() writes JSON values as JSON.stringify does, and nothing as null", () => {
  for (const value of [1, "a\n", true, null, [1, [2]], { a: { b: "c" } }, new Date(0)]) {
    assert.equal(encode(value), JSON.stringify(value));
  }
  assert.equal(encode(undefined), "null");
  assert.equal(encode(NaN), "null");
  assert.equal(encode({ a: undefined, f: () => 1 }), "{}");
  assert.equal(encode({ toJSON: () => undefined }), "null");
});

Deno.test("encodeJson() refuses what JSON cannot hold, and says what it was", () => {
  const ring: unknown[] = [];
  ring.push(ring);
  const trap = new Proxy({}, {
    ownKeys() {
      throw new Error("trap");
    },
  });
  const thrower = {
    toJSON() {
      throw null;
    },
  };
  for (
    const value of [ring, 1n, { n: 1n }, () => 1, Symbol(), new Uint8Array(3), trap, thrower]
  ) {
    assert.throws(() => encode(value), UnserializableError);
  }
  assert.throws(() => encode(1n), /the result is a bigint/);
  assert.throws(() => encode({ b: new ArrayBuffer(1) }), /binary data/);
});

Deno.test("encodeJson() stops at its bound instead of writing to the end (J1)", () => {
  assert.equal(encode("x".repeat(98)).length, 100);
  let visited = 0;
  const long = Array.from({ length: 100_000 }, () => ({
    get n() {
      visited++;
      return 1;
    },
  }));
  for (const value of ["x".repeat(101), "\n".repeat(90), new Array(1e9), long, { a: long }]) {
    assert.throws(() => encode(value), /longer than 100 characters/);
  }
  assert.ok(visited < 100, `${visited} visited`);
});

Deno.test("fitJson() keeps what fits, escapes counted", () => {
  assert.equal(fitJson("short", 100), "short");
  const fitted = fitJson("\u0001".repeat(1_000), 100);
  assert.ok(fitted.length >= 10 && JSON.stringify(fitted).length <= 100);
  assert.equal(fitJson("x".repeat(1_000), 100).length, 97);
});
