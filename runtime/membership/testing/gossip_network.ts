/**
 * GossipNetwork: wires between drivers of one test, on a virtual clock, as JSON.
 * @module
 */
import type { Clock } from "../../clock.ts";
import { Fault } from "../../fault.ts";
import type { GossipWire } from "../membership_driver.ts";
import type { Address } from "../messages.ts";

/** The way of a message, ms. */
const DELAY_MS = 1;

type Handler = (message: unknown, from: Address) => void;

/** A network that delivers everything but to addresses that are down. */
export class GossipNetwork {
  /** Messages to and from these vanish. */
  readonly down = new Set<Address>();
  /** Sending to these throws a fault. */
  readonly refusing = new Set<Address>();
  readonly sent: { readonly from: Address; readonly to: Address; readonly message: unknown }[] = [];
  readonly #clock: Clock;
  readonly #handlers = new Map<Address, Handler>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The wire of the node at `address`. */
  wireOf(address: Address): GossipWire {
    return {
      send: (to, message) => {
        if (this.refusing.has(to)) {
          throw new Fault("gossip.send", "unavailable", { message: `${to} is out of reach` });
        }
        this.sent.push({ from: address, to, message });
        const text = JSON.stringify(message);
        if (this.down.has(address)) return;
        this.#clock.after(DELAY_MS, () => this.deliver(JSON.parse(text), { from: address, to }));
      },
      onMessage: (handler) => void this.#handlers.set(address, handler),
    };
  }

  /** Hands anything to the node at `to`. */
  deliver(message: unknown, way: { readonly from: Address; readonly to: Address }): void {
    if (!this.down.has(way.to)) this.#handlers.get(way.to)?.(message, way.from);
  }
}
