/**
 * Contestant: what a scheduler must be able to do to take part. Both sides run the same workloads
 * over it, each in a process of its own.
 *
 * @module
 */

/** A job of the benchmark: about 100 bytes of payload. */
export interface BenchJob {
  /** When it is to run (ms, wall clock); undefined: at once. */
  readonly runAtMs?: number;
  readonly payload: BenchPayload;
}

/** What the handler gets. */
export interface BenchPayload {
  /** A number of its own within its run, so that every delivery can be counted. */
  readonly n: number;
  /** From where its lag is measured (ms, wall clock). */
  readonly fromMs: number;
  readonly filler: string;
}

/** What a contestant tells while it works. */
export interface WorkListener {
  /** A handler was called with a payload, in this process; not told by sandboxed ones. */
  started(payload: BenchPayload): void;
  /** A job is done and its completion is stored. */
  finished(): void;
}

/** The port. */
export interface Contestant {
  /** Resolves when the job is accepted as safely as the contestant's settings say. */
  submit(job: BenchJob): Promise<unknown>;
  /** The contestant's own way of submitting many at once. */
  submitBulk(jobs: readonly BenchJob[]): Promise<unknown>;
  /** Starts working on jobs with `slots` at once. */
  work(slots: number, listener: WorkListener): Promise<unknown>;
  /** Stops working; what is running ends first. */
  rest(): Promise<unknown>;
  /** Jobs that the store holds, finished ones included. */
  stored(): Promise<number>;
  close(): Promise<unknown>;
}
