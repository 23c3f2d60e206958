/**
 * Desk: where GraphQL's fields ask the HTTP API, as the one who sent the document.
 *
 * Invariants: K1. Every ask passes the guard with the caller's own credentials: scopes, namespaces and rates hold,
 * and writes are written down, as if each had been sent by itself. K2. At most {@link ASKS_AT_ONCE_MAX} asks of one
 * document are under way.
 * @module
 */
import { type Answer, type Ask } from "./asks.ts";
import { GraphQLError } from "./deps.ts";

/** Asks of one document under way: a page's nested fields would be hundreds. */
export const ASKS_AT_ONCE_MAX = 16;

/** Answers a request as if it had come over the caller's connection. */
export type Dispatch = (request: Request) => Response | Promise<Response>;

/** What of the document's request goes with each ask. */
const PASSED_ON = ["authorization", "x-api-key", "traceparent", "user-agent", "x-forwarded-for"];

/** Asks for one document. */
export class Desk {
  readonly #headers: Readonly<Record<string, string>>;
  readonly #origin: string;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;

  constructor(private readonly dispatch: Dispatch, document: Request) {
    this.#origin = new URL(document.url).origin;
    this.#headers = Object.fromEntries(
      PASSED_ON.flatMap((name) => {
        const value = document.headers.get(name);
        return value === null ? [] : [[name, value]];
      }),
    );
  }

  /** The answer; null for a 404 if `orNull`. Rejects with a `GraphQLError` that carries the refusal. (K1, K2) */
  async ask(
    ask: Ask,
    { orNull = false }: { readonly orNull?: boolean } = {},
  ): Promise<Answer | null> {
    await this.#turn();
    try {
      const response = await this.#send(ask);
      const text = await response.text();
      if (response.status === 404 && orNull) return null;
      if (!response.ok) throw refused(text);
      return JSON.parse(text) as Answer;
    } finally {
      this.#underWay--;
      this.#waiting.shift()?.();
    }
  }

  /** A stream of server-sent events; rejects as `ask` does. */
  async open(path: string): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#send({ method: "GET", path });
    if (!response.ok || response.body === null) throw refused(await response.text());
    return response.body;
  }

  async #turn(): Promise<void> {
    while (this.#underWay >= ASKS_AT_ONCE_MAX) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#underWay++;
  }

  #send({ method, path, body, idempotencyKey }: Ask): Response | Promise<Response> {
    return this.dispatch(
      new Request(new URL(path, this.#origin), {
        method,
        headers: {
          ...this.#headers,
          ...(body !== undefined && { "content-type": "application/json" }),
          ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
  }
}

/** The problem document as GraphQL tells errors. */
function refused(text: string): GraphQLError {
  const { type, title, status, detail, errors } = JSON.parse(text);
  return new GraphQLError(`${title}: ${detail}`, {
    extensions: {
      code: String(type).replace("urn:orrery:problem:", ""),
      status,
      ...(errors !== undefined && { errors }),
    },
  });
}
