import assert from "node:assert/strict";
import { factsOf } from "./facts.ts";
import { checkImports, isCore, resolveSpecifier } from "./imports.ts";
import { matchesAny } from "./layers.ts";

const problems = (path: string, text: string) =>
  checkImports(factsOf({ path, text })).map((finding) => `${finding.line}: ${finding.problem}`);

function forbids(path: string, specifier: string): boolean {
  return problems(path, `import "${specifier}";`).length > 0;
}

Deno.test("checkImports() lets imports point one way only", () => {
  const cases: readonly [string, string, boolean][] = [
    ["runtime/system/system.ts", "../../actors/job/state.ts", true],
    ["runtime/system/system.ts", "../../gateway/app.ts", true],
    ["runtime/system/system.ts", "../store/sqlite/driver.ts", false],
    ["runtime/system/system.ts", "../../deps.ts", false],
    ["actors/job/job.ts", "../../runtime/ids.ts", false],
    ["actors/job/job.ts", "../../runtime/store/sqlite/driver.ts", true],
    ["actors/job/job.ts", "../../runtime/system/system.ts", true],
    ["actors/job/job.ts", "../../gateway/app.ts", true],
    ["actors/job/job.ts", "../../deps.ts", true],
    ["actors/executor/pool.ts", "../../deps.ts", false],
    ["actors/executor/pool.ts", "../../gateway/app.ts", true],
    ["gateway/app.ts", "../runtime/system/surface.ts", false],
    ["gateway/app.ts", "../runtime/system/system.ts", true],
    ["gateway/app.ts", "../actors/job/state.ts", false],
    ["gateway/app.ts", "../actors/executor/pool.ts", true],
    ["gateway/app.ts", "../actors/executor/port.ts", false],
    ["main.ts", "./runtime/system/system.ts", false],
    ["main.ts", "./gateway/app.ts", false],
    ["gateway/app_test.ts", "../runtime/system/system.ts", false],
  ];
  for (const [path, specifier, forbidden] of cases) {
    assert.equal(forbids(path, specifier), forbidden, `${path} → ${specifier}`);
  }
});

Deno.test("checkImports() lets third parties in through deps.ts alone", () => {
  const cases: readonly [string, string, boolean][] = [
    ["deps.ts", "hono", false],
    ["bench/deps.ts", "npm:bullmq@6.7.0", false],
    ["gateway/app.ts", "hono", true],
    ["gateway/app.ts", "npm:hono", true],
    ["runtime/store/sqlite/driver.ts", "node:sqlite", false],
    ["runtime/ids_test.ts", "node:assert/strict", false],
    ["runtime/ids_test.ts", "fast-check", false],
    ["runtime/ids_test.ts", "hono", true],
    ["tests/executor_handlers/good.ts", "orrery", false],
    ["gateway/app.ts", "orrery", false],
    ["actors/executor/worker/boot.ts", "comlink", false],
  ];
  for (const [path, specifier, forbidden] of cases) {
    assert.equal(forbids(path, specifier), forbidden, `${path} → ${specifier}`);
  }
});

Deno.test("checkImports() keeps cores free of drivers, third parties and impure acts", () => {
  assert.deepEqual(problems("runtime/window/window.ts", `import "node:fs";\nDate.now();`), [
    "1: a pure core must not import node:fs",
    "2: a pure core must not use Date.now: move it into a *_driver.ts",
  ]);
  assert.equal(forbids("runtime/window/window.ts", "./window_driver.ts"), true);
  assert.equal(forbids("runtime/window/window.ts", "../../deps.ts"), true);
  assert.equal(forbids("config/schema.ts", "../deps.ts"), false);
  assert.deepEqual(problems("config/load.ts", "Deno.args;").length, 1);
  assert.deepEqual(problems("runtime/window/window_driver.ts", "Date.now();"), []);
});

Deno.test("checkImports() asks for a layer for every file", () => {
  assert.match(problems("elsewhere/a.ts", "")[0] ?? "", /no layer/);
});

Deno.test("isCore() tells cores from drivers and tests", () => {
  assert.equal(isCore("runtime/ids.ts"), true);
  assert.equal(isCore("runtime/system/surface.ts"), true);
  assert.equal(isCore("runtime/system/system_clock.ts"), false);
  assert.equal(isCore("actors/executor/port.ts"), true);
  assert.equal(isCore("actors/executor/pool.ts"), false);
  assert.equal(isCore("runtime/ids_test.ts"), false);
  assert.equal(isCore("runtime/store/testing/write_contract.ts"), false);
  assert.equal(isCore("gateway/app.ts"), false);
});

Deno.test("resolveSpecifier() follows relative paths and leaves packages alone", () => {
  assert.equal(resolveSpecifier("a/b/c.ts", "../d.ts"), "a/d.ts");
  assert.equal(resolveSpecifier("a.ts", "./b/c.ts"), "b/c.ts");
  assert.equal(resolveSpecifier("a.ts", "hono"), undefined);
});

Deno.test("matchesAny() keeps one star within a folder", () => {
  assert.equal(matchesAny("runtime/ids.ts", ["runtime/*.ts"]), true);
  assert.equal(matchesAny("runtime/actor/host.ts", ["runtime/*.ts"]), false);
  assert.equal(matchesAny("runtime/actor/host.ts", ["runtime/**"]), true);
  assert.equal(matchesAny("deps.ts", ["**/deps.ts"]), true);
  assert.equal(matchesAny("xdeps.ts", ["**/deps.ts"]), false);
});
