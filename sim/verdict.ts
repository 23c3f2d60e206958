/**
 * Verdict: a run's report in plain data, as it goes from one thread to another, and to people.
 * @module
 */
import type { Character } from "./plan.ts";
import type { Failure, RunReport, RunStats } from "./run.ts";

/** What is told of one run. */
export interface Verdict {
  readonly seed: number;
  readonly character: Character;
  /** It was a run of several nodes. */
  readonly cluster: boolean;
  readonly failure: Failure | null;
  readonly hash: string;
  readonly stats: RunStats;
  /** The end of the trace; empty unless it failed or was asked for. */
  readonly lines: readonly string[];
}

/** The verdict of `report`, with up to `lines` lines of the trace around what failed. */
export function verdictOf(report: RunReport, lines: number): Verdict {
  const { plan, failure, hash, stats, trace } = report;
  return {
    seed: plan.seed,
    character: plan.character,
    cluster: plan.machines > 1,
    failure,
    hash,
    stats,
    lines: trace.last(lines, failure?.job ?? null),
  };
}

/** A failed run, for people: what broke, the end of the job's trace, and how to see it again. */
export function textOfFailure(verdict: Verdict): string {
  const { seed, character, cluster, failure, hash, lines } = verdict;
  return [
    `seed ${seed} (${character}): ${failure?.checker} broken${
      failure?.job ? ` for ${failure.job}` : ""
    }`,
    `  ${failure?.message}`,
    ...lines.map((line) => `  ${line}`),
    `  trace ${hash}; again: deno task sim${
      cluster ? " --cluster" : ""
    } --seed ${seed} --trace 200`,
  ].join("\n");
}
