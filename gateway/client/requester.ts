/**
 * Requester: one request of the API, repeated until it is answered, where a repetition can do no harm.
 *
 * Intuition: 429 and 503 say that nothing was accepted, so anybody may ask again. When no answer came, and after a
 * 504, nobody knows: only what means the same the second time is repeated. That is what HTTP calls idempotent, and
 * whatever carries an Idempotency-Key.
 *
 * Invariants: R1. A request that is not repeatable is sent again only when nothing was accepted. R2. All repetitions
 * of one call carry the same body and the same Idempotency-Key. R3. A `Retry-After` is a lower bound of the wait.
 *
 * Source: RFC 9110 §9.2.2, §10.2.3; exponential backoff with full jitter.
 * @module
 */
import { problemOf, RefusedError, UnreachableError } from "./failures.ts";

/** Attempts of one call, the first included. */
export const ATTEMPTS_DEFAULT = 6;
/** The wait before the second attempt is up to this, ms; it doubles from there. */
export const BACKOFF_BASE_MS = 200;
/** No wait of our own is longer, ms. */
export const BACKOFF_MAX_MS = 10_000;
/** A longer `Retry-After` is not waited for, ms: the call is refused instead. */
export const RETRY_AFTER_MAX_MS = 60_000;
/** An attempt without an answer is given up after this, ms: above the API's own deadlines. */
export const ANSWER_MS_MAX = 30_000;

/** Resolves after `ms`; rejects with the signal's reason when it aborts. */
export type Wait = (ms: number, signal?: AbortSignal) => Promise<void>;

/** Where and how requests are sent. */
export interface RequesterOptions {
  /** The API's address, as in `http://127.0.0.1:8080`. */
  readonly url: string;
  /** The API key, sent as `Authorization: Bearer`. */
  readonly key?: string;
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
  /** Attempts of one call, from 1 (no repetition) on. */
  readonly attempts?: number;
  /** How time passes between attempts; tests give their own. */
  readonly wait?: Wait;
  /** From 0 up to 1, exclusively; for the jitter. */
  readonly random?: () => number;
}

/** One request. */
export interface ApiRequest {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent again when its fate is unknown. Default: as HTTP says of the method, or with an Idempotency-Key. */
  readonly repeatable?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** An answer that is no refusal. */
export interface ApiAnswer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
  /** An earlier attempt of the same call got no answer: it may have done what this one was asked for. */
  readonly doubtful: boolean;
}

/** Sends requests. */
export class Requester {
  readonly #fetch: typeof fetch;
  readonly #attempts: number;
  readonly #random: () => number;
  readonly wait: Wait;

  constructor(private readonly options: RequesterOptions) {
    // Browsers refuse a fetch that is called as somebody's method.
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#attempts = Math.max(1, options.attempts ?? ATTEMPTS_DEFAULT);
    this.#random = options.random ?? Math.random;
    this.wait = options.wait ?? waitMs;
  }

  /** Attempts of one call. */
  get attempts(): number {
    return this.#attempts;
  }

  /**
   * Sends until it is answered. Rejects with a `RefusedError`, an `UnreachableError`, or the signal's reason.
   */
  async send<Body>(request: ApiRequest): Promise<ApiAnswer<Body>> {
    let doubtful = false;
    for (let attempt = 1;; attempt++) {
      const outcome: Outcome<Body> = await this.#once<Body>(request, doubtful);
      if (outcome.kind === "answer") return outcome.answer;
      const last = attempt >= this.#attempts || outcome.afterMs > RETRY_AFTER_MAX_MS;
      if (last || !(outcome.untouched || isRepeatable(request))) throw outcome.error; // (R1)
      doubtful ||= !outcome.untouched;
      await this.wait(Math.max(outcome.afterMs, this.backoffMs(attempt)), request.signal); // (R3)
    }
  }

  /** One attempt, unread. `bounded`: given up without an answer in time; a stream has no such bound. */
  async open(request: ApiRequest, { bounded }: { readonly bounded: boolean }): Promise<Response> {
    const { method = "GET", path, json, headers, signal } = request;
    const bounds = [signal, bounded ? AbortSignal.timeout(ANSWER_MS_MAX) : undefined]
      .filter((bound) => bound !== undefined);
    const url = this.options.url.replace(/\/+$/, "") + path;
    return await this.#fetch(url, {
      method,
      headers: {
        ...(json !== undefined && { "content-type": "application/json" }),
        ...(this.options.key !== undefined && { authorization: `Bearer ${this.options.key}` }),
        ...headers,
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
      ...(bounds.length > 0 && { signal: AbortSignal.any(bounds) }),
    });
  }

  /** How long to wait after the `attempt`th failure, ms. */
  backoffMs(attempt: number): number {
    return this.#random() * Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** (attempt - 1));
  }

  async #once<Body>(request: ApiRequest, doubtful: boolean): Promise<Outcome<Body>> {
    let response: Response;
    let text: string;
    try {
      response = await this.open(request, { bounded: true });
      text = await response.text();
    } catch (error) {
      request.signal?.throwIfAborted();
      const unreachable = new UnreachableError(this.options.url, error);
      return { kind: "failure", error: unreachable, untouched: false, afterMs: 0 };
    }
    const { status, headers } = response;
    if (response.ok) {
      const body = (text === "" ? null : JSON.parse(text)) as Body;
      return { kind: "answer", answer: { status, headers, body, doubtful } };
    }
    const error = new RefusedError(problemOf(response, text), doubtful);
    const untouched = status === 429 || status === 503;
    if (!untouched && status !== 502 && status !== 504) throw error;
    return { kind: "failure", error, untouched, afterMs: retryAfterMs(headers) };
  }
}

/** What became of one attempt. */
type Outcome<Body> =
  | { readonly kind: "answer"; readonly answer: ApiAnswer<Body> }
  | {
    readonly kind: "failure";
    readonly error: Error;
    /** Nothing was accepted. */
    readonly untouched: boolean;
    readonly afterMs: number;
  };

function isRepeatable({ method = "GET", headers, repeatable }: ApiRequest): boolean {
  return repeatable ?? (method !== "POST" || headers?.["idempotency-key"] !== undefined);
}

/** Seconds or a date (RFC 9110 §10.2.3), as ms from now; 0 when it says neither. */
function retryAfterMs(headers: Headers): number {
  const text = headers.get("retry-after");
  if (text === null) return 0;
  const ms = /^[0-9]+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

/** The platform's timer as a {@link Wait}. */
export function waitMs(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const giveUp = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", giveUp);
      resolve();
    }, ms);
    signal?.addEventListener("abort", giveUp, { once: true });
  });
}
