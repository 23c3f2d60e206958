import assert from "node:assert/strict";
import { buildCatalog, type CatalogRules, type FoundModule } from "./catalog.ts";
import { isCandidate } from "./discovery.ts";
import { grantsOf } from "./permissions.ts";

const RULES: CatalogRules = {
  builtinNames: new Set(["noop"]),
  cap: null,
  inlineAllowed: new Set(),
  workingDir: "/srv",
};

const found = (file: string, fields: Record<string, unknown>): FoundModule => ({
  file,
  url: `file:///h/${file}`,
  outcome: { kind: "described", raw: { exportType: "object", runType: "function", fields } },
});

Deno.test("buildCatalog() gives each good file a handler, whatever is wrong with the others", () => {
  const { modules, problems } = buildCatalog([
    found("b.ts", { name: "b", timeout: 5, permissions: { read: ["in"] } }),
    { file: "c.ts", url: "file:///h/c.ts", outcome: { kind: "failed", problem: "broken" } },
    found("a.ts", { name: 1 }),
  ], RULES);
  assert.deepEqual([...modules.keys()], ["b"]);
  assert.deepEqual(modules.get("b")?.info, {
    name: "b",
    kind: "module",
    isolation: "worker",
    timeoutMs: 5,
    file: "b.ts",
  });
  assert.deepEqual(modules.get("b")?.permissions.read, ["/srv/in"]);
  assert.deepEqual(problems, [
    { file: "a.ts", problem: "`name` must be text" },
    { file: "c.ts", problem: "broken" },
  ]);
});

Deno.test("buildCatalog() gives a name to the first path and never a built-in one (K1, K2)", () => {
  const { modules, problems } = buildCatalog([
    found("z.ts", { name: "x" }),
    found("a.ts", { name: "x" }),
    found("n.ts", { name: "noop" }),
  ], RULES);
  assert.equal(modules.get("x")?.info.file, "a.ts");
  assert.deepEqual(problems, [
    { file: "n.ts", problem: "the name `noop` is built in" },
    { file: "z.ts", problem: "the name `x` is taken by a.ts" },
  ]);
});

Deno.test("buildCatalog() refuses inline files under a cap unless they are named (K3)", () => {
  const inline = [found("i.ts", { name: "i", isolation: "inline" })];
  const capped = { ...RULES, cap: grantsOf({}) };
  assert.equal(buildCatalog(inline, RULES).modules.size, 1);
  assert.match(buildCatalog(inline, capped).problems[0]?.problem ?? "", /handlers\.inline/);
  const named = { ...capped, inlineAllowed: new Set(["i"]) };
  assert.equal(buildCatalog(inline, named).modules.size, 1);
});

Deno.test("buildCatalog() cuts permissions to the cap, tells it, and groups by what is left", () => {
  const { modules } = buildCatalog([
    found("a.ts", { name: "a", permissions: { net: true } }),
    found("b.ts", { name: "b" }),
  ], { ...RULES, cap: grantsOf({}) });
  assert.deepEqual(modules.get("a")?.reduced, ["net"]);
  assert.deepEqual(modules.get("b")?.reduced, []);
  assert.equal(modules.get("a")?.profile, modules.get("b")?.profile);
});

Deno.test("isCandidate() leaves out what is not a handler", () => {
  for (const name of ["a.ts", "a.js", "a.mjs", "a-b.ts"]) assert.ok(isCandidate(name, true), name);
  for (
    const name of ["_a.ts", ".a.ts", "a_test.ts", "a_test.mjs", "a.d.ts", "a.json", "a.tsx", "ts"]
  ) assert.ok(!isCandidate(name, true), name);
  assert.ok(isCandidate("sub", false));
  for (const name of ["_sub", ".git", "node_modules"]) assert.ok(!isCandidate(name, false), name);
});
