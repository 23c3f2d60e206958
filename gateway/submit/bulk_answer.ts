/**
 * BulkAnswer: the two forms of a bulk submission's answer.
 *
 * Collected: one JSON document at the end, its lists bounded, its counts exact. It is sent only once
 * the request has been read, because most clients read no answer before that: sending it earlier
 * would block both sides as soon as the socket's buffers are full.
 * Streamed: one line per job as its fate is known, for clients that ask for it
 * (`Accept: application/x-ndjson`) and so promise to read while they write. It is the one for endless streams.
 * @module
 */
import type { Problem } from "../http/problem.ts";
import { jsonText } from "../http/reply.ts";
import { BULK_ERRORS_LISTED_MAX, BULK_JOBS_LISTED_MAX } from "../limits.ts";
import type { BulkReport, BulkRun } from "./bulk_run.ts";

/** Collects the fates of a bulk request, within bounds. */
export class CollectedAnswer implements BulkReport {
  readonly #jobs: { index: number; id: string }[] = [];
  readonly #errors: { index: number; problem: Problem }[] = [];
  #onlyFaults = true;

  constructor(
    private readonly listed = { jobs: BULK_JOBS_LISTED_MAX, errors: BULK_ERRORS_LISTED_MAX },
  ) {}

  accepted(index: number, id: string): void {
    if (this.#jobs.length < this.listed.jobs) this.#jobs.push({ index, id });
  }

  rejected(index: number, problem: Problem): void {
    if (problem.status < 500) this.#onlyFaults = false;
    if (this.#errors.length < this.listed.errors) this.#errors.push({ index, problem });
  }

  /** The answer. When nothing was accepted for faults of ours alone, it is that fault: try again. */
  response(run: BulkRun, incomplete?: string): Response | Problem {
    const fault = this.#errors[0]?.problem;
    if (run.accepted === 0 && fault !== undefined && this.#onlyFaults) return fault;
    const byIndex = (a: { index: number }, b: { index: number }): number => a.index - b.index;
    const omitted = {
      jobs: run.accepted - this.#jobs.length,
      errors: run.rejected - this.#errors.length,
    };
    const document = {
      accepted: run.accepted,
      rejected: run.rejected,
      jobs: this.#jobs.sort(byIndex),
      errors: this.#errors.sort(byIndex).map(({ index, problem }) => errorEntry(index, problem)),
      ...((omitted.jobs > 0 || omitted.errors > 0) && { omitted }),
      ...(incomplete !== undefined && { incomplete }),
    };
    return jsonText(JSON.stringify(document), { status: 202 });
  }
}

/** Streams the fates of a bulk request, one JSON line each, and a summary as the last line. */
export class StreamedAnswer implements BulkReport {
  readonly body: ReadableStream<Uint8Array>;
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #wake: (() => void) | null = null;
  #released = false;

  /** `onGone` is told when the client stops reading. */
  constructor(onGone: () => void) {
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#controller = controller),
      pull: () => this.#wake?.(),
      cancel: () => {
        this.#controller = null;
        this.#wake?.();
        onGone();
      },
    }, { highWaterMark: 64 * 1024, size: (chunk) => chunk.length });
  }

  accepted(index: number, id: string): void {
    this.#line({ index, id });
  }

  rejected(index: number, problem: Problem): void {
    this.#line(errorEntry(index, problem));
  }

  /** A promise while the reader is behind: the source waits for it, so that nothing piles up. */
  room(): Promise<void> | undefined {
    if (this.#released || (this.#controller?.desiredSize ?? 1) > 0) return undefined;
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = null;
        resolve();
      };
    });
  }

  /** Lets the source go on whether or not there is room: it has stopped reading, little more will come. */
  release(): void {
    this.#released = true;
    this.#wake?.();
  }

  /** Writes the summary and ends the stream. */
  end(run: BulkRun, incomplete?: string): void {
    const { accepted, rejected } = run;
    this.#line({ accepted, rejected, ...(incomplete !== undefined && { incomplete }) });
    this.#controller?.close();
    this.#controller = null;
  }

  #line(value: unknown): void {
    this.#controller?.enqueue(this.#encoder.encode(`${JSON.stringify(value)}\n`));
  }
}

function errorEntry(index: number, problem: Problem) {
  const { status, title, detail, more } = problem;
  return {
    index,
    status,
    title,
    detail,
    ...(more.errors !== undefined && { errors: more.errors }),
  };
}
