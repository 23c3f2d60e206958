/**
 * Resources: schedules, flows and queues, as calls by their ids.
 * @module
 */
import type { Requester } from "./requester.ts";
import { newKey } from "./random_key.ts";
import type { Page } from "./shapes.ts";

/** A thing that the client does not type further; docs/api.md says its fields. */
export type Document = Readonly<Record<string, unknown>>;

/** The fields of a list's query. */
export type Query = Readonly<Record<string, string>>;

/** Schedules. Each call rejects as `Requester.send` does. */
export class Schedules {
  constructor(private readonly requester: Requester) {}

  /** Creates it, or replaces its whole spec; may be repeated. */
  async put(id: string, spec: Document): Promise<Document> {
    return await call(this.requester, "PUT", schedule(id), spec);
  }

  /** The schedule. */
  async get(id: string): Promise<Document> {
    return await call(this.requester, "GET", schedule(id));
  }

  /** A page of them. */
  async list(query: Query = {}): Promise<Page<"schedules", Document>> {
    return await call(this.requester, "GET", `/schedules?${new URLSearchParams(query)}`);
  }

  /** Deletes it; its jobs stay. */
  async delete(id: string): Promise<Document> {
    return await call(this.requester, "DELETE", schedule(id));
  }

  /** Stops it from firing. */
  async pause(id: string): Promise<Document> {
    return await call(this.requester, "POST", `${schedule(id)}/pause`);
  }

  /** Lets it fire again. */
  async resume(id: string): Promise<Document> {
    return await call(this.requester, "POST", `${schedule(id)}/resume`);
  }

  /** Fires now: `{jobId}`. Not repeated without an answer. */
  async trigger(id: string): Promise<Document> {
    return await call(this.requester, "POST", `${schedule(id)}/trigger`);
  }

  /** When it fires next. */
  async next(id: string, count = 10): Promise<Document> {
    return await call(this.requester, "GET", `${schedule(id)}/next?count=${count}`);
  }

  /** When one that says `timing` would fire; nothing is made. */
  async preview(timing: Document): Promise<Document> {
    const request = { method: "POST", path: "/schedule/preview", json: timing } as const;
    return (await this.requester.send<Document>({ ...request, repeatable: true })).body;
  }
}

/** Flows. Each call rejects as `Requester.send` does. */
export class Flows {
  constructor(private readonly requester: Requester) {}

  /** Submits one; not repeated without an answer when it brings an `id` of its own. */
  async submit(flow: Document): Promise<Document> {
    const request = { method: "POST", path: "/flow", json: flow } as const;
    const headers = { "idempotency-key": newKey() };
    const named = flow.id !== undefined;
    return (await this.requester.send<Document>(named ? request : { ...request, headers })).body;
  }

  /** The flow and its jobs. */
  async get(id: string): Promise<Document> {
    return await call(this.requester, "GET", flow(id));
  }

  /** A page of them. */
  async list(query: Query = {}): Promise<Page<"flows", Document>> {
    return await call(this.requester, "GET", `/flows?${new URLSearchParams(query)}`);
  }

  /** Cancels all of it. */
  async cancel(id: string): Promise<Document> {
    return await call(this.requester, "DELETE", flow(id));
  }

  /** Runs again what did not complete. */
  async retry(id: string): Promise<Document> {
    return await call(this.requester, "POST", `${flow(id)}/retry`);
  }
}

/** Queues. Each call rejects as `Requester.send` does. */
export class Queues {
  constructor(private readonly requester: Requester) {}

  /** Its settings, and what of them is in use. */
  async get(name: string): Promise<Document> {
    return await call(this.requester, "GET", `/queue/${encodeURIComponent(name)}`);
  }

  /** Sets what `{paused, concurrency, rate, perKey}` names. */
  async put(name: string, settings: Document): Promise<Document> {
    return await call(this.requester, "PUT", `/queue/${encodeURIComponent(name)}`, settings);
  }
}

function schedule(id: string): string {
  return `/schedule/${encodeURIComponent(id)}`;
}

function flow(id: string): string {
  return `/flow/${encodeURIComponent(id)}`;
}

async function call<Body>(
  requester: Requester,
  ...[method, path, json]: [
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    json?: Document,
  ]
): Promise<Body> {
  return (await requester.send<Body>({ method, path, ...(json !== undefined && { json }) })).body;
}
