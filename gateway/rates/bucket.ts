/**
 * Bucket: a token bucket: how much may be taken now, as a value.
 *
 * Intuition: tokens drip in at a steady rate until the bucket is full; every request takes one. What was lent by
 * others comes on top, so a bucket may hold more than drips would fill.
 *
 * Invariants: B1. Over any span, no more is taken than the bucket held at its start, what dripped in and
 * what was lent. B2. A clock that goes back adds nothing.
 * @module
 */

/** How much a caller may ask for. */
export interface Rate {
  /** Requests per {@link perMs}. */
  readonly requests: number;
  readonly perMs: number;
  /** Requests that may come at once after a pause. */
  readonly burst: number;
}

/** A bucket. It is changed by the functions below. */
export interface Bucket {
  tokens: number;
  /** Up to when drips are counted, ms of the monotonic clock. */
  atMs: number;
}

/** The part of a rate that one node has: `of` nodes share it. */
export interface Share {
  readonly rate: Rate;
  readonly of: number;
}

/** A full bucket. */
export function fullBucket({ rate, of }: Share, nowMs: number): Bucket {
  return { tokens: rate.burst / of, atMs: nowMs };
}

/** Lets drip in what came since it was looked at last (B2). */
export function drip(bucket: Bucket, { rate, of }: Share, nowMs: number): void {
  const spanMs = nowMs - bucket.atMs;
  if (spanMs <= 0) return;
  bucket.atMs = nowMs;
  const full = rate.burst / of;
  if (bucket.tokens >= full) return;
  bucket.tokens = Math.min(full, bucket.tokens + (spanMs * rate.requests) / (rate.perMs * of));
}

/** Takes `cost` tokens if they are all there (B1). */
export function take(bucket: Bucket, cost: number): boolean {
  // A sum of drips may miss a whole token by a rounding.
  if (bucket.tokens < cost - 1e-9) return false;
  bucket.tokens = Math.max(0, bucket.tokens - cost);
  return true;
}

/** Takes as many as there are, at most `wanted`; tells how many (B1). */
export function lend(bucket: Bucket, wanted: number): number {
  const lent = Math.min(wanted, bucket.tokens);
  bucket.tokens -= lent;
  return lent;
}

/** How long `missing` tokens take to drip in at the whole rate, ms. */
export function waitMs(missing: number, { requests, perMs }: Rate): number {
  return (missing * perMs) / requests;
}
