/**
 * Channel: a connection that carries batches of JSON messages both ways.
 *
 * Intuition: the first message of a turn schedules one write at the turn's end; what is sent while a write
 * is under way gathers for the next. So a lone message goes out at once, and under load batches grow by themselves.
 *
 * Bound: the sender's queue holds what its callers have in flight (attempts and their reports), which both
 * ends bound; beyond `QUEUE_CHARS_MAX` the peer reads too slowly to be alive and the channel closes.
 * @module
 */
import { BATCH_CHARS_MAX, encodeFrame, FrameReader } from "./frames.ts";

/** Characters waiting to be written before the peer counts as dead. */
const QUEUE_CHARS_MAX = 512 * 1024 * 1024;
const READ_BYTES = 256 * 1024;

/** What a channel needs of its connection. */
export interface Connection {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

/** Sends `Out` and receives `In`. */
export class Channel<Out, In> {
  readonly #connection: Connection;
  #queue: string[] = [];
  #queuedChars = 0;
  #writing = false;
  #closed = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Queues one message; after `close` it is dropped. */
  send(message: Out): void {
    if (this.#closed) return;
    const text = JSON.stringify(message);
    this.#queue.push(text);
    this.#queuedChars += text.length;
    if (this.#queuedChars > QUEUE_CHARS_MAX) this.close();
    else if (!this.#writing) {
      this.#writing = true;
      queueMicrotask(() => void this.#write());
    }
  }

  /** Hands every batch that arrives to `receive`; resolves when the connection has ended, for whatever reason. */
  async listen(receive: (batch: readonly In[]) => void): Promise<void> {
    const reader = new FrameReader();
    const buffer = new Uint8Array(READ_BYTES);
    try {
      for (;;) {
        const count = await this.#connection.read(buffer);
        if (count === null) return;
        for (const text of reader.push(buffer.subarray(0, count))) receive(JSON.parse(text));
      }
    } catch (error) {
      // A connection that breaks has ended; anything else is a bug and must be seen.
      if (!isConnectionError(error)) throw error;
    } finally {
      this.close();
    }
  }

  /** Ends the connection; what is queued is dropped. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = [];
    try {
      this.#connection.close();
    } catch {
      // It was closed by the other end.
    }
  }

  async #write(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        let bytes = encodeFrame(this.#nextBatch());
        while (bytes.length > 0) bytes = bytes.subarray(await this.#connection.write(bytes));
      }
      this.#writing = false;
    } catch {
      this.close();
    }
  }

  #nextBatch(): string {
    let chars = 0;
    let count = 0;
    while (count < this.#queue.length && chars < BATCH_CHARS_MAX) {
      chars += this.#queue[count++]?.length ?? 0;
    }
    const batch = this.#queue.splice(0, count);
    this.#queuedChars -= chars;
    return `[${batch.join(",")}]`;
  }
}

function isConnectionError(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionAborted || error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.UnexpectedEof;
}
