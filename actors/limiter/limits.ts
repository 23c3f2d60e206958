/**
 * Limits: what a limiter keeps to: of a whole queue, or of each of its keys.
 * @module
 */

/** At most `limit` starts in any span of `perMs`. */
export interface Rate {
  readonly limit: number;
  /** ms. */
  readonly perMs: number;
}

/** Limits of one gate: a queue, or one key of it. */
export interface GateLimits {
  /** Attempts at once; null: any number. */
  readonly concurrency: number | null;
  /** null: as fast as they come. */
  readonly rate: Rate | null;
}

/** What a queue and its keys must keep to. */
export interface QueueLimits extends GateLimits {
  /** The same of each concurrency key. */
  readonly perKey: GateLimits;
}

/** Why a job is not let in. */
export type Refusal = "concurrency" | "rate";

/** No limits. */
export const UNLIMITED: GateLimits = { concurrency: null, rate: null };

/** Tells whether there is anything to keep to. */
export function isLimited({ concurrency, rate }: GateLimits): boolean {
  return concurrency !== null || rate !== null;
}

/** Tells whether two limits are the same. */
export function sameLimits(left: GateLimits, right: GateLimits): boolean {
  return left.concurrency === right.concurrency && left.rate?.limit === right.rate?.limit &&
    left.rate?.perMs === right.rate?.perMs;
}
