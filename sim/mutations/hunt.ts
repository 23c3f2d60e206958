/**
 * Hunt: how soon a broken build is caught.
 *
 * Invariant: a mutation that survives means that a checker or the workload is too weak, or that what
 * it breaks is not needed: either is a finding.
 * @module
 */
import { type Failure, run } from "../run.ts";
import type { Mutation } from "./mutation.ts";

/** What came of a hunt. */
export interface Catch {
  readonly mutation: Mutation;
  /** The first seed that caught it, and how; null: it survived. */
  readonly caught:
    | { readonly seed: number; readonly seeds: number; readonly failure: Failure }
    | null;
}

/** Runs `mutation` under seeds from `seed` on until one fails, at most `seedsMax`. */
export async function hunt(
  mutation: Mutation,
  options: { readonly seed: number; readonly seedsMax: number },
): Promise<Catch> {
  for (let seeds = 1; seeds <= options.seedsMax; seeds++) {
    const seed = options.seed + seeds - 1;
    const { failure } = await run(seed, { mutation, cluster: mutation.cluster === true });
    if (failure) return { mutation, caught: { seed, seeds, failure } };
  }
  return { mutation, caught: null };
}
