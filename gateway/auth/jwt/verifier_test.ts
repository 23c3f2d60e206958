import assert from "node:assert/strict";
import { VirtualClock } from "../../../runtime/testing/virtual_clock.ts";
import { Problem } from "../../http/problem.ts";
import { JWKS_FRESH_MS, JWKS_RETRY_MS, JWKS_STALE_MS, JWT_CHECKS_MAX } from "../../limits.ts";
import type { Principal } from "../access.ts";
import { encoded, Issuer } from "../testing/issuer.ts";
import { KeySource } from "./key_source_driver.ts";
import { JWT_ALGORITHMS, type JwtRules } from "./token.ts";
import { JwtVerifier } from "./verifier_driver.ts";

const NOW_MS = Date.UTC(2027, 0, 1);
const RULES: JwtRules = {
  ...{ issuer: "https://id.example", audience: "orrery", algorithms: JWT_ALGORITHMS },
  ...{ scopesClaim: "scope", scopePrefix: "orrery:", namespacesClaim: null },
  ...{ leewayMs: 30_000, rate: null },
};
const CLAIMS = {
  ...{ iss: "https://id.example", aud: "orrery", sub: "alice", scope: "orrery:read" },
  exp: NOW_MS / 1_000 + 3_600,
};
const issuer = await Issuer.create();
const stranger = await Issuer.create();

function setup(read: () => Promise<string> = () => issuer.keySet(), rules = RULES) {
  const clock = new VirtualClock(NOW_MS);
  const told = { reads: 0, failures: [] as string[] };
  const keys = new KeySource({
    clock,
    read: () => (told.reads++, read()),
    failed: (why) => void told.failures.push(why),
  });
  const verifier = new JwtVerifier(rules, { keys, clock });
  return { clock, keys, verifier, told };
}

const name = (found: Principal | Problem) => found instanceof Problem ? found.detail : found.name;

Deno.test("JwtVerifier believes tokens of the issuer, by any of the algorithms", async () => {
  const { verifier, told } = setup();
  for (const algorithm of JWT_ALGORITHMS) {
    assert.equal(name(await verifier.verify(await issuer.sign(CLAIMS, algorithm))), "jwt:alice");
  }
  assert.equal(told.reads, 1);
});

Deno.test("JwtVerifier believes nothing else", async () => {
  const { verifier } = setup();
  const good = await issuer.sign(CLAIMS);
  const [head, , tail] = good.split(".");
  const forged = encoded(JSON.stringify({ ...CLAIMS, sub: "root", scope: "orrery:admin" }));
  const none = encoded(JSON.stringify({ alg: "none" }));
  const publicKey = await issuer.publicKey("ES256");
  const cases: [string, string, RegExp][] = [
    ["another's signature", await stranger.sign(CLAIMS), /signature/],
    ["changed claims", `${head}.${forged}.${tail}`, /signature/],
    ["no algorithm", `${none}.${forged}.`, /algorithm/],
    ["no signature", `${head}.${forged}.`, /signature/],
    [
      "a key that the token brings",
      await stranger.sign(CLAIMS, "ES256", { jwk: publicKey }),
      /signature/,
    ],
    ["an unknown key", await issuer.sign(CLAIMS, "ES256", { kid: "other" }), /not known/],
    [
      "a key of another algorithm",
      await issuer.sign(CLAIMS, "ES256", { kid: "k-RS256" }),
      /not known/,
    ],
    [
      "the algorithm of another key",
      await issuer.sign(CLAIMS, "ES256", { alg: "RS256" }),
      /not known/,
    ],
    ["an expired one", await issuer.sign({ ...CLAIMS, exp: NOW_MS / 1_000 - 60 }), /expired/],
  ];
  for (const [what, token, why] of cases) {
    const found = await verifier.verify(token);
    assert.ok(found instanceof Problem, what);
    assert.deepEqual(
      [found.status, why.test(found.detail)],
      [401, true],
      `${what}: ${found.detail}`,
    );
    assert.ok(!found.detail.includes(token));
  }
});

Deno.test("JwtVerifier takes a token without a key id only where there is no doubt", async () => {
  const token = await issuer.sign(CLAIMS, "ES256", { kid: undefined });
  assert.equal(name(await setup().verifier.verify(token)), "jwt:alice");
  const both = async () => {
    const sets = await Promise.all([issuer, stranger].map((one) => one.keySet(["ES256"])));
    return JSON.stringify({ keys: sets.flatMap((set) => JSON.parse(set).keys) });
  };
  assert.match(name(await setup(both).verifier.verify(token)), /which key/);
});

