/**
 * Connections: the links that this node opened, a DEALER each.
 * @module
 */
import { TRANSPORT_TURN_MESSAGES_MAX } from "../../limits.ts";
import type { Exchange } from "../exchange_driver.ts";
import type { Lane, Link } from "../lane.ts";
import type { SendResult } from "../wire/outbox.ts";
import { connector } from "./context.ts";
import type { CurveKeys } from "./keys.ts";
import type { Watched } from "./poller.ts";
import { frame, READABLE, WRITABLE, type ZmqSocket } from "./socket.ts";

/** What it needs of the driver. */
interface Surroundings {
  readonly curve: CurveKeys | undefined;
  readonly exchange: () => Exchange;
  /** Called after each send: the socket must be looked at. `held`: what was sent was not taken. */
  touched(watched: Watched, held: boolean): void;
  opened(watched: Watched): void;
  closed(watched: Watched): void;
}

/** Opens links by address. */
export class Connections {
  readonly #frame = frame();

  constructor(
    private readonly context: Deno.PointerValue,
    private readonly around: Surroundings,
  ) {}

  /** A link to `address`, which begins to connect; `lane` gives its lane once it is in use. */
  open(address: string, lane: () => Lane): Link {
    const socket = connector(this.context, address, this.around.curve);
    const watched: Watched = { socket, turn: () => this.#turn(socket, lane()) };
    this.around.opened(watched);
    return {
      send: (bytes, length): SendResult => {
        // A closed socket's lane is closed; whatever else it says, it may still connect.
        const result = socket.send(bytes, length) === "sent" ? "sent" : "held";
        this.around.touched(watched, result === "held");
        return result;
      },
      close: () => {
        this.around.closed(watched);
        socket.close();
      },
    };
  }

  #turn(socket: ZmqSocket, lane: Lane): boolean {
    const { events } = socket;
    let handled = false;
    if ((events & WRITABLE) !== 0 && lane.outbox.size > 0 && !lane.dirty) {
      this.around.exchange().lanes.drain(lane);
      handled = true;
    }
    if ((events & READABLE) === 0) return handled;
    for (
      let count = 0;
      count < TRANSPORT_TURN_MESSAGES_MAX && this.#receive(socket, lane);
      count++
    );
    return true;
  }

  #receive(socket: ZmqSocket, lane: Lane): boolean {
    const whole = this.#frame;
    if (!socket.receive(whole)) return false;
    socket.release();
    if (whole.more) {
      while (whole.more && socket.receive(whole)) socket.release();
      return true;
    }
    const key = this.around.curve?.serverKey ?? "";
    this.around.exchange().received(lane, whole.bytes, whole.length, key);
    return true;
  }
}
