import assert from "node:assert/strict";
import { JWKS_KEYS_MAX } from "../../limits.ts";
import { parseKeySet } from "./key_set.ts";

const RSA = { kty: "RSA", n: "n".repeat(342), e: "AQAB", kid: "r1" };
const EC = { kty: "EC", crv: "P-256", x: "x", y: "y", kid: "e1" };
const ED = { kty: "OKP", crv: "Ed25519", x: "x", kid: "d1" };

const parse = (...keys: unknown[]) => parseKeySet(JSON.stringify({ keys }));

Deno.test("parseKeySet() gives each key the algorithm of its kind (W1)", () => {
  assert.deepEqual(parse(RSA, EC, ED)?.map(({ id, algorithm }) => [id, algorithm]), [
    ...[["r1", "RS256"], ["e1", "ES256"], ["d1", "EdDSA"]],
  ]);
  assert.equal(parse({ ...RSA, alg: "RS256", use: "sig", key_ops: ["verify"] })?.length, 1);
  assert.equal(parse({ ...ED, alg: "Ed25519" })?.length, 1);
});

Deno.test("parseKeySet() leaves out what could prove something else, or nothing (W1, W2)", () => {
  const others = [
    ...[{ kty: "oct", k: "c2VjcmV0" }, { ...RSA, alg: "RS512" }, { ...RSA, alg: "HS256" }],
    ...[{ ...RSA, use: "enc" }, { ...RSA, key_ops: ["encrypt"] }, { ...RSA, n: "n".repeat(171) }],
    ...[{ ...EC, crv: "P-384" }, { ...EC, y: 5 }, { ...ED, crv: "X25519" }, {
      ...EC,
      alg: "Ed25519",
    }],
    ...[null, 5, "key", [], {}],
  ];
  for (const one of others) assert.deepEqual(parse(one), [], JSON.stringify(one).slice(0, 60));
  assert.equal(parse(...others, EC)?.length, 1);
});

Deno.test("parseKeySet() takes nothing but public members (W2)", () => {
  const [key] = parse({ ...EC, d: "private", ext: true, x5c: ["…"] }) ?? [];
  assert.deepEqual(key?.jwk, { kty: "EC", crv: "P-256", x: "x", y: "y" });
});

Deno.test("parseKeySet() knows what is no key set", () => {
  for (const text of ["", "{", "null", "[]", "{}", '{"keys":{}}', "5"]) {
    assert.equal(parseKeySet(text), undefined, text);
  }
  assert.equal(parse(...Array(JWKS_KEYS_MAX + 1).fill(EC)), undefined);
});