Deno.test("JwtVerifier remembers what was proved, until it expires (J3)", async () => {
  const { verifier, clock } = setup();
  const token = await issuer.sign(CLAIMS);
  const first = verifier.verify(token);
  assert.ok(first instanceof Promise);
  await first;
  assert.ok(!(verifier.verify(token) instanceof Promise), "at once");
  clock.advance(3_630_000);
  assert.match(name(await verifier.verify(token)), /expired/);
});

Deno.test("JwtVerifier forgets what was proved by a key that the issuer withdrew", async () => {
  let current = issuer;
  const { verifier, clock, keys } = setup(() => current.keySet());
  const token = await issuer.sign({ ...CLAIMS, exp: CLAIMS.exp + 36_000 });
  assert.equal(name(await verifier.verify(token)), "jwt:alice");
  current = stranger;
  clock.advance(JWKS_FRESH_MS);
  const before = keys.generation;
  await verifier.verify(token); // begins to read again
  while (keys.generation === before) await new Promise((resolve) => setTimeout(resolve, 0));
  assert.match(name(await verifier.verify(token)), /signature/);
});

Deno.test("JwtVerifier says later, not no, while there are no keys to prove with", async () => {
  let away = true;
  const { verifier, clock, told } = setup(() =>
    away ? Promise.reject(new Error("connection refused")) : issuer.keySet()
  );
  const token = await issuer.sign(CLAIMS);
  const found = await verifier.verify(token);
  assert.ok(found instanceof Problem && found.status === 503);
  assert.deepEqual(told.failures, ["connection refused"]);
  await verifier.verify(token);
  assert.equal(told.reads, 1, "not at every request (Z1)");
  away = false;
  clock.advance(JWKS_RETRY_MS);
  assert.equal(name(await verifier.verify(token)), "jwt:alice");
});

Deno.test("KeySource reads again for a key that it lacks, but not at every token's wish (Z1)", async () => {
  let current = stranger;
  const { verifier, clock, told } = setup(() => current.keySet());
  const rotated = await issuer.sign(CLAIMS, "ES256", { kid: "new" });
  for (let at = 0; at < 10; at++) await verifier.verify(rotated);
  assert.equal(told.reads, 1);
  current = issuer;
  clock.advance(JWKS_RETRY_MS);
  await verifier.verify(rotated);
  assert.equal(told.reads, 2);
});

Deno.test("KeySource keeps its keys while the issuer is away, for a day (Z2)", async () => {
  let away = false;
  const { verifier, clock } = setup(() =>
    away ? Promise.reject(new Error("gone")) : issuer.keySet()
  );
  const token = await issuer.sign({ ...CLAIMS, exp: CLAIMS.exp + 200_000 });
  const other = await issuer.sign({ ...CLAIMS, exp: CLAIMS.exp + 200_001 });
  assert.equal(name(await verifier.verify(token)), "jwt:alice");
  away = true;
  clock.advance(JWKS_STALE_MS - 1);
  assert.equal(name(await verifier.verify(other)), "jwt:alice");
  clock.advance(1);
  const late = await issuer.sign({ ...CLAIMS, exp: CLAIMS.exp + 200_002 });
  assert.match(name(await verifier.verify(late)), /out of reach/);
});

Deno.test("KeySource does without keys that the platform refuses", async () => {
  const set = JSON.parse(await issuer.keySet(["ES256"]));
  const bent = { ...set.keys[0], x: set.keys[0].y, kid: "bent" };
  const { verifier } = setup(() => Promise.resolve(JSON.stringify({ keys: [bent, ...set.keys] })));
  assert.equal(name(await verifier.verify(await issuer.sign(CLAIMS))), "jwt:alice");
});

Deno.test("JwtVerifier checks a bounded number of signatures at once (J1)", async () => {
  const { verifier } = setup();
  const tokens = await Promise.all(
    Array.from({ length: JWT_CHECKS_MAX + 5 }, (_, at) => issuer.sign({ ...CLAIMS, at })),
  );
  const found = await Promise.all(tokens.map((token) => verifier.verify(token)));
  assert.equal(found.filter((one) => one instanceof Problem && one.status === 503).length, 5);
});
