/**
 * Monitor: counts connections that ended before they had shaken hands.
 *
 * Intuition: libzmq turns strangers away in its own thread and tells of it as events. Not each of
 * them has an event of its own (an HTTP request has none), so it is counted the other way round: a
 * connection that ends, and of which no handshake was told, was refused.
 *
 * Invariant: M1. The queue of events has no bound: the library's thread would otherwise wait for
 * room while it holds a lock that our closing needs. Its entries are small and read each turn.
 * @module
 */
import { openZmq } from "./library.ts";
import { cText, frame, zmqFault, ZmqSocket } from "./socket.ts";

const ENDPOINT = "inproc://doorway";
/** Events: an established connection ended, a handshake succeeded. */
const DISCONNECTED = 0x0200;
const SUCCEEDED = 0x1000;
/** Events "handshake failed": without detail, by protocol, by authentication. */
const FAILED = 0x0800 | 0x2000 | 0x4000;
const PAIR = 0;
/** Connections remembered; those of the longest ago go first, and count as refused when they end. */
const CONNECTIONS_MAX = 16_384;
const decoder = new TextDecoder();

/** Watches one listening socket. */
export class Monitor {
  /** The end that the loop must look at. */
  readonly socket: ZmqSocket;
  readonly #frame = frame();
  /** Addresses of those who shook hands and are still there. */
  readonly #greeted = new Set<string>();

  /** `refused` is called for each connection that was turned away. */
  constructor(
    context: Deno.PointerValue,
    watched: ZmqSocket,
    private readonly refused: () => void,
  ) {
    this.socket = new ZmqSocket(context, "pair").set({ linger: 0, receiveHighWater: 0 });
    const zmq = openZmq();
    const [{ pointer }, endpoint] = [watched, cText(ENDPOINT)];
    // Libraries without this function tell fewer of the refusals, in events without addresses.
    const result = zmq.zmq_socket_monitor_versioned === null
      ? zmq.zmq_socket_monitor(pointer, endpoint, FAILED)
      : zmq.zmq_socket_monitor_versioned(
        pointer,
        endpoint,
        BigInt(DISCONNECTED | SUCCEEDED),
        2,
        PAIR,
      );
    if (result === -1) throw zmqFault(zmq, "connections can't be watched");
    this.socket.connect(ENDPOINT);
  }

  /** Takes one event; false when there is none. */
  note(): boolean {
    const frames: Uint8Array[] = [];
    do {
      if (!this.socket.receive(this.#frame)) return false;
      this.socket.release();
      frames.push(this.#frame.bytes.slice(0, this.#frame.length));
    } while (this.#frame.more);
    const [head = new Uint8Array(0)] = frames;
    // Second version: number u64, values, both addresses. First: number u16, value; one address.
    const event = new DataView(head.buffer).getUint16(0, true);
    if ((event & FAILED) !== 0) this.refused();
    else this.#noteConnection(event, decoder.decode(frames.at(-1)));
    return true;
  }

  #noteConnection(event: number, remote: string): void {
    if (event !== SUCCEEDED) {
      if (event === DISCONNECTED && !this.#greeted.delete(remote)) this.refused();
      return;
    }
    const [oldest] = this.#greeted;
    if (oldest !== undefined && this.#greeted.size >= CONNECTIONS_MAX) this.#greeted.delete(oldest);
    this.#greeted.add(remote);
  }
}
