/**
 * The gate: `deno task ok`. Everything that must hold before a change is committed, in under two
 * minutes, without network, Redis or browser. Exits 1 when anything fails.
 *
 * `--without NAME,…` leaves steps out (CI runs the tests by themselves).
 * @module
 */
import { factsOf } from "./rules/facts.ts";
import { describeFinding, type Finding } from "./rules/findings.ts";
import { checkImports } from "./rules/imports.ts";
import { checkShape, checkSizes, describeShape } from "./rules/sizes.ts";
import { readSourceFiles } from "./rules/source_files.ts";
import { runSteps, type Step, type StepResult } from "./steps.ts";
import { unitTestArguments } from "./test_plan.ts";
import { readTotals } from "./test_totals.ts";
import { checkWords } from "./rules/words.ts";

const SIMULATION = "sim/main.ts";
const SIMULATION_SEEDS = 100;
/** Runs of several nodes, each as long as four of one. */
const CLUSTER_SEEDS = 25;

/** Runs this Deno with `args`; the result's detail is what it printed. */
async function deno(args: readonly string[]): Promise<StepResult> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
  });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { passed: success, detail: decoder.decode(stdout) + decoder.decode(stderr) };
}

async function quiet(args: readonly string[]): Promise<StepResult> {
  const result = await deno(args);
  return result.passed ? { passed: true, detail: "" } : result;
}

function judged(findings: readonly Finding[], summary: string): StepResult {
  return findings.length === 0
    ? { passed: true, detail: summary }
    : { passed: false, detail: findings.map(describeFinding).join("\n") };
}

/** Types are a step of their own, and needn't be checked twice. */
async function unitTests(): Promise<StepResult> {
  const result = await deno([...unitTestArguments(), "--no-check"]);
  const totals = readTotals(result.detail);
  if (!result.passed || totals === undefined) {
    return { passed: false, detail: failuresOf(result.detail) };
  }
  return { passed: true, detail: `${totals.passed} tests` };
}

/** What the runner says from its list of errors on; everything, when it has none. */
function failuresOf(output: string): string {
  const at = output.indexOf(" ERRORS ");
  return at === -1 ? output : output.slice(at);
}

async function simulation(...args: readonly string[]): Promise<StepResult> {
  const result = await deno(["run", "--allow-all", SIMULATION, ...args]);
  return result.passed
    ? { passed: true, detail: result.detail.trim().split("\n").at(-1) ?? "" }
    : result;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function steps(): Step[] {
  const facts = readSourceFiles(".").map(factsOf);
  const shape = checkShape(facts);
  const list: Step[] = [
    {
      name: "types",
      remedy: "deno check",
      run: () => quiet(["check", "--quiet", "."]),
    },
    { name: "format", remedy: "deno fmt", run: () => quiet(["fmt", "--check", "--quiet"]) },
    {
      name: "lint",
      remedy: "deno lint, and repair the cause; rules are not switched off in place",
      run: () => quiet(["lint", "--quiet"]),
    },
    {
      name: "imports",
      remedy: "move the code, or pass it in through a port; the table is tools/rules/layers.ts",
      run: () => judged(facts.flatMap(checkImports), `${facts.length} files`),
    },
    {
      name: "sizes",
      remedy: "split by concern, and say in a comment what the signature can't",
      run: () => judged([...checkSizes(facts), ...shape.findings], describeShape(shape.report)),
    },
    {
      name: "words",
      remedy: "finish it, name it, or type it",
      run: () => judged(facts.flatMap(checkWords), ""),
    },
    { name: "unit", remedy: "deno task test <file> --filter <name>", run: unitTests },
  ];
  if (exists(SIMULATION)) {
    list.push({
      name: "simulation",
      remedy: "run the command that it prints: it repeats the failing seed",
      run: () => simulation("--seeds", `${SIMULATION_SEEDS}`),
    }, {
      name: "cluster",
      remedy: "run the command that it prints: it repeats the failing seed",
      run: () => simulation("--cluster", "--seeds", `${CLUSTER_SEEDS}`),
    });
  }
  return list;
}

const without = Deno.args[0] === "--without" ? (Deno.args[1] ?? "").split(",") : [];
const startedMs = performance.now();
const failed = await runSteps(steps().filter((step) => !without.includes(step.name)), {
  nowMs: () => performance.now(),
  print: (line) => console.log(line),
  lanes: 2,
});
const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
console.log(
  failed.length === 0 ? `ok in ${seconds} s` : `FAILED in ${seconds} s: ${failed.join(", ")}`,
);
Deno.exit(failed.length === 0 ? 0 : 1);
