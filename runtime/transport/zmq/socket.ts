/**
 * Socket: one libzmq socket, with the few operations that the transport needs.
 *
 * Invariants: Z1. No call waits: sends and receives say "not now". Z2. Sizes given to the library
 * are those of the buffers: it trusts them.
 * @module
 */
import { Fault } from "../../fault.ts";
import { openZmq, type Zmq } from "./library.ts";

/** Kinds of sockets. */
export const SOCKETS = { pair: 0, rep: 4, dealer: 5, router: 6 } as const;

/** Options with a 32-bit number. */
export const NUMBERS = {
  descriptor: 14,
  events: 15,
  linger: 17,
  reconnectMs: 18,
  backlog: 19,
  reconnectMaxMs: 21,
  sendHighWater: 23,
  receiveHighWater: 24,
  routerMandatory: 33,
  tcpKeepalive: 34,
  tcpKeepaliveCount: 35,
  tcpKeepaliveIdleSeconds: 36,
  tcpKeepaliveIntervalSeconds: 37,
  immediate: 39,
  ipv6: 42,
  curveServer: 47,
  handshakeMs: 66,
  heartbeatMs: 75,
  heartbeatTtlMs: 76,
  heartbeatTimeoutMs: 77,
  connectTimeoutMs: 79,
} as const;

/** Options with bytes: keys are 32 of them, the domain is text. */
export const BYTES = {
  messageBytesMax: 22,
  curvePublicKey: 48,
  curveSecretKey: 49,
  curveServerKey: 50,
  zapDomain: 55,
} as const;

/** Bits of {@link ZmqSocket.events}. */
export const READABLE = 1;
/** A send would be taken. */
export const WRITABLE = 2;

const DONT_WAIT = 1;
const SEND_MORE = 2;
const LAST_ENDPOINT = 32;
const ENDPOINT_BYTES_MAX = 256;
/** "Not now" on Linux, and on macOS. */
const NOT_NOW: ReadonlySet<number> = new Set([11, 35]);
const encoder = new TextEncoder();

/** `text` as C wants it: UTF-8 with a zero at its end. */
export function cText(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(`${text}\0`);
}

/** The text at a pointer that the library gave; "" for none. */
export function textAt(pointer: Deno.PointerValue): string {
  return pointer === null ? "" : Deno.UnsafePointerView.getCString(pointer);
}

/** A Fault with what the library says of its last error. */
export function zmqFault(zmq: Zmq, what: string): Fault {
  const message = `${what}: ${textAt(zmq.zmq_strerror(zmq.zmq_errno()))}`;
  return new Fault("transport.open", "unavailable", { message });
}

/** A frame as it was received: its bytes are valid until the next one. */
export interface Frame {
  /** The first `length` are the frame. */
  bytes: Uint8Array<ArrayBuffer>;
  length: number;
  /** True when more frames of the same message follow. */
  more: boolean;
}

/** A new, empty frame; it grows to what it receives. */
export function frame(): Frame {
  return { bytes: new Uint8Array(1_024), length: 0, more: false };
}

const USER_ID = cText("User-Id");

/** One socket. */
export class ZmqSocket {
  readonly #zmq: Zmq;
  readonly #socket: Deno.PointerValue;
  /** The library's own record of a message, 64 bytes. Off the JavaScript heap: it must not move. */
  readonly #message = new Uint8Array(new ArrayBuffer(64));
  readonly #number = new Int32Array(new ArrayBuffer(8));
  readonly #size = new BigUint64Array(new ArrayBuffer(8));
  #closed = false;

