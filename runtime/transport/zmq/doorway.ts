/**
 * Doorway: the socket that listens: what others send, the routes back to them, and what is told of
 * connections that never came about.
 *
 * Invariants: D1. A message is two frames, the id that the socket gave its sender and the envelope
 * bytes; all else is refused. D2. Ids chosen by a sender are refused: their first byte isn't zero.
 * @module
 */
import { TRANSPORT_TURN_MESSAGES_MAX } from "../../limits.ts";
import type { Exchange } from "../exchange_driver.ts";
import type { Lane, Link } from "../lane.ts";
import type { Refusal } from "../refusals.ts";
import type { SendResult } from "../wire/outbox.ts";
import { listener } from "./context.ts";
import type { CurveKeys } from "./keys.ts";
import { Monitor } from "./monitor.ts";
import type { Watched } from "./poller.ts";
import { frame, READABLE, type ZmqSocket } from "./socket.ts";

/** What it needs of the driver. */
interface Surroundings {
  readonly curve: CurveKeys | undefined;
  readonly exchange: () => Exchange;
  touched(watched: Watched, held: boolean): void;
  refuse(reason: Refusal): void;
}

/** Bytes of an id that the socket makes up: a zero and a number. */
const ID_BYTES = 5;

/** The listening socket and its monitor. */
export class Doorway {
  readonly #socket: ZmqSocket;
  readonly #monitor: Monitor;
  readonly #listening: Watched;
  readonly #id = frame();
  readonly #message = frame();
  /** By the number in their id. */
  readonly #routes = new Map<number, Lane>();
  /** Routes that did not take all that waits for them. */
  readonly #held = new Set<Lane>();

  constructor(context: Deno.PointerValue, private readonly around: Surroundings) {
    this.#socket = listener(context, around.curve);
    this.#monitor = new Monitor(context, this.#socket, () => around.refuse("handshake"));
    this.#listening = { socket: this.#socket, turn: () => this.#turn() };
  }

  /** What the loop must look at. */
  get watched(): readonly Watched[] {
    const { socket } = this.#monitor;
    return [this.#listening, { socket, turn: () => this.#monitor.note() }];
  }

  /** Begins to listen; tells where. Throws a Fault when it can't. */
  listen(endpoint: string): string {
    if (endpoint.includes("[")) this.#socket.set({ ipv6: 1 });
    this.#socket.bind(endpoint);
    return this.#socket.endpoint;
  }

  /** True while replies wait for routes that don't take them. */
  get holds(): boolean {
    return this.#held.size > 0;
  }

  /** Offers again what routes didn't take; true when one did now. */
  retry(): boolean {
    let moved = false;
    for (const lane of this.#held) {
      const before = lane.outbox.size;
      if (this.around.exchange().lanes.drain(lane) === "sent") this.#held.delete(lane);
      moved ||= lane.outbox.size < before;
    }
    return moved;
  }

  #turn(): boolean {
    if ((this.#socket.events & READABLE) === 0) return false;
    for (let count = 0; count < TRANSPORT_TURN_MESSAGES_MAX && this.#receive(); count++);
    return true;
  }

  /** Receives one message, whatever its frames; false when there is none. */
  #receive(): boolean {
    const [id, message] = [this.#id, this.#message];
    if (!this.#socket.receive(id)) return false;
    this.#socket.release();
    if (!id.more || !this.#socket.receive(message)) {
      this.around.refuse("frames");
      return true;
    }
    const key = this.around.curve === undefined ? "" : this.#socket.userId;
    this.#socket.release();
    if (message.more || id.length !== ID_BYTES || id.bytes[0] !== 0) {
      while (message.more && this.#socket.receive(message)) this.#socket.release();
      this.around.refuse("frames");
      return true;
    }
    this.around.exchange().received(this.#route(), message.bytes, message.length, key);
    return true;
  }

  /** The lane back to the sender whose id was just received. */
  #route(): Lane {
    const number = new DataView(this.#id.bytes.buffer).getUint32(1);
    const known = this.#routes.get(number);
    if (known !== undefined) return known;
    const lane: Lane = this.around.exchange().lanes.accept(
      this.#link(this.#id.bytes.slice(0, ID_BYTES), {
        held: () => void this.#held.add(lane),
        closed: () => {
          this.#routes.delete(number);
          this.#held.delete(lane);
        },
      }),
    );
    this.#routes.set(number, lane);
    return lane;
  }

  #link(
    id: Uint8Array<ArrayBuffer>,
    told: { readonly held: () => void; readonly closed: () => void },
  ): Link {
    const send = (bytes: Uint8Array<ArrayBuffer>, length: number): SendResult => {
      let result = this.#socket.send(id, ID_BYTES, true);
      if (result === "sent") result = this.#socket.send(bytes, length);
      else if (result === "held") told.held();
      this.around.touched(this.#listening, false);
      return result;
    };
    return { send, close: told.closed };
  }
}
