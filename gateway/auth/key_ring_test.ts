import assert from "node:assert/strict";
import fc from "fast-check";
import { hashOfKey, type KeyEntry, KeyRing } from "./key_ring.ts";

const entry = (name: string, key: string): KeyEntry => ({
  ...{ name, sha256: hashOfKey(key), scopes: ["read"], namespaces: null },
  ...{ expiresMs: null, rate: null },
});

Deno.test("KeyRing.find() finds each key and nothing else", () => {
  const names = Array.from({ length: 50 }, (_, at) => `k${at}`);
  const ring = new KeyRing(names.map((name) => entry(name, `secret-${name}`)));
  for (const name of names) assert.equal(ring.find(`secret-${name}`)?.name, name);
  for (const token of ["", "secret-k50", "secret-K1", "secret-k1 ", hashOfKey("secret-k1")]) {
    assert.equal(ring.find(token), undefined, token);
  }
  assert.equal(new KeyRing([]).find("x"), undefined);
});

Deno.test("KeyRing.find() needs all bits of the hash, also where sums of words would overflow (K1)", () => {
  const token = "secret";
  const hash = Uint8Array.fromHex(hashOfKey(token));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), (bit) => {
      const near = Uint8Array.from(hash);
      near[bit >> 3]! ^= 1 << (bit & 7);
      const ring = new KeyRing([{ ...entry("near", token), sha256: near.toHex() }]);
      assert.equal(ring.find(token), undefined);
    }),
    { numRuns: 256 },
  );
});

Deno.test("KeyRing hands out what the key allows", () => {
  const full: KeyEntry = {
    ...{ name: "ci", sha256: hashOfKey("x"), scopes: ["write"], namespaces: ["a"], expiresMs: 5 },
    rate: { requests: 1, perMs: 2, burst: 3 },
  };
  const found = new KeyRing([full]).find("x");
  assert.deepEqual([found?.name, found?.namespaces, found?.untilMs, found?.rate], [
    ...["ci", ["a"], 5, full.rate],
  ]);
  assert.deepEqual([...found?.scopes ?? []], ["write"]);
});
