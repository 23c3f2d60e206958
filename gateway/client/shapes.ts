/**
 * Shapes: what the API says of jobs, with the types of their handlers.
 *
 * Intuition: a handler's `run` already says what it takes and gives; these types read it from there. The wire is JSON,
 * so a result is typed as JSON keeps it: a Date comes back as text, a function not at all.
 * @module
 */

/** Anything that can be a handler: what `defineJob` returns, or a plain object. */
export interface HandlerLike {
  run(ctx: never, payload: never): unknown;
}

/** A handler, or the module whose default export it is. */
export type HandlerSource = HandlerLike | { readonly default: HandlerLike };

type Definition<Source> = Source extends { readonly default: infer Default } ? Default : Source;

/** What a handler takes; `unknown` when it takes no payload. */
export type PayloadOf<Source> = Definition<Source> extends
  { run(ctx: never, payload: infer Payload): unknown } ? Payload : unknown;

/** What a handler gives, as JSON keeps it. */
export type ResultOf<Source> = Definition<Source> extends
  { run(ctx: never, payload: never): infer Result } ? AsJson<Awaited<Result>> : unknown;

/** A value after `JSON.parse(JSON.stringify(value))`; nothing becomes `null`, as the result of a job does. */
export type AsJson<Value> = unknown extends Value ? unknown
  : Value extends { toJSON(): infer Json } ? AsJson<Json>
  : Value extends string | number | boolean | null ? Value
  : Value extends undefined | void ? null
  : Value extends (...args: never) => unknown ? never
  : Value extends readonly unknown[] ? { [Index in keyof Value]: AsJson<Value[Index]> }
  : { [Key in keyof Value]: AsJson<Value[Key]> };

/** The states of a job; the last three are final, unless it is retried by hand. */
export type JobStateName =
  | "scheduled"
  | "pending"
  | "running"
  | "retrying"
  | "completed"
  | "failed"
  | "cancelled";

/** Why an attempt or a job failed. */
export interface ErrorReport {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

/** A job. Times are ISO 8601 in UTC; `result` is null before it has completed. */
export interface Job<Payload = unknown, Result = unknown> {
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  readonly state: JobStateName;
  readonly priority: number;
  readonly payload: Payload;
  readonly result: Result | null;
  readonly checkpoint: unknown;
  readonly error: ErrorReport | null;
  /** 0 to 100, as the handler told it. */
  readonly progress: number | null;
  readonly createdAt: string;
  readonly runAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly tags: readonly string[];
  readonly scheduleId: string | null;
  readonly flowId: string | null;
  readonly node: string | null;
  readonly waiting: { readonly reason: string; readonly detail: string } | null;
  /** One more with every change. */
  readonly version: number;
}

/** One change of a job. */
export interface JobEvent {
  readonly jobId: string;
  readonly version: number;
  readonly state: JobStateName;
  readonly name: string;
  readonly queue: string;
  readonly attempt: number;
  readonly progress: number | null;
  readonly at: string;
}

/** Jobs by state, and by queue and state. */
export interface JobCounts {
  readonly states: Readonly<Record<JobStateName, number>>;
  readonly queues: Readonly<Record<string, Readonly<Record<JobStateName, number>>>>;
  readonly total: number;
}

/** A page of a job's log. */
export interface LogPage {
  readonly lines: readonly { readonly n: number; readonly text: string }[];
  /** The line to go on behind. */
  readonly next: number;
}

/** A page of a list: `cursor` is null at its end. */
export type Page<Name extends string, Item> =
  & { readonly [Key in Name]: readonly Item[] }
  & { readonly cursor: string | null };

/** Milliseconds, or text such as `"30s"`, `"2h"`, `"PT30S"`. */
export type Duration = number | string;

/** How a job is to be run; what is left out has the API's default. `runAt` and `delay` exclude each other. */
export interface SubmitOptions {
  readonly id?: string;
  readonly queue?: string;
  /** 0 to 9, 9 first. */
  readonly priority?: number;
  readonly runAt?: string | Date;
  readonly delay?: Duration;
  readonly timeout?: Duration;
  readonly retry?: Readonly<Record<string, unknown>>;
  readonly sla?: Readonly<Record<string, Duration>>;
  readonly delivery?: "at-least-once" | "at-most-once";
  readonly tags?: readonly string[];
  readonly retention?: { readonly completed?: Duration; readonly failed?: Duration };
  readonly unique?: {
    readonly key: string;
    readonly window?: Duration;
    readonly onConflict?: "reject" | "keep" | "replace";
  };
  readonly debounce?: {
    readonly key: string;
    readonly wait: Duration;
    readonly maxWait?: Duration;
  };
  readonly throttle?: { readonly key: string; readonly every: Duration };
  /** Your own; one is made when it is left out, so that a repeated request makes no second job. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** Tells whether a job does not leave `state` by itself. */
export function isFinal(state: JobStateName): boolean {
  return state === "completed" || state === "failed" || state === "cancelled";
}