  constructor(context: Deno.PointerValue, kind: keyof typeof SOCKETS) {
    this.#zmq = openZmq();
    this.#socket = this.#zmq.zmq_socket(context, SOCKETS[kind]);
    if (this.#socket === null) throw zmqFault(this.#zmq, "no further socket");
  }

  /** Sets options with numbers. */
  set(options: Partial<Record<keyof typeof NUMBERS, number>>): this {
    for (const [name, value] of Object.entries(options)) {
      this.#number[0] = value;
      this.#setOption(name, NUMBERS[name as keyof typeof NUMBERS], this.#number, 4);
    }
    return this;
  }

  /** Sets an option with bytes. */
  setBytes(name: keyof typeof BYTES, value: Uint8Array<ArrayBuffer>): this {
    this.#setOption(name, BYTES[name], value, value.length);
    return this;
  }

  /** Listens; throws a Fault when it can't. */
  bind(endpoint: string): void {
    if (this.#zmq.zmq_bind(this.#socket, cText(endpoint)) !== 0) {
      throw zmqFault(this.#zmq, `can't listen at ${endpoint}`);
    }
  }

  /** Begins to connect; throws a Fault when that is impossible in principle. */
  connect(endpoint: string): void {
    if (this.#zmq.zmq_connect(this.#socket, cText(endpoint)) !== 0) {
      throw zmqFault(this.#zmq, `can't connect to ${endpoint}`);
    }
  }

  /** For calls that aren't here. */
  get pointer(): Deno.PointerValue {
    return this.#socket;
  }

  /** Where it listens, with the port that was chosen. */
  get endpoint(): string {
    const bytes = new Uint8Array(ENDPOINT_BYTES_MAX);
    this.#size[0] = BigInt(ENDPOINT_BYTES_MAX);
    this.#zmq.zmq_getsockopt(this.#socket, LAST_ENDPOINT, bytes, this.#size);
    return new TextDecoder().decode(bytes.subarray(0, Math.max(0, bytes.indexOf(0))));
  }

  /** The descriptor that becomes readable when {@link events} may have changed; an edge, not a level. */
  get descriptor(): number {
    return this.#getNumber(NUMBERS.descriptor);
  }

  /** What can be done now, as bits. Reading it takes back the descriptor's edge. */
  get events(): number {
    return this.#closed ? 0 : this.#getNumber(NUMBERS.events);
  }

  /** Sends the first `length` of `bytes`, copied; "gone": there is no such receiver (Z1). */
  send(bytes: Uint8Array<ArrayBuffer>, length: number, more = false): "sent" | "held" | "gone" {
    if (this.#closed) return "gone";
    const flags = more ? DONT_WAIT | SEND_MORE : DONT_WAIT;
    if (this.#zmq.zmq_send(this.#socket, bytes, BigInt(length), flags) >= 0) return "sent";
    return NOT_NOW.has(this.#zmq.zmq_errno()) ? "held" : "gone";
  }

  /** Receives one frame into `target`; false when there is none (Z1). */
  receive(target: Frame): boolean {
    if (this.#closed) return false;
    const zmq = this.#zmq;
    zmq.zmq_msg_init(this.#message);
    const length = zmq.zmq_msg_recv(this.#message, this.#socket, DONT_WAIT);
    if (length < 0) return false;
    if (length > target.bytes.length) target.bytes = new Uint8Array(2 * length);
    target.length = length;
    target.more = zmq.zmq_msg_more(this.#message) !== 0;
    const data = length === 0 ? null : zmq.zmq_msg_data(this.#message);
    if (data !== null) Deno.UnsafePointerView.copyInto(data, target.bytes.subarray(0, length));
    return true;
  }

  /** Who the frame received last was proved to come from: what the authenticator said; "" for nobody. */
  get userId(): string {
    return textAt(this.#zmq.zmq_msg_gets(this.#message, USER_ID));
  }

  /** Lets go of the frame received last. To be called once for each. */
  release(): void {
    this.#zmq.zmq_msg_close(this.#message);
  }

  /** Closes it; what was not sent is dropped. Calling it again does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#zmq.zmq_close(this.#socket);
  }

  #setOption(
    name: string,
    option: number,
    value: Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer>,
    bytes: number,
  ): void {
    if (this.#zmq.zmq_setsockopt(this.#socket, option, value, BigInt(bytes)) !== 0) {
      throw zmqFault(this.#zmq, `option ${name} is refused`);
    }
  }

  #getNumber(option: number): number {
    this.#size[0] = 4n;
    this.#zmq.zmq_getsockopt(this.#socket, option, this.#number, this.#size);
    return this.#number[0] ?? 0;
  }
}
