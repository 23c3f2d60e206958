/**
 * MemoryTransport: the twin for the simulator and for tests: all of a transport but the sockets.
 *
 * Intuition: messages are the same bytes as on a real link. A `network` decides the fate of each:
 * after which delays it arrives. None: lost; two: duplicated; and because it is told who sends to
 * whom, a partition may have a direction.
 *
 * Invariants: T1 to T6 of the port, T4 for equal delays. N1. Nothing arrives in the turn in which it was
 * sent: everything goes through the clock, so a run is as deterministic as its clock and its network.
 * @module
 */
import type { Clock } from "../clock.ts";
import { Fault } from "../fault.ts";
import { type Log, log } from "../telemetry/log.ts";
import { Exchange } from "./exchange_driver.ts";
import type { Lane, Link } from "./lane.ts";
import type { Wiring } from "./lanes_driver.ts";
import type { SendResult } from "./wire/outbox.ts";
import type { Handler, Sender, Transport } from "./port.ts";
import { type Refusal, REFUSAL_TEXTS, Refusals } from "./refusals.ts";
import { PROTOCOL, type Protocol } from "./wire/message.ts";

/** A message on its way. Asks and replies are messages of their own. */
export interface MessageInFlight {
  /** Addresses of the nodes. */
  readonly from: string;
  readonly to: string;
  /** Its size on the wire. */
  readonly bytes: number;
}

/** Decides what becomes of messages. */
export interface Network {
  /** After how many ms `message` arrives: once for each number (≥ 0); empty: it is lost. */
  fate(message: MessageInFlight): readonly number[];
}

/** A network that loses nothing and takes `delayMs`. */
export function perfectNetwork(delayMs = 0): Network {
  return { fate: () => [delayMs] };
}

/** All nodes of a simulated network: open transports here. */
export class MemoryHub {
  /** May be replaced at any time: messages on their way keep their fate. */
  network: Network;
  readonly #nodes = new Map<string, MemoryTransport>();

  constructor(readonly clock: Clock, network: Network = perfectNetwork()) {
    this.network = network;
  }

  /** Opens a transport at `self.address`; throws a Fault `unavailable` when the address is taken. */
  open(self: Sender, options: MemoryOptions = {}): MemoryTransport {
    if (this.#nodes.has(self.address)) {
      const message = `${self.address} is taken by another transport`;
      throw new Fault("transport.open", "unavailable", { message });
    }
    const node = new MemoryTransport(this, self, options);
    this.#nodes.set(self.address, node);
    for (const other of this.#nodes.values()) other.resume(self.address);
    return node;
  }

  /** The transport at `address`, while it is open. */
  at(address: string): MemoryTransport | undefined {
    return this.#nodes.get(address);
  }

  /** Takes a transport off the network. */
  leave(node: MemoryTransport): void {
    if (this.#nodes.get(node.address) === node) this.#nodes.delete(node.address);
  }

  /** Lets a message from `from` to `to` meet its fate; `deliver` is called for each arrival (N1). */
  carry(message: MessageInFlight, deliver: () => void): void {
    for (const delayMs of this.network.fate(message)) this.clock.after(delayMs, deliver);
  }
}

/** What a transport in memory may be given. */
export interface MemoryOptions {
  readonly log?: Log;
  readonly protocol?: Protocol;
  readonly within?: NonNullable<Wiring["within"]>;
}

/** One node's transport in memory. */
export class MemoryTransport implements Transport {
  readonly address: string;
  /** What was not taken. */
  readonly refusals = new Refusals();
  readonly #exchange: Exchange;
  /** By the sender's lane to here, on which replies arrive. */
  readonly #routes = new Map<Lane, Lane>();
  readonly #log: Log;

  /** Use {@link MemoryHub.open}. */
  constructor(private readonly hub: MemoryHub, self: Sender, options: MemoryOptions) {
    this.address = self.address;
    this.#log = options.log ?? log;
    this.#exchange = new Exchange({
      self,
      clock: hub.clock,
      protocol: options.protocol ?? PROTOCOL,
      log: this.#log,
      connect: (address, lane) => this.#link(address, lane),
      // A message per envelope: the network decides the fate of each.
      soon: (flush) => flush(),
      refuse: (reason, times) => this.#refuse(reason, times),
      ...(options.within && { within: options.within }),
    });
  }

  serve(channel: string, handler: Handler): void {
    this.#exchange.serve(channel, handler);
  }

  tell(
    to: string,
    channel: string,
    body: unknown,
    { traceparent = "" }: { readonly traceparent?: string } = {},
  ): boolean {
    return this.#exchange.tell(to, channel, body, traceparent);
  }

  ask(
    to: string,
    channel: string,
    body: unknown,
    options: { readonly deadlineMs: number; readonly traceparent?: string },
  ): Promise<unknown> {
    return this.#exchange.ask(to, channel, body, options);
  }

  forget(address: string): void {
    this.#exchange.forget(address);
  }

  close(): Promise<void> {
    this.hub.leave(this);
    this.#exchange.close();
    return Promise.resolve();
  }

  /** Offers again what waits for `address`, which can now be reached. */
  resume(address: string): void {
    const lane = this.#exchange.lanes.peer(address);
    if (lane !== undefined) this.#exchange.lanes.drain(lane);
  }

  /** Takes bytes that came from nowhere, as a stranger's would. */
  injected(bytes: Uint8Array): void {
    this.#exchange.received(this.#exchange.lanes.accept(NOWHERE), bytes, bytes.length, "");
  }

  /** The link to another node. What is sent on it arrives there on a route of ours. */
  #link(address: string, lane: () => Lane): Link {
    const send = (bytes: Uint8Array, length: number): SendResult => {
      if (this.hub.at(address) === undefined) return "held";
      const copy = bytes.slice(0, length);
      this.hub.carry({ from: this.address, to: address, bytes: length }, () => {
        const target = this.hub.at(address);
        target?.arrived(copy, this, lane());
      });
      return "sent";
    };
    return { send, close: () => {} };
  }

  /** Takes a message of `from`, which gets its replies on `back`, its own lane to here. */
  arrived(bytes: Uint8Array, from: MemoryTransport, back: Lane): void {
    let route = this.#routes.get(back);
    if (route === undefined) {
      route = this.#exchange.lanes.accept(this.#linkBack(from, back));
      this.#routes.set(back, route);
    }
    this.#exchange.received(route, bytes, bytes.length, "");
  }

  #linkBack(to: MemoryTransport, back: Lane): Link {
    const send = (bytes: Uint8Array, length: number): SendResult => {
      if (this.hub.at(to.address) !== to) return "gone";
      const copy = bytes.slice(0, length);
      this.hub.carry({ from: this.address, to: to.address, bytes: length }, () => {
        if (this.hub.at(to.address) === to) to.#exchange.received(back, copy, copy.length, "");
      });
      return "sent";
    };
    return { send, close: () => void this.#routes.delete(back) };
  }

  #refuse(reason: Refusal, times?: number): void {
    if (!this.refusals.count(reason, times)) return;
    this.#log("warn", `refused: ${REFUSAL_TEXTS[reason]}`, { event: "transport.refused", reason });
  }
}

const NOWHERE: Link = { send: () => "gone", close: () => {} };
