/**
 * JobHandle: one job, from the side of who waits for it.
 *
 * Invariants: H1. `result` trusts the job as it is read, never an event alone: events only say when to look. So a
 * stream that is refused, silent or cut costs time, and polling takes its place.
 * @module
 */
import { follow, openEvents } from "./event_source.ts";
import { JobNotCompletedError, RefusedError } from "./failures.ts";
import type { Requester } from "./requester.ts";
import { isFinal, type Job, type JobEvent, type LogPage } from "./shapes.ts";

/** The wait between two looks at a job whose events do not come, ms. */
export const POLL_MS = 1_000;

/** How a call may be given up. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** A job that may be waited for, followed and changed. Every call rejects as `Requester.send` does. */
export class JobHandle<Payload = unknown, Result = unknown> {
  readonly #path: string;

  constructor(private readonly requester: Requester, readonly id: string) {
    this.#path = `/job/${encodeURIComponent(id)}`;
  }

  /** The job as it is now. */
  async get({ signal }: CallOptions = {}): Promise<Job<Payload, Result>> {
    const answer = await this.requester.send<Job<Payload, Result>>({ path: this.#path, signal });
    return answer.body;
  }

  /**
   * The job's result, when it has completed; waits without end, or until the signal aborts. Rejects with a
   * `JobNotCompletedError` when it has failed or was cancelled.
   */
  async result(options: CallOptions = {}): Promise<Result> {
    const job = await this.ended(options);
    if (job.state !== "completed") throw new JobNotCompletedError(job);
    return job.result as Result;
  }

  /** The job when it is over, however it ended (H1). */
  async ended(options: CallOptions = {}): Promise<Job<Payload, Result>> {
    for (;;) {
      const job = await this.get(options);
      if (isFinal(job.state)) return job;
      if (!await this.#endIsTold(options)) await this.requester.wait(POLL_MS, options.signal);
    }
  }

  /** The job's changes from now on, its current state first; ends behind a final state. */
  async *events({ signal }: CallOptions = {}): AsyncGenerator<JobEvent, void> {
    for await (const { event, data } of follow(this.requester, { path: this.#events, signal })) {
      if (event !== "job") continue;
      const told = data as unknown as JobEvent;
      yield told;
      if (isFinal(told.state)) return;
    }
  }

  /** A page of what its attempts have logged, oldest first, behind line `after`; go on with its `next`. */
  async logs(
    { after = 0, limit, signal }: CallOptions & {
      readonly after?: number;
      readonly limit?: number;
    } = {},
  ): Promise<LogPage> {
    const query = `after=${after}${limit === undefined ? "" : `&limit=${limit}`}`;
    const path = `${this.#path}/logs?${query}`;
    return (await this.requester.send<LogPage>({ path, signal })).body;
  }

  /** Runs a scheduled or retrying job now. */
  async runNow({ signal }: CallOptions = {}): Promise<Job<Payload, Result>> {
    const request = { method: "POST", path: `${this.#path}/run`, signal } as const;
    return (await this.requester.send<Job<Payload, Result>>(request)).body;
  }

  /** Cancels it; resolves with the job. A running attempt is stopped after that. */
  async cancel({ signal }: CallOptions = {}): Promise<Job<Payload, Result>> {
    try {
      const { body } = await this.requester.send<Job<Payload, Result>>({
        method: "DELETE",
        path: this.#path,
        signal,
      });
      return body;
    } catch (error) {
      // The answer to an earlier attempt was lost: it may have done what was asked.
      if (!(error instanceof RefusedError && error.status === 409 && error.doubtful)) throw error;
      const job = await this.get(signal === undefined ? {} : { signal });
      if (job.state !== "cancelled") throw error;
      return job;
    }
  }

  /** Runs a failed or cancelled job again, under another payload when one is given. */
  async retry(
    { payload, signal }: CallOptions & { readonly payload?: Payload } = {},
  ): Promise<Job<Payload, Result>> {
    const { body } = await this.requester.send<Job<Payload, Result>>({
      method: "POST",
      path: `${this.#path}/retry`,
      ...(payload !== undefined && { json: { payload } }),
      signal,
    });
    return body;
  }

  get #events(): string {
    return `${this.#path}/events`;
  }

  /** True when an event told of the end; false when the stream could not, or no longer, tell it. */
  async #endIsTold({ signal }: CallOptions): Promise<boolean> {
    try {
      for await (
        const { event, data } of openEvents(this.requester, { path: this.#events, signal })
      ) {
        if (event === "job" && isFinal((data as unknown as JobEvent).state)) return true;
      }
    } catch {
      signal?.throwIfAborted();
    }
    return false;
  }
}
