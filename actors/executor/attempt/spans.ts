/**
 * Spans: the port through which an attempt's code is seen in its trace: what it does is under the attempt's span.
 *
 * Absent wherever nothing is traced: then nothing is wrapped.
 * @module
 */

/** Makes spans around the code of handlers. */
export interface CodeSpans {
  /** Runs code with the span that `traceparent` (W3C) names active; undefined: with none. */
  within<Result>(traceparent: string | undefined, run: () => Result): Result;
  /** Does a step in a span of its own, under whatever is active; a rejection is its error. */
  step<Result>(name: string, run: () => Promise<Result>): Promise<Result>;
}
