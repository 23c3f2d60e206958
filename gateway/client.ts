/**
 * Client: the API as typed calls, for Deno, Node and browsers.
 *
 * Intuition: whoever submits a job knows its handler. Give the handlers' types once, and payloads are checked and
 * results typed; no code of theirs is loaded.
 *
 *     type Handlers = { "send-invoice": typeof import("./handlers/send_invoice.ts") };
 *     const client = createClient<Handlers>({ url: "http://127.0.0.1:8080" });
 *     const job = await client.submit("send-invoice", { customer: "c-17", cents: 4200 });
 *     const { charge } = await job.result();
 *
 * Invariants: C1. It uses `fetch`, streams, timers and abort signals, and imports nothing outside of `client/`.
 * C2. A submission that is repeated because its answer was lost makes no second job.
 *
 * Not here: what is repeated when (client/requester.ts), waiting (client/job_handle.ts).
 * @module
 */
import { type Fate, type ItemProblem, submitItems } from "./client/bulk.ts";
import { RefusedError } from "./client/failures.ts";
import { follow } from "./client/event_source.ts";
import { type CallOptions, JobHandle } from "./client/job_handle.ts";
import { newKey } from "./client/random_key.ts";
import { Requester, type RequesterOptions } from "./client/requester.ts";
import { Flows, type Query, Queues, Schedules } from "./client/resources.ts";
import type {
  HandlerSource,
  Job,
  JobCounts,
  JobEvent,
  Page,
  PayloadOf,
  ResultOf,
  SubmitOptions,
} from "./client/shapes.ts";

export { JobNotCompletedError, RefusedError, UnreachableError } from "./client/failures.ts";
export type { ItemProblem } from "./client/bulk.ts";
export type { ProblemDocument } from "./client/failures.ts";
export { JobHandle } from "./client/job_handle.ts";
export type { CallOptions } from "./client/job_handle.ts";
export type { RequesterOptions } from "./client/requester.ts";
export type { Document, Flows, Query, Queues, Schedules } from "./client/resources.ts";
export type {
  Job,
  JobCounts,
  JobEvent,
  JobStateName,
  LogPage,
  Page,
  SubmitOptions,
} from "./client/shapes.ts";

/** Handlers that nothing is known of: any name, any payload, any result. */
export type AnyHandlers = Readonly<
  Record<string, { run(ctx: never, payload: unknown): unknown }>
>;

/** One of many submissions: as the arguments of `submit`, in one object. */
export type BulkJob<Handlers> = {
  [Name in keyof Handlers & string]:
    & { readonly name: Name; readonly payload: PayloadOf<Handlers[Name]> }
    & Omit<SubmitOptions, "idempotencyKey" | "signal">;
}[keyof Handlers & string];

/** What became of one of many submissions. `exists`: another job has its id. */
export type BulkOutcome =
  | { readonly kind: "accepted"; readonly job: JobHandle }
  | { readonly kind: "exists" | "refused"; readonly problem: ItemProblem };

/** One event of all jobs: a change, or that events are missing and what matters is to be read again. */
export type NodeEvent =
  | { readonly kind: "job"; readonly id: string; readonly job: JobEvent }
  | { readonly kind: "reset"; readonly detail: string };

/** Makes a client; it opens no connection before its first call. */
export function createClient<
  Handlers extends Readonly<Record<keyof Handlers, HandlerSource>> = AnyHandlers,
>(options: RequesterOptions): Client<Handlers> {
  return new Client<Handlers>(options);
}

/**
 * The calls. Each rejects with a `RefusedError` (the API says no), an `UnreachableError` (it says nothing), or the
 * reason of its signal.
 */
export class Client<Handlers extends Readonly<Record<keyof Handlers, HandlerSource>>> {
  /** Schedules, by id. */
  readonly schedules: Schedules;
  /** Flows, by id. */
  readonly flows: Flows;
  /** Queues, by name. */
  readonly queues: Queues;
  readonly #requester: Requester;

