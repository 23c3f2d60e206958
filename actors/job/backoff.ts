/**
 * Backoff: whether a failed attempt is followed by another, and after how long.
 *
 * Intuition: the handler's word (`retryable: false`, `retryAfterMs`) goes before the policy's, the
 * policy's lists before its budget. Delays double (or whatever `factor` says) and are spread by
 * jitter, so that jobs which failed together do not come back together.
 *
 * Not here: lost and interrupted attempts, which are nobody's failure (ending.ts).
 * @module
 */
import type { RetryPolicy } from "./spec.ts";

/** Longest wait that a handler may ask for with `retryAfterMs`, ms: 7 days. A longer one is cut. */
export const RETRY_AFTER_MS_MAX = 7 * 86_400_000;

/** What is known of an attempt that failed. */
export interface Failure {
  /** The error's name, as the policy's lists know it. */
  readonly errorName: string;
  /** The handler did not rule out another try. */
  readonly retryable: boolean;
  /** The handler's own idea of the delay, ms. */
  readonly retryAfterMs?: number | undefined;
  /** Failed attempts of this budget, this one included: 1 for the first. */
  readonly failures: number;
}

/** What follows a failed attempt: another after `delayMs`, or the end, with the reason for people. */
export type Verdict =
  | { readonly kind: "retry"; readonly delayMs: number }
  | { readonly kind: "give-up"; readonly why: "spent" | "not-retryable" | "not-on" | "not-listed" };

/** Judges `failure` by `policy`; `chance` in [0, 1) draws the jitter. */
export function judge(policy: RetryPolicy, failure: Failure, chance: number): Verdict {
  if (!failure.retryable) return { kind: "give-up", why: "not-retryable" };
  if (policy.notOn.includes(failure.errorName)) return { kind: "give-up", why: "not-on" };
  if (policy.on.length > 0 && !policy.on.includes(failure.errorName)) {
    return { kind: "give-up", why: "not-listed" };
  }
  if (failure.failures >= policy.attempts) return { kind: "give-up", why: "spent" };
  const asked = failure.retryAfterMs;
  const delayMs = asked !== undefined && Number.isFinite(asked)
    ? Math.round(Math.min(Math.max(0, asked), RETRY_AFTER_MS_MAX))
    : backoffMs(policy, { failures: failure.failures, chance });
  return { kind: "retry", delayMs };
}

/**
 * The delay after the `failures`-th failure in a row: whole ms, at least 0, at most `policy.maxMs`,
 * within ± `policy.jitter` of the nominal delay. `chance` 0.5 is the nominal delay itself.
 */
export function backoffMs(
  policy: RetryPolicy,
  { failures, chance }: { readonly failures: number; readonly chance: number },
): number {
  // base 0 first: 0 × factor^n is NaN once the power overflows.
  const growth = policy.backoff === "fixed" ? 1 : policy.factor ** (failures - 1);
  const nominal = policy.baseMs === 0 ? 0 : Math.min(policy.baseMs * growth, policy.maxMs);
  const spread = nominal * (1 + policy.jitter * (2 * chance - 1));
  return Math.round(Math.min(Math.max(0, spread), policy.maxMs));
}
