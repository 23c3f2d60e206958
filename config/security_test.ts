import assert from "node:assert/strict";
import { loadConfig } from "./load.ts";

const KEY = { name: "ci", sha256: "a".repeat(64), scopes: ["read", "write"] };
const JWT = { jwks: "https://id.example/jwks.json", issuer: "https://id.example", audience: "o" };

function load(security: unknown) {
  return loadConfig({ args: [], env: {}, readFile: () => JSON.stringify({ security }) });
}

function securityOf(security: unknown) {
  const outcome = load(security);
  if (outcome.kind !== "config") assert.fail(JSON.stringify(outcome));
  return outcome.config.security;
}

function problemsOf(security: unknown): string[] {
  const outcome = load(security);
  return outcome.kind === "problems" ? outcome.problems.map(({ path }) => path) : [];
}

Deno.test("a key has no bounds but those that are given", () => {
  const { keys, jwt, audit, insecure } = securityOf({ keys: [KEY] });
  assert.deepEqual(keys, [{ ...KEY, namespaces: null, expires: null, rate: null }]);
  assert.deepEqual([jwt, audit, insecure], [null, null, false]);
});

Deno.test("a key's namespaces, expiry and rate come out as they are used", () => {
  const expires = "2027-01-01T00:00:00Z";
  const bounds = { namespaces: ["billing"], expires, rate: { requests: 60, per: "1m" } };
  const [key] = securityOf({ keys: [{ ...KEY, ...bounds }] }).keys;
  assert.equal(key?.expires, Date.UTC(2027, 0, 1));
  assert.deepEqual(key?.rate, { requests: 60, perMs: 60_000, burst: 60 });
  assert.deepEqual(key?.namespaces, ["billing"]);
});

Deno.test("a key that is not quite one is refused where it is wrong", () => {
  const cases: readonly [Record<string, unknown>, string][] = [
    ...["", "A".repeat(64), "a".repeat(63), "a".repeat(65), "orrery_secret", `${"a".repeat(64)}\n`]
      .map((sha256): [Record<string, unknown>, string] => [{ sha256 }, "sha256"]),
    [{ scopes: [] }, "scopes"],
    [{ scopes: ["root"] }, "scopes[0]"],
    [{ scopes: "read" }, "scopes"],
    [{ name: "a b" }, "name"],
    [{ name: "" }, "name"],
    [{ namespaces: [] }, "namespaces"],
    [{ namespaces: ["*"] }, "namespaces[0]"],
    [{ namespaces: [""] }, "namespaces[0]"],
    [{ namespaces: [".billing"] }, "namespaces[0]"],
    [{ expires: "tomorrow" }, "expires"],
    [{ expires: "2027-01-01" }, "expires"],
    [{ expires: "2027-13-01T00:00:00Z" }, "expires"],
    [{ expires: 1_800_000_000 }, "expires"],
    [{ rate: { requests: 0 } }, "rate.requests"],
    [{ rate: { requests: 1, per: "0s" } }, "rate.per"],
    [{ rate: "5/s" }, "rate"],
    [{ key: "orrery_secret" }, "key"],
  ];
  for (const [change, path] of cases) {
    assert.deepEqual(problemsOf({ keys: [{ ...KEY, ...change }] }), [`security.keys[0].${path}`]);
  }
});

Deno.test("what is wrong with a key is told without repeating it", () => {
  const outcome = load({ keys: [{ ...KEY, sha256: "orrery_secret", scopes: ["orrery_other"] }] });
  assert.ok(outcome.kind === "problems" && !/orrery_/.test(JSON.stringify(outcome.problems)));
});

Deno.test("a key set comes from a file or by a way that nobody can tamper with", () => {
  for (
    const jwks of [
      "https://id.example/k",
      "keys.json",
      "/etc/keys.json",
      "http://127.0.0.1:1/k",
      "http://localhost/k",
      "http://[::1]:9/k",
    ]
  ) {
    assert.deepEqual(problemsOf({ jwt: { ...JWT, jwks } }), [], jwks);
  }
  for (
    const jwks of [
      "",
      "http://id.example/k",
      "ftp://id.example/k",
      "file:///etc/keys.json",
      "https://",
      "https://user:pass@id.example/k",
      "http://127.0.0.1.evil.example/k",
    ]
  ) {
    assert.deepEqual(problemsOf({ jwt: { ...JWT, jwks } }), ["security.jwt.jwks"], jwks);
  }
});

Deno.test("tokens have defaults that are strict", () => {
  assert.deepEqual(securityOf({ jwt: JWT }).jwt, {
    ...JWT,
    ...{ algorithms: ["RS256", "ES256", "EdDSA"], scopesClaim: "scope", scopePrefix: "orrery:" },
    ...{ namespacesClaim: null, leewayMs: 30_000, rate: null },
  });
  for (const algorithms of [["none"], ["HS256"], []]) {
    const [path] = problemsOf({ jwt: { ...JWT, algorithms } });
    assert.match(path ?? "", /^security\.jwt\.algorithms/);
  }
  const { issuer: _, ...anyone } = JWT;
  assert.deepEqual(problemsOf({ jwt: anyone }), ["security.jwt.issuer"]);
  assert.deepEqual(problemsOf({ jwt: { ...JWT, leeway: "1h" } }), ["security.jwt.leeway"]);
});

Deno.test("the audit log goes to the log, a file or nowhere", () => {
  for (const audit of ["log", "none", "file:/var/log/orrery/audit.log", null]) {
    assert.deepEqual(problemsOf({ audit }), []);
  }
  for (const audit of ["", "file:", "stdout", "/var/log/audit.log", true]) {
    assert.deepEqual(problemsOf({ audit }), ["security.audit"]);
  }
});
