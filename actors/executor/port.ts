/**
 * Executor: the port through which a job's attempt is run. It knows nothing of retries or states.
 *
 * Intuition: an attempt is ordered once and ends once. While it runs it may report; a report that
 * must be durable (step, checkpoint) resolves when it is. Whoever ordered the attempt decides what
 * its outcome means.
 *
 * Invariants:
 *   E1. Every order that was accepted ends in exactly one outcome, even when its worker, host or handler dies.
 *   E2. A handler is never called before `notBeforeMs`, and never after an abort that came before its call.
 *   E3. An attempt harms no other: neighbours of a spinning, leaking or crashing handler end as
 *       `interrupted` or `lost` and are not blamed.
 *   E4. Outcomes and reports are bounded: results ≤ `RESULT_CHARS_MAX`, error texts and log lines are cut.
 * @module
 */
import type { HandlerRetry } from "./define.ts";

/** Which attempt of which job: a stale `token` is refused by the job. */
export interface AttemptKey {
  readonly jobId: string;
  /** 1 for the first; a lost or interrupted attempt is repeated under the same number. */
  readonly attempt: number;
  readonly token: string;
}

/** All that an attempt needs to run. */
export interface AttemptOrder {
  readonly key: AttemptKey;
  /** The handler's name. */
  readonly name: string;
  /** JSON text; absent payloads are `null`. */
  readonly payload: string;
  /** The job's own time-out, ms; null: the handler's, if it has one. */
  readonly timeoutMs: number | null;
  /** The handler must not be called before this moment (ms, wall clock). */
  readonly notBeforeMs: number;
  /** The due time as the user asked for it, without a schedule's jitter (ms, wall clock): `ctx.scheduledFor`. */
  readonly scheduledForMs: number;
  /** Grows with every attempt of the job: handed to targets that want to refuse late writers. */
  readonly fence: number;
  /** The value of the last checkpoint, JSON text. */
  readonly checkpoint: string;
  /** Results of steps that earlier attempts completed: step name → JSON text. */
  readonly steps: ReadonlyMap<string, string>;
  /** An at-most-once attempt shares its worker with no other, so that no neighbour can end it. */
  readonly exclusive: boolean;
  /** What the jobs that it waited for left: JSON text `{[key]: {state, result?, error?}}`; absent: it waited for none. */
  readonly parents?: string;
  /** Absent: it is not traced. */
  readonly trace?: AttemptTrace;
}

/** Where an attempt stands in a trace. */
export interface AttemptTrace {
  /** W3C traceparent of the span that it is part of. */
  readonly parent: string;
  /** The job's queue: what spans are named after. */
  readonly queue: string;
}

/** An error as users see it: bounded, without secrets of ours. */
export interface ErrorReport {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

/** How an attempt ended. */
export type AttemptOutcome =
  /** The handler returned; `result` is JSON text (`null` when it returned nothing). */
  | { readonly kind: "ok"; readonly result: string }
  /** The handler threw, or broke a rule of its sandbox. `retryAfterMs` overrides the backoff. */
  | {
    readonly kind: "error";
    readonly error: ErrorReport;
    readonly retryable: boolean;
    readonly retryAfterMs?: number;
  }
  /** It ran longer than it may. */
  | { readonly kind: "timeout"; readonly error: ErrorReport }
  /** It was aborted on demand. */
  | { readonly kind: "cancelled" }
  /** Its worker or host died for reasons that are not known to be its own. */
  | { readonly kind: "lost"; readonly error: ErrorReport }
  /**
   * It was stopped by a drain, or ended with a worker that a neighbour blocked. `begun: false` when
   * its handler was certainly never called: only then may an at-most-once job be given another try.
   */
  | { readonly kind: "interrupted"; readonly error: ErrorReport; readonly begun?: false }
  /** No handler of that name is loaded: it never ran. */
  | { readonly kind: "unknown-handler" };

/** What a running attempt says. Durable reports resolve when they are committed, and reject when they can't be. */
export interface AttemptReports {
  /** Percent, 0 to 100. Only the latest counts; it may be dropped under load. */
  progress(key: AttemptKey, percent: number): void;
  /** Lines for the job's log, at most `LOG_LINE_CHARS_MAX` each. */
  log(key: AttemptKey, lines: readonly string[]): void;
  /** The step `name` is done with `result` (JSON text). */
  step(key: AttemptKey, name: string, result: string): Promise<void>;
  /** Keep `value` (JSON text) for later attempts. */
  checkpoint(key: AttemptKey, value: string): Promise<void>;
  /** The attempt ended (E1). */
  ended(key: AttemptKey, outcome: AttemptOutcome): void;
}

/** A loaded handler, as the node sees it. */
export interface HandlerInfo {
  readonly name: string;
  readonly kind: "builtin" | "module";
  readonly isolation: "inline" | "worker";
  readonly timeoutMs: number | null;
  /** The file it came from, relative to the handlers folder; null for built-ins. */
  readonly file: string | null;
  /** Retry rules for its jobs that bring none of their own, as the file declares them. */
  readonly retry?: HandlerRetry;
}

/** A module that could not be loaded, and why. */
export interface HandlerProblem {
  readonly file: string;
  readonly problem: string;
}

/** The port. */
export interface Executor {
  /** Accepts an order; its outcome comes through the reports it was made with (E1). */
  run(order: AttemptOrder): void;
  /** Asks an attempt to stop: signal, grace period, termination. Unknown tokens are ignored. */
  abort(token: string, reason: "cancelled" | "drain"): void;
  /** The handlers that are loaded now. */
  handlers(): readonly HandlerInfo[];
  /** Tells whether a handler of that name is loaded. Cost: O(1). */
  knows(name: string): boolean;
  /** Reads the handlers folder again; running attempts end with the code they began with. */
  reload(): Promise<{ handlers: readonly HandlerInfo[]; problems: readonly HandlerProblem[] }>;
  /** Ends every worker and host; attempts still running end as `interrupted`. Idempotent. */
  close(): Promise<void>;
}

/** Longest result or step result, characters of JSON text. */
export const RESULT_CHARS_MAX = 256 * 1024;
/** Longest checkpoint, characters of JSON text. */
export const CHECKPOINT_CHARS_MAX = 64 * 1024;
/** Longest log line; the rest is cut. */
export const LOG_LINE_CHARS_MAX = 4_096;
/** Longest error message or stack; the rest is cut. */
export const ERROR_CHARS_MAX = 8_192;
