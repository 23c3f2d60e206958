/**
 * `deno task sim`: runs seeds, or proves that broken builds are caught.
 *
 *     deno task sim [--seeds 1000] [--seed 1] [--threads N] [--ticks N]    seeds from --seed on
 *     deno task sim --seed 42 [--trace 40]                                 one seed, and the end of its trace
 *     deno task sim --cluster …                                            the same with several nodes on one store
 *     deno task sim --mutations [--seeds 100] [--mutation NAME]            each must be caught within so many seeds
 *
 * Exit code 1 when a promise was broken or a mutation survived, 2 when the command line is wrong.
 * @module
 */
import { parseArguments, type SimArguments } from "./arguments.ts";
import { MUTATIONS } from "./mutations/all.ts";
import { hunt } from "./mutations/hunt.ts";
import { runSeeds } from "./pool.ts";
import { run } from "./run.ts";
import { textOfFailure, type Verdict, verdictOf } from "./verdict.ts";

/** Failures that are printed whole. */
const FAILURES_SHOWN_MAX = 5;

/** Runs seeds on all threads; true when no promise was broken. */
async function runMany(
  { seeds, seed, ticksMax, threads, cluster }: SimArguments,
): Promise<boolean> {
  const beganMs = performance.now();
  const failed: Verdict[] = [];
  let virtualMs = 0;
  let commits = 0;
  await runSeeds({ from: seed, count: seeds }, {
    threads: Math.max(1, Math.min(threads, seeds)),
    ticksMax,
    cluster,
    told: (verdict) => {
      virtualMs += verdict.stats.virtualMs;
      commits += verdict.stats.commits;
      if (verdict.failure && failed.push(verdict) <= FAILURES_SHOWN_MAX) {
        console.error(textOfFailure(verdict));
      }
    },
  });
  const seconds = (performance.now() - beganMs) / 1_000;
  console.log(
    `${seeds} seeds in ${seconds.toFixed(1)} s (${Math.round(seeds / seconds)}/s), ` +
      `${Math.round(virtualMs / 60_000)} virtual minutes, ${commits} commits: ` +
      (failed.length === 0 ? "no promise broken" : `${failed.length} FAILED`),
  );
  if (failed.length > 0) console.log(`failed: ${failed.map(({ seed }) => seed).join(" ")}`);
  return failed.length === 0;
}

/** Runs one seed here and prints the end of its trace. */
async function runOne({ seed, ticksMax, trace, cluster }: SimArguments): Promise<boolean> {
  const verdict = verdictOf(await run(seed, { ticksMax, cluster }), trace);
  if (verdict.failure) console.error(textOfFailure(verdict));
  else console.log([...verdict.lines, `seed ${seed}: trace ${verdict.hash}, ok`].join("\n"));
  return verdict.failure === null;
}

/** Hunts the mutations; true when each was caught. */
async function huntAll({ seeds, seed, mutation: only }: SimArguments): Promise<boolean> {
  let survivors = 0;
  for (const mutation of MUTATIONS.filter(({ name }) => only === null || name === only)) {
    const { caught } = await hunt(mutation, { seed, seedsMax: seeds });
    if (caught) {
      const { seeds, failure } = caught;
      console.log(`${mutation.name.padEnd(30)} caught by ${failure.checker}, seed ${seeds}`);
    } else {
      survivors++;
      console.error(`${mutation.name.padEnd(30)} SURVIVED ${seeds} seeds: ${mutation.breaks}`);
    }
  }
  console.log(survivors === 0 ? "every mutation was caught" : `${survivors} mutations survived`);
  return survivors === 0;
}

/** The whole program: its exit code. */
async function main(args: readonly string[]): Promise<number> {
  let asked: SimArguments;
  try {
    asked = parseArguments(args, navigator.hardwareConcurrency);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 2;
  }
  if (asked.mutations) return await huntAll(asked) ? 0 : 1;
  return await (asked.seeds === 1 ? runOne(asked) : runMany(asked)) ? 0 : 1;
}

Deno.exit(await main(Deno.args));
