/**
 * EventStreams: server-sent events to many readers, each with its own pace and its own bound.
 *
 * Intuition: a stream pulls: what was held before comes first, then what came since, encoded only
 * when the reader has room. New events wait in a short list; a reader that lets it fill is told
 * `cut` and disconnected, and comes back with its Last-Event-ID.
 *
 * Invariants: V1. Events reach a reader in their order, none twice. V2. No more than `eventsWaitingMax`
 * new events wait for one reader. V3. Every stream that ends runs its `onEnd` once.
 *
 * Not here: which events a reader gets and how they are numbered (event_routes.ts).
 * Source: WHATWG HTML, server-sent events.
 * @module
 */
import type { Clock, Timer } from "../../runtime/clock.ts";
import { EVENT_BUFFER_BYTES, EVENT_RETRY_MS, type GatewayLimits } from "../limits.ts";
import type { JobEvent } from "../service.ts";

const ENCODER = new TextEncoder();

/** One message of a stream as text. `data` becomes one line of JSON. */
export function message(event: string, data: unknown, id?: string): string {
  const idLine = id === undefined ? "" : `id: ${id}\n`;
  return `${idLine}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** One reader. */
export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #held: readonly (JobEvent | string)[] = [];
  #heldAt = 0;
  readonly #waiting: (JobEvent | string)[] = [];
  #onEnd: (() => void)[] = [];
  #ended = false;

  constructor(
    private readonly encode: (event: JobEvent) => string,
    private readonly waitingMax: number,
  ) {
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#controller = controller),
      pull: () => this.#fill(),
      cancel: () => this.#finish(),
    }, { highWaterMark: EVENT_BUFFER_BYTES, size: (chunk) => chunk.length });
    this.write(`retry: ${EVENT_RETRY_MS}\n\n`);
  }

  /** Runs `tell` when the stream ends (V3); at once if it has. */
  onEnd(tell: () => void): void {
    if (this.#ended) tell();
    else this.#onEnd.push(tell);
  }

  /** Sends a message right away. For the beginning of a stream. */
  write(text: string): void {
    if (!this.#ended) this.#controller?.enqueue(ENCODER.encode(text));
  }

  /** Sends events and messages of the past, before any that were pushed (V1). Once per stream. */
  replay(items: readonly (JobEvent | string)[]): void {
    this.#held = items;
    this.#fill();
  }

  /** Sends an event or a message as soon as the reader has room; a full list cuts the stream (V2). */
  push(item: JobEvent | string): void {
    if (this.#ended) return;
    if (this.#waiting.length >= this.waitingMax) {
      this.end("cut", { detail: "you read too slowly: come back with your Last-Event-ID" });
      return;
    }
    this.#waiting.push(item);
    this.#fill();
  }

  /** A comment that keeps proxies from closing a silent connection. Slow readers need none. */
  heartbeat(): void {
    if (this.#room()) this.write(": alive\n\n");
  }

  /** Says goodbye and closes. Idempotent. */
  end(event: string, data: unknown): void {
    if (this.#ended) return;
    this.write(message(event, data));
    this.#finish();
    this.#controller?.close();
  }

  #fill(): void {
    while (!this.#ended && this.#room()) {
      const item = this.#held[this.#heldAt] ?? this.#waiting.shift();
      if (item === undefined) return;
      if (this.#heldAt < this.#held.length) this.#heldAt++;
      this.write(typeof item === "string" ? item : this.encode(item));
    }
  }

  #room(): boolean {
    return (this.#controller?.desiredSize ?? 0) > 0;
  }

  #finish(): void {
    this.#ended = true;
    this.#held = [];
    this.#waiting.length = 0;
    for (const tell of this.#onEnd.splice(0)) tell();
  }
}

/** All readers of a gateway. */
export class EventStreams {
  readonly #open = new Set<EventStream>();
  #timer: Timer | null = null;

  constructor(private readonly clock: Clock, private readonly limits: GatewayLimits) {}

  /** A new stream; undefined when there are too many. */
  open(encode: (event: JobEvent) => string): EventStream | undefined {
    if (this.#open.size >= this.limits.eventStreamsMax) return undefined;
    const stream = new EventStream(encode, this.limits.eventsWaitingMax);
    this.#open.add(stream);
    stream.onEnd(() => void this.#open.delete(stream));
    this.#timer ??= this.clock.after(this.limits.eventHeartbeatMs, () => this.#beat());
    return stream;
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /** Tells every reader `bye` and lets go of the timer. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    for (const stream of [...this.#open]) {
      stream.end("bye", { detail: "the node is stopping: come back with your Last-Event-ID" });
    }
  }

  #beat(): void {
    this.#timer = null;
    if (this.#open.size === 0) return;
    for (const stream of this.#open) stream.heartbeat();
    this.#timer = this.clock.after(this.limits.eventHeartbeatMs, () => this.#beat());
  }
}
