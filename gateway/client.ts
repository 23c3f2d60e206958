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
import { RefusedError } from "./client/failures.ts";
import { follow } from "./client/event_source.ts";
import { type CallOptions, JobHandle } from "./client/job_handle.ts";
import { Requester, type RequesterOptions } from "./client/requester.ts";
import type {
  HandlerSource,
  Job,
  JobEvent,
  Page,
  PayloadOf,
  ResultOf,
  SubmitOptions,
} from "./client/shapes.ts";

export { JobNotCompletedError, RefusedError, UnreachableError } from "./client/failures.ts";
export type { ProblemDocument } from "./client/failures.ts";
export { JobHandle } from "./client/job_handle.ts";
export type { CallOptions } from "./client/job_handle.ts";
export type { RequesterOptions } from "./client/requester.ts";
export type { Job, JobEvent, JobStateName, Page, SubmitOptions } from "./client/shapes.ts";

/** Handlers that nothing is known of: any name, any payload, any result. */
export type AnyHandlers = Readonly<
  Record<string, { run(ctx: never, payload: unknown): unknown }>
>;

/** An answer that the client does not type further; docs/api.md says its fields. */
export type Document = Readonly<Record<string, unknown>>;

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
  readonly #requester: Requester;

  constructor(options: RequesterOptions) {
    this.#requester = new Requester(options);
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
    const excludesKey = (how.id ?? how.unique ?? how.debounce ?? how.throttle) !== undefined;
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

  /** A handle of a job that there is; nothing is asked. `Name` says whose payload and result it has. */
  job<Name extends keyof Handlers & string>(
    id: string,
  ): JobHandle<PayloadOf<Handlers[Name]>, ResultOf<Handlers[Name]>> {
    return new JobHandle(this.#requester, id);
  }

  /** A page of jobs; the filter's fields are those of `GET /jobs`. */
  jobs(filter: Readonly<Record<string, string>> = {}): Promise<Page<"jobs", Job>> {
    return this.#read(`/jobs?${new URLSearchParams(filter)}`);
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

  /** Schedules, by id. */
  readonly schedules = {
    /** Creates it, or replaces its whole spec. */
    put: (id: string, spec: Document): Promise<Document> => this.#put("schedule", id, spec),
    get: (id: string): Promise<Document> => this.#read(`/schedule/${encodeURIComponent(id)}`),
    delete: (id: string): Promise<Document> =>
      this.#change("DELETE", `/schedule/${encodeURIComponent(id)}`),
    pause: (id: string): Promise<Document> =>
      this.#change("POST", `/schedule/${encodeURIComponent(id)}/pause`),
    resume: (id: string): Promise<Document> =>
      this.#change("POST", `/schedule/${encodeURIComponent(id)}/resume`),
  };

  /** Flows, by id. */
  readonly flows = {
    /** Submits one; not repeated without an answer when it brings an `id` of its own. */
    submit: async (flow: Document): Promise<Document> =>
      (await this.#requester.send<Document>({
        method: "POST",
        path: "/flow",
        json: flow,
        ...(flow.id === undefined && { headers: { "idempotency-key": newKey() } }),
      })).body,
    get: (id: string): Promise<Document> => this.#read(`/flow/${encodeURIComponent(id)}`),
    cancel: (id: string): Promise<Document> =>
      this.#change("DELETE", `/flow/${encodeURIComponent(id)}`),
    retry: (id: string): Promise<Document> =>
      this.#change("POST", `/flow/${encodeURIComponent(id)}/retry`),
  };

  /** Queues, by name. */
  readonly queues = {
    get: (name: string): Promise<Document> => this.#read(`/queue/${encodeURIComponent(name)}`),
    /** `{paused, concurrency}`. */
    put: (name: string, settings: Document): Promise<Document> =>
      this.#put("queue", name, settings),
  };

  /**
   * The id of the job that an attempt without an answer has made, when a repetition finds its id or key taken. It is
   * known by its name and payload; undefined when it is another's.
   */
  async #accepted(
    error: unknown,
    { name, payload, id, signal }: {
      readonly name: string;
      readonly payload: unknown;
      readonly id: string | undefined;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<string | undefined> {
    if (!(error instanceof RefusedError && error.doubtful && error.status === 409)) return;
    const taken = id ?? error.problem.id;
    if (typeof taken !== "string") return;
    const { body } = await this.#requester.send<Job>({
      path: `/job/${encodeURIComponent(taken)}`,
      signal,
    });
    const same = body.name === name &&
      JSON.stringify(body.payload) === (JSON.stringify(payload) ?? "null");
    return same ? taken : undefined;
  }

  async #read<Body>(path: string): Promise<Body> {
    return (await this.#requester.send<Body>({ path })).body;
  }

  async #put(kind: string, id: string, json: Document): Promise<Document> {
    const path = `/${kind}/${encodeURIComponent(id)}`;
    return (await this.#requester.send<Document>({ method: "PUT", path, json })).body;
  }

  async #change(method: "POST" | "DELETE", path: string): Promise<Document> {
    return (await this.#requester.send<Document>({ method, path })).body;
  }
}

/** 128 random bits as text. `crypto.randomUUID` is missing where a browser's page came without TLS. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
