/**
 * Options: the benchmark's command line.
 *
 * @module
 */
import type { Side } from "./runs.ts";

/** What is to be measured. */
export interface BenchOptions {
  readonly sides: readonly Side[];
  readonly pairs: number;
  /** Of one run, at least. */
  readonly seconds: number;
  /** What Orrery keeps its jobs in: its embedded store, or the competitor's Redis, emptied before each run. */
  readonly store: "sqlite" | "redis";
  /** Pending jobs of the memory measurement. */
  readonly jobs: number;
  /** Tells whether the contest of that name was asked for. */
  readonly wants: (name: string) => boolean;
}

/** Runs that are shorter say little; they are for trying the benchmark itself. */
const FLAGS = ["--only", "--side", "--pairs", "--seconds", "--jobs", "--store"];
const SECONDS_DEFAULT = 5;
const PAIRS_DEFAULT = 5;
const JOBS_DEFAULT = 1_000_000;

/** Reads `args`; text says what is wrong with them. */
export function parseOptions(
  args: readonly string[],
  names: readonly string[],
): BenchOptions | string {
  const given = new Map<string, string>();
  for (let at = 0; at < args.length; at += 2) {
    const [flag = "", value] = args.slice(at, at + 2);
    if (!FLAGS.includes(flag)) return `unknown: ${flag}; there are ${FLAGS.join(", ")}`;
    if (value === undefined) return `${flag} needs a value`;
    given.set(flag, value);
  }
  const only = given.get("--only")?.split(",") ?? names;
  const stranger = only.find((name) => !names.includes(name));
  if (stranger !== undefined) return `no contest ${stranger}; there are ${names.join(", ")}`;
  const side = given.get("--side");
  if (side !== undefined && side !== "orrery" && side !== "bullmq") {
    return "--side is orrery or bullmq; without it both run";
  }
  const store = given.get("--store") ?? "sqlite";
  if (store !== "sqlite" && store !== "redis") return "--store is sqlite or redis";
  const numbers = {
    pairs: Number(given.get("--pairs") ?? PAIRS_DEFAULT),
    seconds: Number(given.get("--seconds") ?? SECONDS_DEFAULT),
    jobs: Number(given.get("--jobs") ?? JOBS_DEFAULT),
  };
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isInteger(value) || value < 1) return `--${name} is a number from 1`;
  }
  const sides: readonly Side[] = side === undefined ? ["orrery", "bullmq"] : [side];
  return { ...numbers, sides, store, wants: (name) => only.includes(name) };
}
