/**
 * Layers: who may import whom, and which files are pure cores. The one table of the gate's
 * import-direction check; a new folder needs a line here.
 *
 * Patterns: `*` is any part of a name, `**` any number of folders. The first row that matches a
 * file is its row.
 * @module
 */

/** One row: the files it is about and what they may import from this repository. */
export interface Layer {
  readonly name: string;
  readonly files: readonly string[];
  readonly mayImport: readonly string[];
}

/** What the rest of the program may see of the runtime: its vocabulary and its ports. */
const SURFACE: readonly string[] = [
  "runtime/*.ts",
  "runtime/actor/*.ts",
  "runtime/store/port.ts",
  "runtime/store/cursor.ts",
  "runtime/system/surface.ts",
  "runtime/wakeups/gate.ts",
];
/** For those with side effects of their own. */
const LOG = "runtime/telemetry/log.ts";
const DEPS = "deps.ts";

/** The table. */
export const LAYERS: readonly Layer[] = [
  { name: "tests", files: ["**/*_test.ts", "tests/**"], mayImport: ["**"] },
  { name: "test support", files: ["**/testing/**"], mayImport: ["**"] },
  { name: "third-party imports", files: ["**/deps.ts"], mayImport: [] },
  { name: "runtime", files: ["runtime/**"], mayImport: ["runtime/**", DEPS] },
  {
    name: "executor",
    files: ["actors/executor/**"],
    mayImport: [...SURFACE, LOG, "actors/**", DEPS],
  },
  {
    name: "cron",
    files: ["actors/schedule/recurrence/cron.ts"],
    mayImport: ["actors/schedule/**", DEPS],
  },
  { name: "actors", files: ["actors/**"], mayImport: [...SURFACE, "actors/**"] },
  {
    name: "gateway",
    files: ["gateway/**"],
    mayImport: [
      ...SURFACE,
      LOG,
      "actors/job/*.ts",
      "actors/limiter/*.ts",
      "actors/queue/*.ts",
      "actors/alert/*.ts",
      "actors/alert/incident/*.ts",
      "actors/alert/delivery/job.ts",
      "actors/deadline/behaviour.ts",
      "actors/calendar/*.ts",
      "actors/unique/*.ts",
      "actors/schedule/*.ts",
      "actors/trace/*.ts",
      "actors/schedule/recurrence/*.ts",
      "actors/flow/*.ts",
      "actors/webhook/*.ts",
      "actors/webhook/feed/*.ts",
      "actors/executor/port.ts",
      "actors/dispatch/step_journal.ts",
      "runtime/transport/zmq/key_file.ts",
      "gateway/**",
      DEPS,
      "deno.json",
    ],
  },
  {
    name: "configuration",
    files: ["config/**"],
    mayImport: [...SURFACE, "config/**", "actors/calendar/*.ts", DEPS],
  },
  { name: "tools", files: ["tools/**"], mayImport: ["tools/**", "config/**"] },
  {
    name: "examples",
    files: ["examples/handlers/**"],
    mayImport: ["examples/**", "gateway/define.ts"],
  },
  {
    name: "composition",
    files: ["*.ts", "node/**", "sim/**", "bench/**", "examples/**"],
    mayImport: ["**"],
  },
];

/** Files that may import third parties by name: the `deps.ts` files, and
 * executor hosts and workers, whose imports are their start-up cost. */
export const THIRD_PARTY_IMPORTERS: readonly string[] = [
  "**/deps.ts",
  "actors/executor/host/*.ts",
  "actors/executor/worker/*.ts",
];
/** What tests may import by name: third parties of their own, and what handlers of users import: Orrery, spans. */
export const TEST_ONLY_IMPORTS: readonly string[] = ["fast-check", "yaml", "@opentelemetry/api"];
/** This program's own name, by which handlers import what it offers them. */
export const OWN_NAME = "orrery";

/** Where cores live… */
export const CORES: readonly string[] = ["runtime/**", "actors/**", "config/**"];
/** …and which files there are not cores: drivers, which turn a core's effects into deeds. */
export const DRIVERS: readonly string[] = [
  "**/*_driver.ts",
  "**/testing/**",
  "runtime/store/memory/**",
  "runtime/store/memory*.ts",
  "runtime/store/faulty*.ts",
  "runtime/store/redis/**",
  "runtime/store/sqlite/**",
  "runtime/store/contract.ts",
  "runtime/store/open.ts",
  "runtime/system/**",
  "runtime/telemetry/**",
  "runtime/transport/memory.ts",
  "runtime/transport/contract.ts",
  "runtime/transport/zmq/**",
  "actors/executor/**",
];
/** Files among the drivers' folders that are cores all the same. */
export const CORES_AMONG_DRIVERS: readonly string[] = [
  "runtime/system/surface.ts",
  "actors/executor/define.ts",
  "actors/executor/port.ts",
];

/** Cores that may import `deps.ts`: schemas are made of a library's values, and cron texts are read
 * by a library without clock and zone. */
export const CORES_WITH_THIRD_PARTIES: readonly string[] = [
  "config/**",
  "actors/schedule/recurrence/cron.ts",
];

/** Tells whether `path` matches any of `patterns`. */
export function matchesAny(path: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => compile(pattern).test(path));
}

const compiled = new Map<string, RegExp>();

function compile(pattern: string): RegExp {
  let expression = compiled.get(pattern);
  if (expression === undefined) {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replace(
        /\*\*\/|\*\*|\*/g,
        (star) => star === "*" ? "[^/]*" : star === "**" ? ".*" : "(.*/)?",
      );
    expression = new RegExp(`^${source}$`);
    compiled.set(pattern, expression);
  }
  return expression;
}
