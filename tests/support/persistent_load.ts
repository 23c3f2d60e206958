/**
 * PersistentLoad: submits jobs to a node that dies again and again, and remembers what it promised.
 *
 * Intuition: this is what a careful user's program does. A job counts as accepted only when the answer
 * that says so was read to its end; a request without such an answer is repeated with the same name
 * (an Idempotency-Key, or own ids in bulk) until there is one.
 *
 * Invariant: A1. `accepted` holds exactly the jobs whose acceptance was read.
 * @module
 */
import type { Answer, BulkView, Client, JobView } from "./client.ts";
import { pause } from "./eventually.ts";

/** Of so many jobs the last are one bulk request. */
const ROUND_JOBS = 50;
/** Requests under way at once. */
const LANES = 8;
/** A node that is down is asked again after this long, ms. */
const RETRY_MS = 40;
/** Share of the jobs that are submitted one by one: the first of each round. */
const SINGLE_SHARE = 0.2;

/** A job to be submitted, without its name. */
export interface LoadJob {
  readonly name: string;
  readonly payload: unknown;
  readonly queue?: string;
  readonly runAt?: string;
}

/** What the load is made of. */
export interface LoadOptions {
  readonly client: Client;
  /** How many; absent: as many as come until {@link PersistentLoad.stop}. */
  readonly jobs?: number;
  /** Between two requests of each of its lanes, ms: a load that lasts. */
  readonly paceMs?: number;
  /** The `index`-th job. */
  readonly job: (index: number) => LoadJob;
}

/** One run of the load. */
export class PersistentLoad {
  /** Ids by acceptance, with the moment before which they must not start (ms). */
  readonly accepted = new Map<string, number>();
  /** Requests that got no answer, or one that said "not now". */
  repeated = 0;
  /** Answers that told that the first try had been accepted after all. */
  replayed = 0;
  #next = 0;
  #end: number;

  constructor(private readonly options: LoadOptions) {
    this.#end = options.jobs ?? Infinity;
  }

  /** Submits everything; resolves when every job is accepted. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: LANES }, () => this.#lane()));
  }

  /** No more than what was begun. */
  stop(): void {
    this.#end = Math.min(this.#end, this.#next);
  }

  async #lane(): Promise<void> {
    const { paceMs = 0 } = this.options;
    while (this.#next < this.#end) {
      const first = this.#next;
      const place = first % ROUND_JOBS;
      const single = place < ROUND_JOBS * SINGLE_SHARE;
      this.#next = Math.min(this.#end, first + (single ? 1 : ROUND_JOBS - place));
      if (single) await this.#single(first);
      else await this.#bulk(first, this.#next);
      if (paceMs > 0) await pause(paceMs);
    }
  }

  async #single(index: number): Promise<void> {
    const { client, job } = this.options;
    const headers = { "idempotency-key": `single-${index}` };
    const request = job(index);
    const { status, body, headers: answered } = await this.#answered<JobView>(
      () => client.post(request, headers),
      (one) => one.status === 202 || one.status === 200,
    );
    if (status === 200) this.replayed++;
    if ((status === 200) !== (answered.get("idempotency-replayed") === "true")) {
      throw new Error(`status ${status} and Idempotency-Replayed disagree`);
    }
    this.#accept(body.id, request);
  }

  async #bulk(from: number, to: number): Promise<void> {
    const { client, job } = this.options;
    let open = Array.from({ length: to - from }, (_, at) => {
      const index = from + at;
      return { id: `bulk-${index}`, ...job(index) };
    });
    while (open.length > 0) {
      const sent = open;
      const { body } = await this.#answered<BulkView>(
        () => client.bulk(sent),
        (one) => one.status === 202,
      );
      const refused = new Set<string>();
      for (const { index, status, detail } of body.errors) {
        const one = sent[index];
        if (one === undefined) throw new Error(`an error for item ${index}: ${detail}`);
        if (status === 409) this.replayed++;
        else refused.add(one.id);
      }
      for (const one of sent) if (!refused.has(one.id)) this.#accept(one.id, one);
      open = sent.filter(({ id }) => refused.has(id));
      if (open.length > 0) await pause(RETRY_MS);
    }
  }

  /** Repeats `request` until it is answered as `wanted`; 503 and 504 ask for just that. */
  async #answered<Body>(
    request: () => Promise<Answer<Body>>,
    wanted: (answer: Answer<Body>) => boolean,
  ): Promise<Answer<Body>> {
    while (true) {
      try {
        const answer = await request();
        if (wanted(answer)) return answer;
        if (answer.status !== 503 && answer.status !== 504) {
          throw new UnexpectedAnswer(`${answer.status}: ${JSON.stringify(answer.body)}`);
        }
      } catch (error) {
        if (error instanceof UnexpectedAnswer) throw error;
      }
      this.repeated++;
      await pause(RETRY_MS);
    }
  }

  #accept(id: string, { runAt }: LoadJob): void {
    this.accepted.set(id, runAt === undefined ? 0 : Date.parse(runAt)); // (A1)
  }
}

class UnexpectedAnswer extends Error {}
