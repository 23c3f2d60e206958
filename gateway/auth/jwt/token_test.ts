import assert from "node:assert/strict";
import fc from "fast-check";
import {
  judgeClaims,
  JWT_ALGORITHMS,
  type JwtRules,
  looksLikeJwt,
  parseJwt,
  Unproved,
} from "./token.ts";

const NOW_MS = Date.UTC(2027, 0, 1);
const NOW_S = NOW_MS / 1_000;
const RULES: JwtRules = {
  ...{ issuer: "https://id.example", audience: "orrery", algorithms: JWT_ALGORITHMS },
  ...{ scopesClaim: "scope", scopePrefix: "orrery:", namespacesClaim: null },
  ...{ leewayMs: 30_000, rate: null },
};
const CLAIMS = {
  ...{ iss: "https://id.example", aud: "orrery", sub: "alice", exp: NOW_S + 60 },
  scope: "openid orrery:read orrery:write",
};

const part = (value: unknown) =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value))
    .toBase64({ alphabet: "base64url", omitPadding: true });
const token = (header: unknown, claims: unknown = CLAIMS, signature = "AAAA") =>
  `${part(header)}.${part(claims)}.${signature}`;

const whyNot = (claims: Record<string, unknown>, rules = RULES) => {
  const judged = judgeClaims({ ...CLAIMS, ...claims }, rules, NOW_MS);
  return judged instanceof Unproved ? judged.why : null;
};

Deno.test("parseJwt() reads a token into its parts", () => {
  const parsed = parseJwt(token({ alg: "ES256", kid: "k1", typ: "JWT" }), JWT_ALGORITHMS);
  assert.ok(!(parsed instanceof Unproved));
  assert.deepEqual([parsed.algorithm, parsed.keyId, parsed.claims.sub], ["ES256", "k1", "alice"]);
  assert.equal(parsed.signature.length, 3);
});

Deno.test("parseJwt() refuses none, symmetric and unlisted algorithms (T1)", () => {
  const others = ["none", "None", "NONE", "HS256", "HS512", "RS512", "PS256", "es256", "", null, 5];
  for (const alg of [...others, undefined, ["RS256"], { RS256: 1 }]) {
    const parsed = parseJwt(token({ alg }), JWT_ALGORITHMS);
    assert.ok(parsed instanceof Unproved, JSON.stringify(alg));
    assert.match(parsed.why, /algorithm/);
  }
  assert.ok(parseJwt(token({ alg: "RS256" }), ["ES256"]) instanceof Unproved);
});

Deno.test("parseJwt() refuses what it does not understand", () => {
  const good = token({ alg: "RS256" });
  const [head = "", body = "", tail = ""] = good.split(".");
  const broken = [
    ...["", ".", "..", head, `${head}.${body}`, `${good}.x`, `${head}=.${body}.${tail}`],
    ...[`${head}.${body}.@@`, `${head}.${body}.AB`, `${head}.${part("[]")}.${tail}`],
    ...[
      `${part("5")}.${body}.${tail}`,
      `${part("null")}.${body}.${tail}`,
      `${part("{")}.${body}.AAAA`,
    ],
    ...[token({ alg: "RS256", crit: ["b64"] }), token({ alg: "RS256", crit: [] })],
    ...[token({ alg: "RS256", typ: "JWE" }), token({ alg: "RS256", kid: 5 })],
    token({ alg: "RS256", kid: "k".repeat(201) }),
  ];
  for (const text of broken) {
    assert.ok(parseJwt(text, JWT_ALGORITHMS) instanceof Unproved, text.slice(0, 80));
  }
});

Deno.test("parseJwt() never throws, whatever comes", () => {
  const piece = fc.oneof(fc.string(), fc.base64String(), fc.json().map(part));
  fc.assert(fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
    parseJwt(pieces.join("."), JWT_ALGORITHMS);
    looksLikeJwt(pieces.join("."));
  }));
});

Deno.test("judgeClaims() says who it is, what he may and until when", () => {
  const judged = judgeClaims(CLAIMS, RULES, NOW_MS);
  assert.ok(!(judged instanceof Unproved));
  assert.deepEqual([judged.name, [...judged.scopes], judged.namespaces, judged.untilMs], [
    ...["jwt:alice", ["read", "write"], null, NOW_MS + 90_000],
  ]);
});

Deno.test("judgeClaims() wants our issuer, our audience, a subject and an expiry (T2)", () => {
  for (
    const iss of [undefined, "", "https://id.example/", "HTTPS://ID.EXAMPLE", [
      "https://id.example",
    ]]
  ) {
    assert.match(whyNot({ iss }) ?? "", /issuer/);
  }
  for (const aud of [undefined, "", "orrery2", ["a", "b"], [["orrery"]], { orrery: 1 }]) {
    assert.match(whyNot({ aud }) ?? "", /someone else/);
  }
  assert.equal(whyNot({ aud: ["a", "orrery"] }), null);
  for (const sub of [undefined, "", 5, "a b", "a\n", "é", "s".repeat(201)]) {
    assert.match(whyNot({ sub }) ?? "", /subject/);
  }
  for (const exp of [undefined, null, "2099-01-01", `${NOW_S + 60}`, Infinity, NaN, [NOW_S + 60]]) {
    assert.match(whyNot({ exp }) ?? "", /expiry/);
  }
});

Deno.test("judgeClaims() goes by the clock, with its leeway and no more", () => {
  assert.equal(whyNot({ exp: NOW_S - 29 }), null);
  assert.match(whyNot({ exp: NOW_S - 30 }) ?? "", /expired/);
  assert.equal(whyNot({ nbf: NOW_S + 30 }), null);
  assert.match(whyNot({ nbf: NOW_S + 31 }) ?? "", /not valid yet/);
  assert.match(whyNot({ nbf: "now" }) ?? "", /not valid yet/);
  assert.match(whyNot({ iat: NOW_S + 31 }) ?? "", /future/);
  assert.match(whyNot({ exp: -1e300 }) ?? "", /expired/);
});

Deno.test("judgeClaims() takes exactly our scopes, as text or as a list", () => {
  const scopes = (scope: unknown) => {
    const judged = judgeClaims({ ...CLAIMS, scope }, RULES, NOW_MS);
    return judged instanceof Unproved ? judged.why : [...judged.scopes];
  };
  assert.deepEqual(scopes(["orrery:admin", "x"]), ["admin"]);
  for (
    const none of [
      undefined,
      "",
      "read write admin",
      "orrery:READ",
      "orrery:read,orrery:write",
      5,
      {},
    ]
  ) {
    assert.deepEqual(scopes(none), [], JSON.stringify(none));
  }
  assert.deepEqual(scopes("xorrery:read orrery:reads"), []);
});

Deno.test("judgeClaims() wants namespaces where they are configured", () => {
  const rules = { ...RULES, namespacesClaim: "teams" };
  const wrong = [undefined, null, "billing", [], [""], ["a b"], [5], ["a", null], [".x"]];
  for (const teams of [...wrong, Array(101).fill("a")]) {
    assert.match(whyNot({ teams }, rules) ?? "", /namespaces/, JSON.stringify(teams));
  }
  const judged = judgeClaims({ ...CLAIMS, teams: ["billing"] }, rules, NOW_MS);
  assert.deepEqual(judged instanceof Unproved ? null : judged.namespaces, ["billing"]);
});
