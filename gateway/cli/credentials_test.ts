import assert from "node:assert/strict";
import { chosenKey, type KeyChoice, type KeyEnvironment } from "./credentials.ts";

const FILES: Record<string, string> = { a: "key-a\n", b: "  key-b  ", empty: "\n", two: "k1\nk2" };
const choose = (choice: Partial<KeyChoice>, env: Partial<KeyEnvironment> = {}) =>
  chosenKey(
    { key: undefined, keyFile: undefined, ...choice },
    { ORRERY_KEY: undefined, ORRERY_KEY_FILE: undefined, ...env },
    (path) => {
      const text = FILES[path];
      if (text === undefined) throw new Error(`no such file: ${path}`);
      return text;
    },
  );

Deno.test("chosenKey() goes by argument, file, variable and file of a variable, in this order", () => {
  const env = { ORRERY_KEY: "key-v", ORRERY_KEY_FILE: "b" };
  assert.equal(choose({ key: "key-k" }, env), "key-k");
  assert.equal(choose({ keyFile: "a" }, env), "key-a");
  assert.equal(choose({}, env), "key-v");
  assert.equal(choose({}, { ORRERY_KEY: "", ORRERY_KEY_FILE: "b" }), "key-b");
  assert.equal(choose({}), undefined);
  assert.equal(choose({}, { ORRERY_KEY: "", ORRERY_KEY_FILE: "" }), undefined);
});

Deno.test("chosenKey() says what is wrong without repeating the key", () => {
  assert.throws(() => choose({ key: "a", keyFile: "b" }), /exclude each other/);
  assert.throws(() => choose({ keyFile: "missing" }), /missing/);
  assert.throws(() => choose({ keyFile: "empty" }), /^Error: empty does not hold a key$/);
  assert.throws(() => choose({ keyFile: "two" }), /^Error: two does not hold a key$/);
  for (const key of ["", "s3cret s3cret", "s3cret\u00e9", "s3cret\r\nx: y"]) {
    assert.throws(() => choose({ key }), /^Error: --key does not hold a key$/);
  }
});
