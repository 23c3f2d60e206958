/**
 * `deno task sim`: runs seeds, or proves that the checkers catch broken builds.
 *
 *     deno task sim --seeds 1000 [--seed 1]      seeds from --seed on (default: 1,000 from 1)
 *     deno task sim --seed 42 --trace 200        one seed, with the end of its trace
 *     deno task sim --mutations [--seeds 60]     every mutation must be caught within so many seeds
 *
 * Exit code 1 when a promise was broken, or a mutation survived; 2 when an argument is wrong.
 * @module
 */
import { hunt } from "./mutations/hunt.ts";
import { MUTATIONS } from "./mutations/all.ts";
import { run, type RunReport } from "./run.ts";

const SEEDS_DEFAULT = 1_000;
const MUTATION_SEEDS_DEFAULT = 200;
const TRACE_EVENTS_DEFAULT = 40;
/** Failing seeds that are told in full; more would hide the first. */
const FAILURES_TOLD_MAX = 3;

interface Command {
  readonly mutations: boolean;
  readonly seed: number;
  readonly seeds: number;
  readonly trace: number | null;
}

/** Reads the arguments; undefined when one is wrong. */
export function parseCommand(args: readonly string[]): Command | undefined {
  const given = new Map<string, number>();
  let mutations = false;
  for (let at = 0; at < args.length; at++) {
    const name = args[at] as string;
    if (name === "--mutations") {
      mutations = true;
      continue;
    }
    const value = Number(args[++at]);
    if (!["--seeds", "--seed", "--trace"].includes(name)) return undefined;
    if (!Number.isInteger(value) || value < 1) return undefined;
    given.set(name, value);
  }
  const trace = given.get("--trace") ?? null;
  const one = given.has("--seed") && !given.has("--seeds") && !mutations;
  const seeds = one ? 1 : mutations ? MUTATION_SEEDS_DEFAULT : SEEDS_DEFAULT;
  return {
    mutations,
    seed: given.get("--seed") ?? 1,
    seeds: given.get("--seeds") ?? seeds,
    trace: trace ?? (one ? TRACE_EVENTS_DEFAULT : null),
  };
}

/** A failed seed: what broke, how to see it again, and the end of what happened to the job. */
function describe(report: RunReport, events: number): string {
  const { failure, seed, plan, trace } = report;
  const what = failure ? `${failure.checker}: ${failure.job ?? ""} ${failure.message}` : "held";
  return [
    `seed ${seed} (${plan.character}) ${what}`,
    `  again: deno task sim --seed ${seed} --trace ${events}`,
    ...trace.last(events, failure?.job ?? null),
  ].join("\n");
}

async function runSeeds({ seed, seeds, trace }: Command): Promise<boolean> {
  const startedMs = performance.now();
  let failures = 0;
  let jobs = 0;
  let virtualMs = 0;
  for (let next = seed; next < seed + seeds; next++) {
    const report = await run(next);
    jobs += report.stats.jobs;
    virtualMs += report.stats.virtualMs;
    const told = report.failure && ++failures <= FAILURES_TOLD_MAX;
    if (told || seeds === 1) console.log(describe(report, trace ?? TRACE_EVENTS_DEFAULT));
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  console.log(
    `${seeds} seeds, ${jobs} jobs, ${(virtualMs / 3_600_000).toFixed(1)} virtual hours in ` +
      `${seconds.toFixed(1)} s: ${failures} failed`,
  );
  return failures === 0;
}

async function huntAll({ seed, seeds }: Command): Promise<boolean> {
  let survived = 0;
  for (const mutation of MUTATIONS) {
    const { caught } = await hunt(mutation, { seed, seedsMax: seeds });
    if (!caught) survived++;
    const how = caught
      ? `caught by ${caught.failure.checker} after ${caught.seeds} seeds`
      : "SURVIVED";
    console.log(`${mutation.name}: ${how}`);
  }
  console.log(`${MUTATIONS.length} mutations: ${survived} survived`);
  return survived === 0;
}

if (import.meta.main) {
  const command = parseCommand(Deno.args);
  if (!command) {
    console.error("usage: deno task sim [--seeds N] [--seed N] [--trace N] [--mutations]");
    Deno.exit(2);
  }
  const held = command.mutations ? await huntAll(command) : await runSeeds(command);
  Deno.exit(held ? 0 : 1);
}
