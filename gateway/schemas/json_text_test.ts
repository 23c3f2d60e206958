import assert from "node:assert/strict";
import { canonicalJson, exceedsBytes, isDeeper, jsonDepth } from "./json_text.ts";

Deno.test("jsonDepth() counts nesting outside of strings", () => {
  const cases: [string, number][] = [
    ["1", 0],
    ['"[[["', 0],
    ["{}", 1],
    ['{"a":[1,{"b":[]}]}', 4],
    ['["\\"[[", [1]]', 2],
    ['["\\\\", [1]]', 2],
    ['{"a\\\\\\"[":[[]]}', 3],
    ["[".repeat(1_000), 1_000],
    ['["never ends [[[', 1],
  ];
  for (const [text, depth] of cases) assert.equal(jsonDepth(text), depth, text.slice(0, 40));
});

Deno.test("isDeeper() agrees with the depth of the text", () => {
  const nested = JSON.parse("[".repeat(65) + "]".repeat(65));
  assert.equal(isDeeper(nested, 64), true);
  assert.equal(isDeeper(nested, 65), false);
  assert.equal(isDeeper({ a: { b: 1 } }, 1), true);
  assert.equal(isDeeper({ a: { b: 1 } }, 2), false);
  assert.equal(isDeeper("text", 0), false);
});

Deno.test("isDeeper() survives nesting that no stack could follow", () => {
  const deep = JSON.parse("[".repeat(200_000) + "]".repeat(200_000));
  assert.equal(isDeeper(deep, 64), true);
});

Deno.test("exceedsBytes() counts UTF-8 bytes, not characters", () => {
  assert.equal(exceedsBytes("a".repeat(10), 10), false);
  assert.equal(exceedsBytes("a".repeat(11), 10), true);
  assert.equal(exceedsBytes("é".repeat(5), 10), false);
  assert.equal(exceedsBytes("é".repeat(6), 10), true);
  assert.equal(exceedsBytes("€€€€", 10), true);
  assert.equal(exceedsBytes("€€€", 10), false);
});

Deno.test("canonicalJson() spells equal values equally", () => {
  const one = JSON.parse('{"b":[1,{"y":null,"x":"é"}],"a":{"__proto__":1}}');
  const two = JSON.parse('{ "a":{"__proto__":1}, "b":[1.0,{"x":"\\u00e9","y":null}] }');
  assert.equal(canonicalJson(one), '{"a":{"__proto__":1},"b":[1,{"x":"é","y":null}]}');
  assert.equal(canonicalJson(two), canonicalJson(one));
  assert.notEqual(canonicalJson([1, 2]), canonicalJson([2, 1]));
});
