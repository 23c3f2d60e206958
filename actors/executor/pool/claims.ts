/**
 * Claims: the memory that a host and one of its workers share, by which an attempt is begun at most once.
 *
 * Intuition: a worker that spins reads no messages, so an attempt that waits in its queue could not be taken
 * back by asking. Each attempt therefore has a word that both sides change by compare-and-swap: the worker
 * turns OFFERED into STARTED just before it calls the handler, the host turns OFFERED into REVOKED to give
 * the attempt to another worker. Whoever comes second sees that it has lost.
 *
 *     FREE → OFFERED (host) → STARTED (worker) | REVOKED (host) → FREE (host)
 *
 * Invariants: W1. Of claim and revoke exactly one succeeds per offer. W2. An offer carries a sequence number,
 * so that a late message of an earlier offer claims nothing. W3. Only the host frees a slot.
 * Not here: what is done about a worker that does not claim (host/scheduler.ts).
 * @module
 */

/** Attempts that one worker may hold. More only makes queues longer: one thread runs them all. */
export const SLOTS_PER_WORKER = 128;
/** How often a worker with attempts shows that its loop turns, and samples its heap. */
export const BEAT_EVERY_MS = 50;
/** Sequence numbers wrap here, so that word and state fit 31 bits. */
const SEQUENCE_MAX = 1 << 28;

const BUSY = 0;
const TURN = 1;
const BEAT = 2;
const HEAP_MIB = 3;
const FIRST_SLOT = 4;

const OFFERED = 1;
const STARTED = 2;
const REVOKED = 3;
const STATE_BITS = 2;

/** The host's or the worker's view of the shared words. Every operation is one atomic access. */
export class ClaimTable {
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer = ClaimTable.memory()) {
    this.#words = new Int32Array(buffer);
  }

  /** Fresh memory for one worker. */
  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer((FIRST_SLOT + SLOTS_PER_WORKER) * Int32Array.BYTES_PER_ELEMENT);
  }

  /** The memory, to be handed to the other side. */
  get buffer(): SharedArrayBuffer {
    return this.#words.buffer;
  }

  /** The sequence number after `sequence`; never 0. */
  static nextSequence(sequence: number): number {
    return sequence + 1 >= SEQUENCE_MAX ? 1 : sequence + 1;
  }

  // The host's side ------------------------------------------------------------------------------

  /** Offers the free `slot` under `sequence`. */
  offer(slot: number, sequence: number): void {
    Atomics.store(this.#words, FIRST_SLOT + slot, word(sequence, OFFERED));
  }

  /** Takes an offer back; false when the worker has claimed it (W1). */
  revoke(slot: number, sequence: number): boolean {
    const offered = word(sequence, OFFERED);
    const revoked = word(sequence, REVOKED);
    return Atomics.compareExchange(this.#words, FIRST_SLOT + slot, offered, revoked) === offered;
  }

  /** Tells whether the offer was claimed. */
  started(slot: number, sequence: number): boolean {
    return Atomics.load(this.#words, FIRST_SLOT + slot) === word(sequence, STARTED);
  }

  /** Lets go of a slot whose attempt is over or revoked (W3). */
  free(slot: number): void {
    Atomics.store(this.#words, FIRST_SLOT + slot, 0);
  }

  /** The slot whose handler is in its first synchronous part; null when none is. */
  busySlot(): number | null {
    const busy = Atomics.load(this.#words, BUSY);
    return busy === 0 ? null : busy - 1;
  }

  /** Grows whenever a handler is called: a busy slot with an unchanged turn has not moved. */
  turn(): number {
    return Atomics.load(this.#words, TURN);
  }

  /** Grows while the worker's event loop turns. */
  beats(): number {
    return Atomics.load(this.#words, BEAT);
  }

  /** The worker's used heap and what its buffers hold outside of it, when it last looked, MiB. */
  heapMiB(): number {
    return Atomics.load(this.#words, HEAP_MIB);
  }

  // The worker's side ----------------------------------------------------------------------------

  /** Claims an offer; false when it was revoked or is an old one (W1, W2). */
  claim(slot: number, sequence: number): boolean {
    const offered = word(sequence, OFFERED);
    const started = word(sequence, STARTED);
    return Atomics.compareExchange(this.#words, FIRST_SLOT + slot, offered, started) === offered;
  }

  /** The handler of `slot` is about to be called. */
  enter(slot: number): void {
    Atomics.store(this.#words, BUSY, slot + 1);
    Atomics.add(this.#words, TURN, 1);
  }

  /** The handler that was entered has given the thread back. */
  leave(): void {
    Atomics.store(this.#words, BUSY, 0);
  }

  /** The event loop turns. */
  beat(): void {
    Atomics.add(this.#words, BEAT, 1);
  }

  /** Publishes the used heap. */
  sampleHeap(mib: number): void {
    Atomics.store(this.#words, HEAP_MIB, mib);
  }
}

function word(sequence: number, state: number): number {
  return (sequence << STATE_BITS) | state;
}
