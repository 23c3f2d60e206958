/**
 * EventSource: server-sent events of the API, over `fetch`, so that they come everywhere and carry headers.
 *
 * Invariants: E1. After a break the stream is opened again behind the last id that was seen. E2. Only
 * `attempts` breaks in a row without an event between them end it, with the last one's error.
 *
 * Source: WHATWG HTML, server-sent events.
 * @module
 */
import { problemOf, RefusedError, UnreachableError } from "./failures.ts";
import type { Requester } from "./requester.ts";

/** A stream that sends not even a heartbeat (every 15 s) for this long is broken, ms. */
export const SILENCE_MS_MAX = 45_000;

/** One event. */
export interface ServerEvent {
  readonly event: string;
  readonly id: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Where to begin, and how to stop. */
export interface FollowOptions {
  readonly path: string;
  readonly lastEventId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Events without end (E1, E2). Throws a `RefusedError` at once when there is nothing to follow. */
export async function* follow(
  requester: Requester,
  { path, lastEventId, signal }: FollowOptions,
): AsyncGenerator<ServerEvent, never> {
  let seen = lastEventId;
  for (let breaks = 1;; breaks++) {
    let cause: unknown = new UnreachableError(path, "the stream ended");
    try {
      for await (const event of openEvents(requester, { path, lastEventId: seen, signal })) {
        seen = event.id ?? seen;
        breaks = 0;
        yield event;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof RefusedError && !isPassing(error.status)) throw error;
      cause = error;
    }
    if (breaks >= requester.attempts) throw cause;
    await requester.wait(requester.backoffMs(breaks + 1), signal);
  }
}

/** One connection's events, until it ends or breaks. */
export async function* openEvents(
  requester: Requester,
  { path, lastEventId, signal }: FollowOptions,
): AsyncGenerator<ServerEvent, void> {
  const silence = new AbortController();
  const hush = () => silence.abort(new Error(`nothing was heard for ${SILENCE_MS_MAX} ms`));
  let timer = setTimeout(hush, SILENCE_MS_MAX);
  const bounds = signal === undefined ? [silence.signal] : [silence.signal, signal];
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  try {
    const response = await requester.open({
      path,
      headers: {
        accept: "text/event-stream",
        ...(lastEventId !== undefined && { "last-event-id": lastEventId }),
      },
      signal: AbortSignal.any(bounds),
    }, { bounded: false });
    if (!response.ok) throw new RefusedError(problemOf(response, await response.text()));
    if (response.body === null) return;
    reader = response.body.getReader();
    const parser = new EventParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(hush, SILENCE_MS_MAX);
      yield* parser.push(value);
    }
  } finally {
    clearTimeout(timer);
    // The connection may break while it is given up: nobody wants to know.
    await reader?.cancel().catch(() => {});
  }
}

/** Turns a stream's bytes into events; comments and unfinished events give none. */
export class EventParser {
  readonly #decoder = new TextDecoder();
  #rest = "";

  /** The events that `bytes` complete. */
  push(bytes: Uint8Array): ServerEvent[] {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    const blocks = text.replaceAll("\r\n", "\n").split("\n\n");
    this.#rest = blocks.pop() ?? "";
    return blocks.flatMap(readEvent);
  }
}

function readEvent(block: string): ServerEvent[] {
  let event = "message";
  let id: string | null = null;
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const [, field = "", value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === "event") event = value;
    else if (field === "id") id = value;
    else if (field === "data") data.push(value);
  }
  return data.length === 0 ? [] : [{ event, id, data: JSON.parse(data.join("\n")) }];
}

function isPassing(status: number): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}
