import assert from "node:assert/strict";
import { loadConfig } from "./load.ts";

/** The problems of a file, as `path: first words`. */
function problemsOf(file: unknown, ...args: string[]): string[] {
  const outcome = loadConfig({ args, env: {}, readFile: () => JSON.stringify(file) });
  return outcome.kind === "problems"
    ? outcome.problems.map(({ path, message }) => `${path}: ${message}`)
    : [];
}

Deno.test("checkRelations() refuses to listen beyond this machine without keys", () => {
  for (const http of ["0.0.0.0:80", "[::]:80", "10.0.0.5:80", "orrery.example.com:80"]) {
    const [problem, ...rest] = problemsOf({ node: { http } });
    assert.match(problem ?? "", /^node\.http: other machines can reach /, http);
    assert.deepEqual(rest, []);
    assert.deepEqual(problemsOf({ node: { http }, security: { insecure: true } }), []);
    assert.deepEqual(problemsOf({ node: { http } }, "--insecure"), []);
  }
  assert.deepEqual(problemsOf({ node: { http: "[::1]:80" } }), []);
});

const KEY = { name: "ci", sha256: "a".repeat(64), scopes: ["read"] };
const JWT = { jwks: "https://id.example/jwks.json", issuer: "https://id.example", audience: "o" };

Deno.test("checkRelations() lets a node listen beyond this machine once it asks for keys", () => {
  const node = { http: "0.0.0.0:80" };
  assert.deepEqual(problemsOf({ node, security: { keys: [KEY] } }), []);
  assert.deepEqual(problemsOf({ node, security: { jwt: JWT } }), []);
  const [problem] = problemsOf({ node, security: { keys: [] } });
  assert.match(problem ?? "", /cli key create.*--insecure/);
});

Deno.test("checkRelations() wants keys that can be told apart", () => {
  const other = { ...KEY, name: "cd", sha256: "b".repeat(64) };
  assert.deepEqual(problemsOf({ security: { keys: [KEY, other] } }), []);
  assert.deepEqual(problemsOf({ security: { keys: [KEY, { ...other, name: "ci" }] } }), [
    "security.keys[1].name: ci names an earlier key",
  ]);
  assert.deepEqual(problemsOf({ security: { keys: [KEY, { ...other, sha256: KEY.sha256 }] } }), [
    "security.keys[1].sha256: is that of an earlier key",
  ]);
});

Deno.test("checkRelations() refuses an audit log that nobody would see", () => {
  const log = { level: "warn" };
  for (const security of [{ keys: [KEY] }, { audit: "log" }, { jwt: JWT }]) {
    assert.match(problemsOf({ security, log })[0] ?? "", /^security\.audit: .*log\.level warn/);
    assert.deepEqual(problemsOf({ security: { ...security, audit: "file:a.log" }, log }), []);
    assert.deepEqual(problemsOf({ security }), []);
  }
});

Deno.test("checkRelations() asks of a cluster what its nodes must share, and keys beyond this machine", () => {
  const redis = { url: "redis://localhost" };
  const peer = (host: string) => ({ peer: `${host}:7400` });
  const curve = { secretKeyFile: "k", allowed: [] };
  assert.deepEqual(
    problemsOf({ node: { ...peer("127.0.0.1"), seeds: ["a:1"] }, store: redis }),
    [],
  );
  assert.deepEqual(problemsOf({ node: peer("10.0.0.1"), store: redis, security: { curve } }), []);
  assert.match(problemsOf({ node: peer("127.0.0.1") })[0] ?? "", /^node.peer: .*share one store/);
  assert.match(problemsOf({ node: { seeds: ["a:1"] } })[0] ?? "", /^node.seeds: .*--peer/);
  const open = problemsOf({ node: peer("10.0.0.1"), store: redis });
  assert.match(open[0] ?? "", /^node.peer: .*10.0.0.1:7400.*security.curve/);
});

Deno.test("checkRelations() leaves no role to others where there are none", () => {
  const cluster = { peer: "127.0.0.1:7400" };
  const store = { url: "redis://localhost" };
  for (const role of ["gateway", "worker"]) {
    const [problem, ...rest] = problemsOf({ node: { roles: [role] } });
    assert.match(problem ?? "", /^node\.roles: a node that is alone does everything/);
    assert.deepEqual(rest, []);
    assert.deepEqual(problemsOf({ node: { ...cluster, roles: [role] }, store }), []);
  }
});

Deno.test("checkRelations() refuses contradictions", () => {
  assert.deepEqual(problemsOf({ node: { roles: ["worker", "gateway", "worker"] } }), [
    "node.roles: names a role twice",
  ]);
});
