/**
 * Arguments: the command line of the simulator.
 * @module
 */
import { parseArgs } from "node:util";

/** What was asked for. */
export interface SimArguments {
  readonly seeds: number;
  readonly seed: number;
  /** Ticks after which a run counts as a livelock. */
  readonly ticksMax: number;
  /** Lines of the trace to print of a single run. */
  readonly trace: number;
  readonly threads: number;
  /** Several nodes on one store. */
  readonly cluster: boolean;
  readonly mutations: boolean;
  /** Only the mutation of that name. */
  readonly mutation: string | null;
}

/** Ticks of one run unless told otherwise: a hundred times what a long one takes. */
const TICKS_MAX = 300_000;
/** Seeds unless told otherwise. */
const SEEDS = 1_000;
/** Lines of a single run's trace unless told otherwise. */
const TRACE_LINES = 40;
/** Seeds of one mutation unless told otherwise. */
const MUTATION_SEEDS_MAX = 100;

/** Reads the command line; throws a `TypeError` that says what is wrong with it. */
export function parseArguments(args: readonly string[], cores: number): SimArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: "string" },
      seed: { type: "string" },
      ticks: { type: "string" },
      trace: { type: "string" },
      threads: { type: "string" },
      cluster: { type: "boolean" },
      mutations: { type: "boolean" },
      mutation: { type: "string" },
    },
  });
  const mutations = values.mutations === true || values.mutation !== undefined;
  const one = values.seed !== undefined && values.seeds === undefined && !mutations;
  const seeds = one ? 1 : mutations ? MUTATION_SEEDS_MAX : SEEDS;
  return {
    seeds: count("seeds", values.seeds, seeds),
    seed: count("seed", values.seed, 1),
    ticksMax: count("ticks", values.ticks, TICKS_MAX),
    trace: count("trace", values.trace, one ? TRACE_LINES : 0),
    threads: count("threads", values.threads, cores),
    cluster: values.cluster === true,
    mutations,
    mutation: values.mutation ?? null,
  };
}

function count(name: string, text: string | undefined, absent: number): number {
  if (text === undefined) return absent;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new TypeError(`--${name} must be a whole number, not ${JSON.stringify(text)}`);
  }
  return value;
}
