/**
 * Inbound: what others tell and ask, handed to the handlers of its channels.
 *
 * Intuition: a handler that answers at once costs no promise; one that waits is counted, and beyond
 * a bound asks are answered `overloaded` instead of being gathered.
 *
 * Invariants: T5 of the port. H1. Every ask that reaches a lane's reader gets one reply or fault, as
 * long as its link lives. H2. No handler's error leaves this file.
 * @module
 */
import { Fault, invariant } from "../fault.ts";
import { TRANSPORT_ASKS_HANDLED_MAX, TRANSPORT_BODY_BYTES_MAX } from "../limits.ts";
import { bodyOfFault } from "./wire/fault_body.ts";
import { KeyHolders } from "./key_holders.ts";
import type { Lane } from "./lane.ts";
import type { LanesDriver, Wiring } from "./lanes_driver.ts";
import { packBody, unpackBody } from "./wire/packing_driver.ts";
import type { Handler, Sender } from "./port.ts";
import { isChannel, KINDS, type MessageReader } from "./wire/message.ts";

/** An ask that is to be answered; correlation 0: a tell, which isn't. */
interface Answerable {
  readonly lane: Lane;
  readonly correlation: number;
  readonly channel: string;
}

/** The receiving half of an exchange. */
export class InboundDriver {
  readonly #handlers = new Map<string, Handler>();
  readonly #holders = new KeyHolders();
  #handling = 0;

  constructor(private readonly lanes: LanesDriver, private readonly wiring: Wiring) {}

  /** Sets the handler of `channel`. */
  serve(channel: string, handler: Handler): void {
    invariant(isChannel(channel), `not a channel: ${JSON.stringify(channel)}`);
    this.#handlers.set(channel, handler);
  }

  /** True when `sender` may speak under `key`; "": keys aren't used. */
  admit(sender: Sender, key: string): boolean {
    if (key === "") return true;
    if (this.#holders.admit(sender.node, key, this.wiring.clock.monotonicMs())) return true;
    this.wiring.refuse("stolen-name");
    return false;
  }

  /** Hands the reader's current envelope to its handler. */
  handle(lane: Lane, reader: MessageReader, bytes: Uint8Array, sender: Sender): void {
    const { channel, traceparent } = reader;
    const correlation = reader.kind === KINDS.ask ? reader.correlation : 0;
    const answerable = { lane, correlation, channel };
    const handler = this.#handlers.get(channel);
    if (handler === undefined) {
      this.wiring.refuse("channel");
      return this.#fault(answerable, "unavailable", "nobody serves this channel");
    }
    if (this.#handling >= TRANSPORT_ASKS_HANDLED_MAX) {
      this.wiring.refuse("overload");
      return this.#fault(answerable, "overloaded", "too many asks are being handled");
    }
    let body: unknown;
    try {
      body = unpackBody(bytes, reader.bodyStart, reader.bodyEnd);
    } catch {
      this.wiring.refuse("body");
      return this.#fault(answerable, "mismatch", "the body can't be unpacked");
    }
    const run = () => handler(body, sender);
    const { within } = this.wiring;
    this.#run(
      answerable,
      traceparent === "" || !within ? run : () => within(traceparent, channel, run),
    );
  }

  #run(answerable: Answerable, run: () => unknown): void {
    let result: unknown;
    try {
      result = run();
    } catch (error) {
      return this.#failed(answerable, error);
    }
    if (!(result instanceof Promise)) return this.#answer(answerable, KINDS.reply, result);
    this.#handling++;
    const settled = () => void this.#handling--;
    result.finally(settled).then(
      (reply) => this.#answer(answerable, KINDS.reply, reply),
      (error) => this.#failed(answerable, error),
    );
  }

  #failed(answerable: Answerable, error: unknown): void {
    if (error instanceof Fault && answerable.correlation !== 0) {
      return this.#answer(answerable, KINDS.fault, bodyOfFault(error));
    }
    this.wiring.log("error", `the handler of ${answerable.channel} failed`, {
      event: "transport.handler",
      channel: answerable.channel,
      error,
    });
    this.#fault(answerable, "timeout", "its handler failed; the outcome is unknown");
  }

  #fault(
    answerable: Answerable,
    code: "timeout" | "unavailable" | "overloaded" | "mismatch",
    message: string,
  ): void {
    const what = `${answerable.channel} at ${this.wiring.self.address}: ${message}`;
    const fault = new Fault("transport.serve", code, { message: what });
    this.#answer(answerable, KINDS.fault, bodyOfFault(fault));
  }

  #answer({ lane, correlation, channel }: Answerable, kind: number, reply: unknown): void {
    if (correlation === 0) return;
    let body: Uint8Array;
    try {
      body = packBody(reply);
      invariant(body.length <= TRANSPORT_BODY_BYTES_MAX, `a reply of ${body.length} bytes`);
    } catch (error) {
      return this.#failed({ lane, correlation, channel }, error);
    }
    const envelope = { kind, correlation, remainingMs: 0, channel: "", traceparent: "", body };
    if (this.lanes.push(lane, envelope) === undefined) this.wiring.refuse("dropped");
  }
}
