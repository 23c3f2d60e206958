/**
 * Poller: waits until one of many descriptors has something, without a thread of JavaScript.
 *
 * Intuition: `poll` of libc on a thread of its own, on all descriptors at once, and on a pipe of
 * our own by which the wait can be ended early: when links are added, or at the end.
 *
 * Deno has 32 threads for such calls: a transport uses one of them all the time, so a process may
 * have a few transports, and not a hundred.
 *
 * Invariants: P1. One wait at a time; the list isn't touched while it is in use. P2. A wake that
 * comes before the wait ends that wait at once. P3. Nothing depends on a wake alone: every wait ends by itself.
 * @module
 */
import { openZmq, type Zmq } from "./library.ts";
import { zmqFault, type ZmqSocket } from "./socket.ts";

/** What the loop knows of a socket: look at it, and tell whether more may be left. */
export interface Watched {
  readonly socket: ZmqSocket;
  /** Handles a bounded piece of work; false when nothing was there. */
  turn(): boolean;
}

/** Bytes of one entry: descriptor i32, wanted u16, found u16. */
const ENTRY_BYTES = 8;
const READABLE = 1;

/** Waits on the descriptors of sockets. */
export class Poller {
  readonly #zmq: Zmq = openZmq();
  readonly #pipe = new Int32Array(new ArrayBuffer(8));
  readonly #scratch = new Uint8Array(new ArrayBuffer(64));
  readonly #descriptors = new Map<Watched, number>();
  /** In the order of the entries; rebuilt when descriptors came or went. */
  #order: Watched[] = [];
  #entries = new DataView(new ArrayBuffer(ENTRY_BYTES));
  #changed = true;
  #waiting = false;
  #woken = false;

  constructor() {
    if (this.#zmq.pipe(this.#pipe) !== 0) throw zmqFault(this.#zmq, "no further pipe");
  }

  /** Watches a socket from the next wait on; a wait under way ends. */
  add(watched: Watched): void {
    this.#descriptors.set(watched, watched.socket.descriptor);
    this.#changed = true;
    this.wake();
  }

  /** Stops watching. To be called before the socket is closed. */
  remove(watched: Watched): void {
    this.#descriptors.delete(watched);
    this.#changed = true;
  }

  /** Ends the wait that is under way, or else the next one (P2). */
  wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    if (this.#waiting) this.#zmq.write(this.#pipe[1] ?? -1, this.#scratch, 1n);
  }

  /** Waits at most `timeoutMs`; gives the sockets whose descriptors became readable (P1, P3). */
  async wait(timeoutMs: number): Promise<Watched[]> {
    if (this.#woken) {
      this.#woken = false;
      return [];
    }
    if (this.#changed) this.#rebuild();
    const bytes = new Uint8Array(this.#entries.buffer);
    this.#waiting = true;
    const found = await this.#zmq.poll(bytes, BigInt(this.#order.length + 1), timeoutMs);
    this.#waiting = false;
    // One byte per wake that met a wait: read, or the next wait would end at once.
    if (this.#woken) this.#zmq.read(this.#pipe[0] ?? -1, this.#scratch, 1n);
    this.#woken = false;
    return found > 0 ? this.#order.filter((_, index) => this.#found(index + 1)) : [];
  }

  /** Closes the pipe. No wait may be under way. */
  close(): void {
    for (const end of this.#pipe) this.#zmq.close(end);
  }

  #found(entry: number): boolean {
    return this.#entries.getUint16(entry * ENTRY_BYTES + 6, true) !== 0;
  }

  #rebuild(): void {
    this.#changed = false;
    this.#order = [...this.#descriptors.keys()];
    this.#entries = new DataView(new ArrayBuffer(ENTRY_BYTES * (this.#order.length + 1)));
    const all = [this.#pipe[0] ?? -1, ...this.#descriptors.values()];
    for (const [entry, descriptor] of all.entries()) {
      this.#entries.setInt32(entry * ENTRY_BYTES, descriptor, true);
      this.#entries.setUint16(entry * ENTRY_BYTES + 4, READABLE, true);
    }
  }
}
