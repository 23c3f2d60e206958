/**
 * Imports: whether each file imports only what its layer may, and whether cores are pure.
 *
 * Invariants checked:
 *   L1. Every file belongs to a layer, and imports only from the files its layer may see.
 *   L2. Third parties are imported in `deps.ts` alone (exceptions are listed beside the layers).
 *   L3. A core does nothing impure and imports neither a driver nor a third party.
 * @module
 */
import type { FileFacts } from "./facts.ts";
import type { Finding } from "./findings.ts";
import {
  CORES,
  CORES_AMONG_DRIVERS,
  CORES_WITH_THIRD_PARTIES,
  DRIVERS,
  LAYERS,
  matchesAny,
  OWN_NAME,
  TEST_ONLY_IMPORTS,
  THIRD_PARTY_IMPORTERS,
} from "./layers.ts";

/** Tells whether the file at `path` is a pure core (L3). */
export function isCore(path: string): boolean {
  if (isTest(path) || !matchesAny(path, CORES)) return false;
  return matchesAny(path, CORES_AMONG_DRIVERS) || !matchesAny(path, DRIVERS);
}

/** Tells whether the file at `path` is a test, or there for tests alone. */
export function isTest(path: string): boolean {
  return path.endsWith("_test.ts") || path.startsWith("tests/") || path.includes("/testing/");
}

/** Everything wrong with the imports and the purity of one file. */
export function checkImports(facts: FileFacts): Finding[] {
  const findings: Finding[] = [];
  const report = (line: number, problem: string) =>
    findings.push({ path: facts.path, line, problem });
  const layer = LAYERS.find((row) => matchesAny(facts.path, row.files));
  if (layer === undefined) {
    report(0, "belongs to no layer: give its folder a row in tools/rules/layers.ts");
    return findings;
  }
  const core = isCore(facts.path);
  for (const { line, text } of facts.imports) {
    const target = resolveSpecifier(facts.path, text);
    if (target === undefined) {
      const problem = outsideProblem(facts.path, text, core);
      if (problem !== undefined) report(line, problem);
    } else if (!matchesAny(target, layer.mayImport)) {
      report(line, `${layer.name} must not import ${target}: see tools/rules/layers.ts`);
    } else if (core && target.endsWith(".ts") && !isCore(target) && !mayUse(facts.path, target)) {
      report(line, `a pure core must not import ${target}, which is none`);
    }
  }
  if (core) {
    for (const { line, text } of facts.impurities) {
      report(line, `a pure core must not use ${text}: move it into a *_driver.ts`);
    }
  }
  return findings;
}

/** The path that a relative specifier means; undefined for packages and built-ins. */
export function resolveSpecifier(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

function mayUse(path: string, target: string): boolean {
  return target === "deps.ts" && matchesAny(path, CORES_WITH_THIRD_PARTIES);
}

function outsideProblem(path: string, specifier: string, core: boolean): string | undefined {
  if (specifier.startsWith("node:")) {
    return core ? `a pure core must not import ${specifier}` : undefined;
  }
  if (specifier === OWN_NAME || matchesAny(path, THIRD_PARTY_IMPORTERS)) return undefined;
  if (isTest(path) && TEST_ONLY_IMPORTS.includes(specifier)) return undefined;
  return `imports ${specifier} by name: third parties come in through deps.ts`;
}