  constructor(options: RequesterOptions) {
    this.#requester = new Requester(options);
    this.schedules = new Schedules(this.#requester);
    this.flows = new Flows(this.#requester);
    this.queues = new Queues(this.#requester);
  }

  /**
   * Submits a job; it is durable when this resolves (C2). With a shared key the job may be an earlier one. An own id
   * or a shared key takes the place of the Idempotency-Key.
   */
  async submit<Name extends keyof Handlers & string>(
    name: Name,
    payload: PayloadOf<Handlers[Name]>,
    options: SubmitOptions = {},
  ): Promise<JobHandle<PayloadOf<Handlers[Name]>, ResultOf<Handlers[Name]>>> {
    const { idempotencyKey, signal, ...how } = options;
    const excludesKey = how.id !== undefined || sharesKey(how);
    const key = idempotencyKey ?? (excludesKey ? undefined : newKey());
    const request = {
      ...{ method: "POST", path: "/job", json: { name, payload, ...how } } as const,
      ...(key !== undefined && { headers: { "idempotency-key": key } }),
      ...{ repeatable: true, signal },
    };
    try {
      const { body } = await this.#requester.send<Job>(request);
      return new JobHandle(this.#requester, body.id);
    } catch (error) {
      const earlier = await this.#accepted(error, { name, payload, id: how.id, signal });
      if (earlier === undefined) throw error;
      return new JobHandle(this.#requester, earlier);
    }
  }

  /**
   * Submits many jobs with few requests, and tells each one's fate, in their order; a job that is refused spoils no
   * other. Jobs without an `id` get one, so that repetitions make none twice (C2); those that share a key are
   * submitted one by one. Rejects when requests fail as a whole: only with ids of your own may all of it be repeated.
   */
  async submitMany(
    jobs: readonly BulkJob<Handlers>[],
    { signal }: CallOptions = {},
  ): Promise<BulkOutcome[]> {
    const items = jobs.map((job) => ({ ...job, id: job.id ?? newKey() }));
    const together = items.filter((item) => !sharesKey(item));
    const fates = await submitItems(this.#requester, together, signal);
    const outcomes: BulkOutcome[] = [];
    for (const [at, item] of items.entries()) {
      const own = jobs[at]!.id !== undefined;
      outcomes.push(
        sharesKey(item)
          ? await this.#submitAlone(jobs[at]!, signal)
          : await this.#outcome(item, { fate: fates.shift()!, own, signal }),
      );
    }
    return outcomes;
  }

  /** A handle of a job that there is; nothing is asked. `Name` says whose payload and result it has. */
  job<Name extends keyof Handlers & string>(
    id: string,
  ): JobHandle<PayloadOf<Handlers[Name]>, ResultOf<Handlers[Name]>> {
    return new JobHandle(this.#requester, id);
  }

  /** A page of jobs; the filter's fields are those of `GET /jobs`. */
  async jobs(filter: Query = {}): Promise<Page<"jobs", Job>> {
    const path = `/jobs?${new URLSearchParams(filter)}`;
    return (await this.#requester.send<Page<"jobs", Job>>({ path })).body;
  }

  /** How many jobs there are, by state, and by queue and state. */
  async counts(): Promise<JobCounts> {
    return (await this.#requester.send<JobCounts>({ path: "/jobs/counts" })).body;
  }

  /** Changes of all jobs from now on, or from behind `after`, the `id` of an event. Ends when the signal aborts. */
  async *events(
    { after, signal }: CallOptions & { readonly after?: string } = {},
  ): AsyncGenerator<NodeEvent, void> {
    const options = { path: "/events", lastEventId: after, signal };
    for await (const { event, id, data } of follow(this.#requester, options)) {
      if (event === "job") yield { kind: "job", id: id ?? "", job: data as unknown as JobEvent };
      if (event === "reset") yield { kind: "reset", detail: String(data.detail) };
    }
  }

  /** A conflict on an id that only we know, or after an answer that was lost, may be the job that we made. */
  async #outcome(
    { id, name, payload }: {
      readonly id: string;
      readonly name: string;
      readonly payload: unknown;
    },
    { fate, own, signal }: {
      readonly fate: Fate;
      readonly own: boolean;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<BulkOutcome> {
    if (fate.kind === "refused") return fate;
    const ours = fate.kind === "accepted" || !own ||
      fate.doubtful && await this.#isSame(id, { name, payload, signal });
    return ours
      ? { kind: "accepted", job: new JobHandle(this.#requester, id) }
      : { kind: "exists", problem: fate.problem };
  }

  async #submitAlone(
    { name, payload, ...how }: BulkJob<Handlers>,
    signal: AbortSignal | undefined,
  ): Promise<BulkOutcome> {
    try {
      const options = { ...(how as SubmitOptions), ...(signal !== undefined && { signal }) };
      return { kind: "accepted", job: await this.submit(name, payload, options) };
    } catch (error) {
      if (error instanceof RefusedError) return { kind: "refused", problem: error.problem };
      throw error;
    }
  }

  /**
   * The id of the job that an attempt without an answer has made, when a repetition finds its id or key taken;
   * undefined when it is another's.
   */
  async #accepted(
    error: unknown,
    { id, ...asked }: Submitted & { readonly id: string | undefined },
  ): Promise<string | undefined> {
    if (!(error instanceof RefusedError && error.doubtful && error.status === 409)) return;
    const taken = id ?? error.problem.id;
    return typeof taken === "string" && await this.#isSame(taken, asked) ? taken : undefined;
  }

  /** Tells whether the job is the one that was submitted, by its name and payload. */
  async #isSame(id: string, { name, payload, signal }: Submitted): Promise<boolean> {
    const path = `/job/${encodeURIComponent(id)}`;
    const { body } = await this.#requester.send<Job>({ path, signal });
    return body.name === name &&
      JSON.stringify(body.payload) === (JSON.stringify(payload) ?? "null");
  }
}

/** What is known of a submission whose answer is in doubt. */
interface Submitted {
  readonly name: string;
  readonly payload: unknown;
  readonly signal: AbortSignal | undefined;
}

/** Tells whether the job shares a key with others, which excludes any other name of it. */
function sharesKey({ unique, debounce, throttle }: SubmitOptions): boolean {
  return (unique ?? debounce ?? throttle) !== undefined;
}
