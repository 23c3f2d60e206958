/**
 * JobSpec: what a user asked for, with every default filled in. It is a job's immutable body.
 *
 * Not here: how requests are validated (gateway/schemas), how specs are stored (codec.ts).
 * @module
 */

import type { ActorId } from "../../runtime/ids.ts";

/** How failed attempts are repeated. */
export interface RetryPolicy {
  /** Attempts in all, the first included: 1 to 100. */
  readonly attempts: number;
  readonly backoff: "exponential" | "fixed";
  /** Delay before the second attempt, ms. */
  readonly baseMs: number;
  /** Each further delay is the one before times this (exponential). */
  readonly factor: number;
  /** No delay is longer, ms. */
  readonly maxMs: number;
  /** 0 to 1: the part of the delay that is drawn at random, up or down. */
  readonly jitter: number;
  /** If not empty, only errors of these names are retried. */
  readonly on: readonly string[];
  /** Errors of these names are never retried. */
  readonly notOn: readonly string[];
}

/** By when a job is to be how far, ms after `runAtMs`; null and absent: no such promise. */
export interface SlaSpec {
  readonly startWithinMs: number | null;
  /** Until its end, whichever. */
  readonly finishWithinMs: number | null;
  /** Until it has completed: a job that failed or was cancelled has not. */
  readonly succeedWithinMs?: number;
}

/** A job as accepted. */
export interface JobSpec {
  readonly name: string;
  /** JSON text, at most `PAYLOAD_BYTES_MAX`. */
  readonly payload: string;
  readonly queue: string;
  /** 0 to 9, 9 first. */
  readonly priority: number;
  /** When it shall run first (ms, wall clock). */
  readonly runAtMs: number;
  readonly retry: RetryPolicy;
  /** Per attempt, ms; null: the handler's own, if any. */
  readonly timeoutMs: number | null;
  readonly sla: SlaSpec;
  readonly delivery: "at-least-once" | "at-most-once";
  /** As they were asked for: repeated ones are dropped when the job is made of it. */
  readonly tags: readonly string[];
  /** How long it is kept once it is finished, ms; a cancelled job is kept as a failed one. */
  readonly retention: { readonly completedMs: number; readonly failedMs: number };
  readonly concurrencyKey: string | null;
  /** W3C trace id (32 hex digits) of the request that created it; null without tracing. */
  readonly traceId: string | null;
  /** The span of its submission (16 hex digits), under which its attempts are traced; absent: they are not. */
  readonly parentSpanId?: string;
  /** SHA-256 of the canonical request, hex, when it came with an Idempotency-Key; else null. */
  readonly fingerprint: string | null;
  /** The recurring schedule that made it; absent: none did. */
  readonly scheduleId?: string;
  /** The nominal time that it was made for, ms; absent: `runAtMs`. */
  readonly nominalAtMs?: number;
  /** The actor that is told when the job is over; absent: none. Its kind is what follows the `@`. */
  readonly observer?: ActorId;
  /** The flow that made it; absent: none did. */
  readonly flowId?: string;
  /** What the jobs that it waited for in its flow left: JSON text; absent: it waited for none. */
  readonly parents?: string;
}

/** The retry policy of a job that names none: three attempts over a few seconds. */
export const RETRY_DEFAULT: RetryPolicy = {
  attempts: 3,
  backoff: "exponential",
  baseMs: 1_000,
  factor: 2,
  maxMs: 3_600_000,
  jitter: 0.2,
  on: [],
  notOn: [],
};

/** How long a job is kept if neither it nor the configuration says: 3 days, and 14 when it failed. */
export const RETENTION_DEFAULT: JobSpec["retention"] = {
  completedMs: 3 * 86_400_000,
  failedMs: 14 * 86_400_000,
};

/** The queue of a job that names none. */
export const QUEUE_DEFAULT = "default";

/** Largest payload, bytes of its JSON text in UTF-8. */
export const PAYLOAD_BYTES_MAX = 256 * 1024;
/** Most tags of one job: with the job's own labels they stay well within a snapshot's 40. */
export const TAGS_MAX = 20;
