/**
 * Receiver: an HTTP server that takes what alert channels and webhooks send, can be taken down, and comes back on
 * the same port.
 * @module
 */
import { eventually } from "./eventually.ts";

/** One request that it took. */
export interface Received {
  readonly path: string;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed, when it is JSON. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Wall clock, ms. */
  readonly atMs: number;
}

/** The receiver. */
export class Receiver implements AsyncDisposable {
  /** What it took, in order. */
  readonly requests: Received[] = [];
  /** Requests that it answered with an error, because it was told to. */
  refused = 0;
  #server: Deno.HttpServer<Deno.NetAddr> | undefined;
  #port = 0;
  #status = 200;

  private constructor() {}

  /** Listens on a free port of this machine. */
  static start(): Receiver {
    const receiver = new Receiver();
    receiver.up();
    return receiver;
  }

  /** Where it is, or was. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens again. */
  up(): void {
    this.#server ??= Deno.serve({
      hostname: "127.0.0.1",
      port: this.#port,
      onListen: ({ port }) => void (this.#port = port),
    }, (request) => this.#take(request));
  }

  /** Is out of reach from now on. */
  async down(): Promise<void> {
    await this.#server?.shutdown();
    this.#server = undefined;
  }

  /** Answers with this status from now on. */
  answer(status: number): void {
    this.#status = status;
  }

  /** Waits until it has taken `count` requests, and returns them all. */
  async took(count: number, withinMs = 15_000): Promise<readonly Received[]> {
    return await eventually(() => this.requests.length >= count ? this.requests : undefined, {
      what: () => `${count} requests; there were ${this.requests.length}`,
      withinMs,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }

  async #take(request: Request): Promise<Response> {
    const text = await request.text();
    if (this.#status >= 300) {
      this.refused++;
      return new Response("not now", { status: this.#status });
    }
    const { pathname: path } = new URL(request.url);
    const { headers } = request;
    this.requests.push({ path, headers, text, body: parsed(text), atMs: Date.now() });
    return new Response("ok", { status: this.#status });
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
