/**
 * Define: the types of a handler file, and `defineJob`, which checks a definition and changes nothing.
 *
 * Intuition: a handler is a plain object. Whoever likes plain JavaScript writes `export default {…}`;
 * whoever wants their editor to know `ctx` wraps it in {@link defineJob}. This file has no imports,
 * so that a handler that uses it stays as small as one that does not.
 *
 * Not here: how definitions are checked when they are loaded (catalog/description.ts).
 * @module
 */

/** A span of time: ms, or text such as `"250ms" "30s" "5m" "2h" "7d"` or ISO 8601 `"PT30S"`. */
export type DurationLike = number | string;

/**
 * What a handler's code may touch, in Deno's terms: `true` for everything of a kind, a list for
 * exactly that. What is not named is refused. Relative paths are relative to the node's working folder.
 */
export interface HandlerPermissions {
  readonly net?: boolean | readonly string[] | undefined;
  readonly read?: boolean | readonly string[] | undefined;
  readonly write?: boolean | readonly string[] | undefined;
  readonly env?: boolean | readonly string[] | undefined;
  readonly run?: boolean | readonly string[] | undefined;
  readonly ffi?: boolean | readonly string[] | undefined;
  readonly sys?: boolean | readonly string[] | undefined;
  readonly import?: boolean | readonly string[] | undefined;
}

/** Retry rules for jobs of this handler that bring none of their own; as in a job's `retry`. */
export interface HandlerRetry {
  readonly attempts?: number;
  readonly backoff?: "exponential" | "fixed";
  readonly base?: DurationLike;
  readonly factor?: number;
  readonly max?: DurationLike;
  readonly jitter?: number;
  readonly on?: readonly string[];
  readonly notOn?: readonly string[];
}

/** How a parent ended, and what it left. */
export interface ParentView {
  readonly state: "completed" | "failed" | "cancelled" | "skipped";
  readonly result?: unknown;
  readonly error?: { readonly name: string; readonly message: string };
  /** Its result or error was too large. */
  readonly omitted?: true;
}

/** What a handler is given beside its payload. */
export interface HandlerContext {
  readonly jobId: string;
  /** 1 for the first. An attempt that was lost or interrupted is repeated under the same number. */
  readonly attempt: number;
  /** The same for every attempt of the job: hand it to services that deduplicate. */
  readonly idempotencyKey: string;
  /** Grows with every attempt: hand it to storage that can refuse late writers. */
  readonly fence: number;
  /**
   * What became of the jobs that this one waited for in its flow, by their keys; empty outside of flows. Together at
   * most 256 Ki characters: what is left out is marked, and found at `GET /job/{id}`.
   */
  readonly parents: Readonly<Record<string, ParentView>>;
  /** When the job was due, as the user asked for it. */
  readonly scheduledFor: Date;
  /** Aborts at the time-out, on cancellation and when the node drains; 500 ms later the attempt is terminated. */
  readonly signal: AbortSignal;
  /** What an earlier attempt of this job, or this one, last gave to `checkpoint`; null when nothing yet. */
  readonly lastCheckpoint: unknown;
  /**
   * Runs `fn` once in the job's life. Resolves with its result, as JSON keeps it, once that is durable; a later
   * attempt gets the stored result and `fn` is not called. Names must be unique within the job. If `fn` throws,
   * nothing is stored. A crash between `fn`'s effect and the commit repeats `fn`.
   */
  step<Result>(name: string, fn: () => Result | Promise<Result>): Promise<Result>;
  /** Keeps `value` (JSON, at most 64 Ki characters) for later attempts; resolves once it is durable. */
  checkpoint(value: unknown): Promise<void>;
  /** Tells how far the attempt is, 0 to 100. Only the latest value counts. */
  progress(percent: number): Promise<void>;
  /** Adds a line to the job's log. Values that are not text are shown as JSON. */
  log(...parts: readonly unknown[]): void;
}

/** A handler file's default export. */
export interface JobDefinition<Payload = unknown, Result = unknown> {
  /** What jobs call it by: unique among the node's handlers. */
  readonly name: string;
  /** Longest run of one attempt, unless the job says otherwise. */
  readonly timeout?: DurationLike;
  readonly permissions?: HandlerPermissions;
  /** `inline` runs in the node's own process, for trusted code only. Default: `worker`. */
  readonly isolation?: "worker" | "inline";
  readonly retry?: HandlerRetry;
  /** Does the work. The returned value, as JSON, becomes the job's result. */
  run(ctx: HandlerContext, payload: Payload): Result | Promise<Result>;
}

/** Returns `definition` as it is; it exists for its types. */
export function defineJob<Payload = unknown, Result = unknown>(
  definition: JobDefinition<Payload, Result>,
): JobDefinition<Payload, Result> {
  return definition;
}
