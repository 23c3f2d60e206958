/**
 * Client: a small typed client of the HTTP API, for tests: it asserts nothing and hides no status.
 * @module
 */
import { eventually } from "./eventually.ts";

/** One ended attempt, as the API shows it. */
export interface AttemptView {
  readonly number: number;
  readonly node: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly outcome: "ok" | "error" | "timeout" | "lost" | "cancelled" | "interrupted";
  readonly error: { readonly name: string; readonly message: string } | null;
}

/** A job, as the API shows it. */
export interface JobView {
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  readonly state: string;
  readonly priority: number;
  readonly payload: unknown;
  readonly result: unknown;
  readonly error: { readonly name: string; readonly message: string } | null;
  readonly progress: number | null;
  readonly checkpoint: unknown;
  readonly createdAt: string;
  readonly runAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly attempts: readonly AttemptView[];
  readonly waiting: { readonly reason: string; readonly detail: string } | null;
  readonly version: number;
}

/** A problem document. */
export interface ProblemView {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly reasons?: readonly string[];
}

/** An answer with its body, read. */
export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** What a bulk submission came to. */
export interface BulkView {
  readonly accepted: number;
  readonly rejected: number;
  readonly jobs: readonly { readonly index: number; readonly id: string }[];
  readonly errors: readonly (ProblemView & { readonly index: number })[];
}

/** The states that a job does not leave by itself. */
export const FINAL_STATES: ReadonlySet<string> = new Set(["completed", "failed", "cancelled"]);
/** An unanswered request is given up after this long, ms. */
const REQUEST_MS_MAX = 30_000;

/** A client of the node at `url()`, which may move when the node is restarted. */
export class Client {
  constructor(private readonly url: () => string) {}

  /** Any request; the body is parsed when it is JSON. */
  async request<Body = unknown>(path: string, init: RequestInit = {}): Promise<Answer<Body>> {
    const response = await fetch(`${this.url()}${path}`, {
      signal: AbortSignal.timeout(REQUEST_MS_MAX),
      ...init,
    });
    const text = await response.text();
    const type = response.headers.get("content-type") ?? "";
    const body = type.includes("json") && !type.includes("ndjson") ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, body: body as Body };
  }

  /** Sends JSON. */
  send<Body = unknown>(
    path: string,
    { method = "POST", json, headers = {} }: {
      readonly method?: string;
      readonly json?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<Answer<Body>> {
    if (json === undefined) return this.request<Body>(path, { method, headers });
    return this.request<Body>(path, {
      method,
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(json),
    });
  }

  /** `POST /job`. */
  post(job: unknown, headers: Readonly<Record<string, string>> = {}) {
    return this.send<JobView & ProblemView>("/job", { json: job, headers });
  }

  /** `POST /job` that must be accepted; returns the job. */
  async submit(job: unknown, headers: Readonly<Record<string, string>> = {}): Promise<JobView> {
    const { status, body } = await this.post(job, headers);
    if (status !== 202) throw new Error(`not accepted: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** `POST /jobs` with an array. */
  bulk(jobs: readonly unknown[]): Promise<Answer<BulkView>> {
    return this.send<BulkView>("/jobs", { json: jobs });
  }

  /** `DELETE /job/{id}` until it is answered: a job whose shard is on its way to another node says 503. */
  async cancel(id: string): Promise<void> {
    let last: unknown;
    await eventually(async () => {
      const { status, body } = await this.request(`/job/${encodeURIComponent(id)}`, {
        method: "DELETE",
      });
      last = body;
      if (status >= 300 && status !== 503) throw new Error(`${status} ${JSON.stringify(body)}`);
      return status < 300 || undefined;
    }, { what: () => `${id} cancelled: ${JSON.stringify(last)}` });
  }

  /** `GET /job/{id}` that must be there. */
  async job(id: string): Promise<JobView> {
    const { status, body } = await this.request<JobView>(`/job/${encodeURIComponent(id)}`);
    if (status !== 200) throw new Error(`no job ${id}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** Waits until a job is in `state`. */
  reach(id: string, state: string, withinMs = 15_000): Promise<JobView> {
    return this.until(id, (job) => job.state === state, { what: `is ${state}`, withinMs });
  }

  /** Waits until a job has come to its end, whichever. */
  finish(id: string, withinMs = 15_000): Promise<JobView> {
    return this.until(id, (job) => FINAL_STATES.has(job.state), { what: "is over", withinMs });
  }

  /** Waits until a job is as `wanted`. */
  async until(
    id: string,
    wanted: (job: JobView) => boolean,
    { what, withinMs = 15_000 }: { readonly what: string; readonly withinMs?: number },
  ): Promise<JobView> {
    let latest: JobView | undefined;
    return await eventually(async () => {
      latest = await this.job(id);
      return wanted(latest) ? latest : undefined;
    }, { what: () => `job ${id} ${what}; it is ${JSON.stringify(latest)}`, withinMs });
  }

  /** Every job of a filter, page by page; `query` as in the URL. */
  async list(query = ""): Promise<JobView[]> {
    const jobs: JobView[] = [];
    let cursor: string | null = null;
    do {
      const next: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const { status, body } = await this.request<{ jobs: JobView[]; cursor: string | null }>(
        `/jobs?limit=500&${query}${next}`,
      );
      if (status !== 200) throw new Error(`list: ${status} ${JSON.stringify(body)}`);
      jobs.push(...body.jobs);
      cursor = body.cursor;
    } while (cursor !== null);
    return jobs;
  }

  /** `GET /jobs/counts`. */
  async counts(): Promise<{
    readonly states: Readonly<Record<string, number>>;
    readonly queues: Readonly<Record<string, Readonly<Record<string, number>>>>;
    readonly total: number;
  }> {
    return (await this.request<Awaited<ReturnType<Client["counts"]>>>("/jobs/counts")).body;
  }

  /** Sets a queue. */
  queue(name: string, settings: { paused?: boolean; concurrency?: number | null }) {
    return this.send(`/queue/${name}`, { method: "PUT", json: settings });
  }
}
