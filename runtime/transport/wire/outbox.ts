/**
 * Outbox: what waits to be sent on one link, in batches, within bounds.
 *
 * Intuition: envelopes are written straight into the bytes that go out. All of one turn share a
 * batch; a link that takes nothing keeps its batches here, where their number is known, and not in
 * a library's buffers.
 *
 * Batches: waiting → sent | dropped.
 * Invariants: O1. First in, first out. O2. Never more than the two bounds of `limits.ts`; beyond
 * them `push` refuses. O3. An envelope in a waiting batch can be taken back, one in a sent batch
 * can't: so it is known whether a peer may have seen an ask. O4. An empty outbox owns no buffer.
 * @module
 */
import {
  TRANSPORT_BATCH_BYTES,
  TRANSPORT_ENVELOPES_MAX,
  TRANSPORT_QUEUE_BYTES_MAX,
  TRANSPORT_QUEUE_ENVELOPES_MAX,
} from "../../limits.ts";
import { type Envelope, envelopeBytes, KINDS, writeEnvelope } from "./message.ts";

/** What became of bytes that were offered to a link: taken, not now, or never again. */
export type SendResult = "sent" | "held" | "gone";

/** Envelopes that go out as one message. */
export interface Batch {
  bytes: Uint8Array<ArrayBuffer>;
  length: number;
  envelopes: number;
  /** When its first envelope came, monotonic ms. */
  readonly sinceMs: number;
  state: "waiting" | "sent" | "dropped";
}

/** Where an envelope was put. */
export interface Slot {
  readonly batch: Batch;
  readonly at: number;
}

/** Batch buffers that are in no outbox: one pool for all links of a transport. */
export class BufferPool {
  readonly #free: Uint8Array<ArrayBuffer>[] = [];

  /** A buffer of at least `bytes` bytes. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    if (bytes > TRANSPORT_BATCH_BYTES) return new Uint8Array(bytes);
    return this.#free.pop() ?? new Uint8Array(TRANSPORT_BATCH_BYTES);
  }

  /** Gives one back. Few are kept: 4 MiB serve a busy turn, and idle links need none (O4). */
  give(buffer: Uint8Array<ArrayBuffer>): void {
    const fits = buffer.length === TRANSPORT_BATCH_BYTES;
    if (fits && this.#free.length < TRANSPORT_QUEUE_BYTES_MAX / TRANSPORT_BATCH_BYTES / 4) {
      this.#free.push(buffer);
    }
  }
}

const NO_BYTES = new Uint8Array(0);

/** The queue of one link. */
export class Outbox {
  /** How each message begins; may change, for later batches. */
  prelude: Uint8Array;
  readonly #batches: Batch[] = [];
  #bytes = 0;
  #envelopes = 0;

  constructor(private readonly pool: BufferPool, preludeBytes: Uint8Array) {
    this.prelude = preludeBytes;
  }

  /** Envelopes that wait, those taken back included. */
  get size(): number {
    return this.#envelopes;
  }

  /** Puts `envelope` behind the others; undefined when there is no room (O2). Copies its body. */
  push(envelope: Envelope, nowMs: number): Slot | undefined {
    const bytes = envelopeBytes(envelope);
    if (
      this.#envelopes >= TRANSPORT_QUEUE_ENVELOPES_MAX ||
      this.#bytes + bytes > TRANSPORT_QUEUE_BYTES_MAX
    ) return undefined;
    const batch = this.#batchFor(bytes, nowMs);
    const at = batch.length;
    batch.length = writeEnvelope(batch.bytes, at, envelope);
    batch.envelopes++;
    this.#envelopes++;
    this.#bytes += bytes;
    return { batch, at };
  }

  /** Takes an envelope back; false when its batch has left (O3). */
  takeBack({ batch, at }: Slot): boolean {
    if (batch.state === "waiting") batch.bytes[at] = KINDS.void;
    return batch.state !== "sent";
  }

  /** Offers batches to `send`, oldest first (O1), until one isn't taken; `sent` when all were. */
  drain(send: (bytes: Uint8Array<ArrayBuffer>, length: number) => SendResult): SendResult {
    for (let batch = this.#batches[0]; batch !== undefined; batch = this.#batches[0]) {
      const result = send(batch.bytes, batch.length);
      if (result !== "sent") return result;
      this.#remove(batch, "sent");
    }
    return "sent";
  }

  /** Drops batches that began before `sinceMs`; tells how many envelopes that were. */
  dropOlderThan(sinceMs: number): number {
    const before = this.#envelopes;
    for (let batch = this.#batches[0]; batch !== undefined; batch = this.#batches[0]) {
      if (batch.sinceMs >= sinceMs) break;
      this.#remove(batch, "dropped");
    }
    return before - this.#envelopes;
  }

  #batchFor(bytes: number, nowMs: number): Batch {
    const last = this.#batches.at(-1);
    if (
      last !== undefined && last.length + bytes <= TRANSPORT_BATCH_BYTES &&
      last.envelopes < TRANSPORT_ENVELOPES_MAX
    ) return last;
    const start = this.prelude.length;
    const batch: Batch = {
      bytes: this.pool.take(start + bytes),
      length: start,
      envelopes: 0,
      sinceMs: nowMs,
      state: "waiting",
    };
    batch.bytes.set(this.prelude);
    this.#bytes += start;
    this.#batches.push(batch);
    return batch;
  }

  #remove(batch: Batch, state: "sent" | "dropped"): void {
    this.#batches.shift();
    this.#bytes -= batch.length;
    this.#envelopes -= batch.envelopes;
    batch.state = state;
    this.pool.give(batch.bytes);
    batch.bytes = NO_BYTES;
  }
}
