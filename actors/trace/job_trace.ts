/**
 * Trace: where a job stands in a trace, as the job itself keeps it.
 *
 * Intuition: a job outlives every process that works for it, so no span is open from its submission to its
 * end. What ties its spans together is the span of its submission, which its spec names.
 *
 * Invariant: JT1. Only jobs of sampled spans name one; the others are not traced, and cost nothing more.
 * @module
 */
import type { JobSpec } from "../job/spec.ts";

/** The span under which a job's attempts are. */
export interface JobTrace {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly parentSpanId: string;
}

/** What brings about a job that no request asked for. */
export interface Origin {
  readonly operation: "fire" | "alert";
  readonly jobId: string;
  readonly name: string;
  readonly queue: string;
  /** W3C traceparent of what it goes back to: it is linked. */
  readonly cause: string | undefined;
}

/**
 * Begins a trace of its own for such a job; undefined: it is not traced. Reducers call it: what is observed by it is
 * of no account to them, the ids are names like any other (B3).
 */
export type BeginTrace = (origin: Origin) => JobTrace | undefined;

/** W3C traceparent of the span under which the job's attempts are; undefined: it is not traced (JT1). */
export function traceparentOf(
  { traceId, parentSpanId }: Pick<JobSpec, "traceId" | "parentSpanId">,
): string | undefined {
  return parentSpanId === undefined ? undefined : `00-${traceId}-${parentSpanId}-01`;
}
