/**
 * Exchange: all of a transport but its links: tells and asks out, handlers in.
 *
 * Intuition: a driver only carries bytes. Everything that callers can notice (bounds, deadlines,
 * what a failure means, who sent) happens here, so that the simulator's network and the real one
 * differ in nothing else.
 *
 * Invariants: T1 to T3, T5, T6 of the port. E1. An ask that expires while its batch waits is taken
 * back: the peer never sees it, and the fault says so. E2. One timer serves all asks.
 * @module
 */
import type { Timer } from "../clock.ts";
import { Fault } from "../fault.ts";
import {
  TRANSPORT_ASKS_PENDING_MAX,
  TRANSPORT_BODY_BYTES_MAX,
  TRANSPORT_DEADLINE_MS_MAX,
  TRANSPORT_DEADLINE_STEP_MS,
} from "../limits.ts";
import { isPeerAddress } from "./address.ts";
import { Correlations } from "./correlation.ts";
import { faultOfBody } from "./wire/fault_body.ts";
import { InboundDriver } from "./inbound_driver.ts";
import type { Lane } from "./lane.ts";
import { LanesDriver, type Wiring } from "./lanes_driver.ts";
import type { Slot } from "./wire/outbox.ts";
import { packBody, unpackBody } from "./wire/packing_driver.ts";
import type { Handler } from "./port.ts";
import { type Envelope, isChannel, isWireText, KINDS, MessageReader } from "./wire/message.ts";

interface Ask {
  readonly lane: Lane;
  readonly channel: string;
  slot: Slot | undefined;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (fault: Fault) => void;
}

interface AskOptions {
  readonly deadlineMs: number;
  readonly traceparent?: string;
}

/** A transport without links: see {@link Wiring} for what it needs. */
export class Exchange {
  /** Links by address and by route. */
  readonly lanes: LanesDriver;
  readonly #inbound: InboundDriver;
  readonly #reader: MessageReader;
  readonly #asks: Correlations<Ask>;
  #timer: { readonly atMs: number; readonly timer: Timer } | undefined;
  #closed = false;

  constructor(private readonly wiring: Wiring) {
    this.#reader = new MessageReader(wiring.protocol);
    this.#asks = new Correlations(TRANSPORT_ASKS_PENDING_MAX);
    this.lanes = new LanesDriver(wiring);
    this.#inbound = new InboundDriver(this.lanes, wiring);
  }

  /** See the port. */
  serve(channel: string, handler: Handler): void {
    this.#inbound.serve(channel, handler);
  }

  /** See the port. */
  tell(to: string, channel: string, body: unknown, traceparent: string): boolean {
    const lane = this.#laneTo(to, channel, traceparent);
    const packed = lane === "full" || lane === undefined ? undefined : packOrNot(body);
    if (typeof lane !== "object" || packed === undefined) return false;
    const envelope = { kind: KINDS.tell, correlation: 0, remainingMs: 0, channel, traceparent };
    return this.lanes.push(lane, { ...envelope, body: packed }) !== undefined;
  }

  /** See the port. */
  ask(to: string, channel: string, body: unknown, options: AskOptions): Promise<unknown> {
    const { traceparent = "" } = options;
    const lane = this.#laneTo(to, channel, traceparent);
    if (lane === undefined) {
      const what = this.#closed ? "the transport is closed" : "address or channel is malformed";
      return refused("unavailable", to, channel, what);
    }
    if (lane === "full") return refused("overloaded", to, channel, "too many links are in use");
    if (!(options.deadlineMs > 0)) {
      return refused("unavailable", to, channel, "its deadline was over before it was sent");
    }
    const packed = packOrNot(body);
    if (packed === undefined) {
      const what = `its body can't be packed, or into more than ${TRANSPORT_BODY_BYTES_MAX} bytes`;
      return refused("mismatch", to, channel, what);
    }
    return new Promise((resolve, reject) => {
      const ask: Ask = { lane, channel, slot: undefined, resolve, reject };
      const deadlineMs = Math.min(options.deadlineMs, TRANSPORT_DEADLINE_MS_MAX);
      if (this.#send(ask, { packed, deadlineMs, traceparent })) return;
      reject(faultOf("overloaded", to, channel, "too many messages wait"));
    });
  }

  /** See the port. */
  forget(address: string): void {
    const lane = this.lanes.peer(address);
    if (lane === undefined) return;
    this.#failAsks((ask) => ask.lane === lane, "the peer was forgotten");
    this.lanes.remove(lane);
  }

  /** Fails what waits and closes all links. Afterwards nothing is sent or handled. */
  close(): void {
    this.#closed = true;
    this.#failAsks(() => true, "the transport was closed");
    this.#timer?.timer.cancel();
    this.lanes.close();
  }

  /**
   * Takes the message in the first `length` of `bytes`, which came on `lane`; `key` is who its link
   * was proved to belong to, "" without keys. `bytes` may be overwritten after the call.
   */
  received(lane: Lane, bytes: Uint8Array, length: number, key: string): void {
    if (this.#closed) return;
    const reader = this.#reader;
    const refusal = reader.open(bytes, length);
    if (refusal !== undefined) return this.wiring.refuse(refusal);
    const sender = lane.senderOf(reader.senderBytes, () => reader.sender());
    if (!this.#inbound.admit(sender, key)) return;
    this.lanes.heard(lane, reader.newest);
    while (reader.next()) {
      const { kind } = reader;
      if (kind === KINDS.reply || kind === KINDS.fault) this.#settle(lane, bytes);
      else if (lane.address === null) this.#inbound.handle(lane, reader, bytes, sender);
      else this.wiring.refuse("frames");
    }
  }

  #laneTo(to: string, channel: string, traceparent: string): Lane | "full" | undefined {
    if (this.#closed || !isChannel(channel)) return undefined;
    if (traceparent !== "" && !isWireText(traceparent)) return undefined;
    const known = this.lanes.peer(to);
    if (known !== undefined) return known;
    return isPeerAddress(to) ? this.lanes.open(to) ?? "full" : undefined;
  }

  /** Puts an ask on its lane; false when the table or the queue is full. */
  #send(
    ask: Ask,
    { packed, deadlineMs, traceparent }: {
      readonly packed: Uint8Array;
      readonly deadlineMs: number;
      readonly traceparent: string;
    },
  ): boolean {
    const deadlineAtMs = this.wiring.clock.monotonicMs() + deadlineMs;
    const correlation = this.#asks.add(deadlineAtMs, ask);
    if (correlation === undefined) return false;
    const { lane, channel } = ask;
    const remainingMs = Math.ceil(deadlineMs);
    const envelope: Envelope = {
      kind: KINDS.ask,
      correlation,
      remainingMs,
      channel,
      traceparent,
      body: packed,
    };
    ask.slot = this.lanes.push(lane, envelope);
    if (ask.slot === undefined) {
      this.#asks.take(correlation);
      return false;
    }
    lane.asks++;
    this.#arm(deadlineAtMs);
    return true;
  }

  #settle(lane: Lane, bytes: Uint8Array): void {
    const { correlation, kind, bodyStart, bodyEnd } = this.#reader;
    const ask = this.#asks.peek(correlation);
    // A reply must come by the link on which its ask left: nobody answers for another.
    if (ask?.lane !== lane) return this.wiring.refuse("late-reply");
    this.#asks.take(correlation);
    lane.asks--;
    try {
      const body = unpackBody(bytes, bodyStart, bodyEnd);
      if (kind === KINDS.reply) ask.resolve(body);
      else ask.reject(faultOfBody(body));
    } catch {
      this.wiring.refuse("body");
      ask.reject(faultOf("timeout", lane.address, ask.channel, "its reply can't be unpacked"));
    }
  }

  /** Makes sure that the timer fires when an ask expires at `atMs`, at the end of its step. */
  #arm(atMs: number): void {
    if (this.#timer !== undefined && this.#timer.atMs <= atMs) return;
    this.#timer?.timer.cancel();
    const nowMs = this.wiring.clock.monotonicMs();
    const endMs = Math.ceil(atMs / TRANSPORT_DEADLINE_STEP_MS) * TRANSPORT_DEADLINE_STEP_MS;
    this.#timer = {
      atMs,
      timer: this.wiring.clock.after(endMs - nowMs, () => this.#expire()),
    };
  }

  #expire(): void {
    this.#timer = undefined;
    for (const ask of this.#asks.expire(this.wiring.clock.monotonicMs())) {
      this.#fail(ask, "no answer before the deadline");
    }
    const nextMs = this.#asks.nextExpiryMs();
    if (nextMs !== undefined) this.#arm(nextMs);
  }

  #failAsks(matches: (ask: Ask) => boolean, why: string): void {
    for (const ask of this.#asks.takeWhere(matches)) this.#fail(ask, why);
  }

  #fail(ask: Ask, why: string): void {
    ask.lane.asks--;
    const unseen = ask.slot === undefined || ask.lane.outbox.takeBack(ask.slot);
    const code = unseen ? "unavailable" : "timeout";
    const outcome = unseen ? "it was not delivered" : "the outcome is unknown";
    ask.reject(faultOf(code, ask.lane.address, ask.channel, `${why}; ${outcome}`));
  }
}

/** The packed body; undefined when it can't be sent. */
function packOrNot(body: unknown): Uint8Array | undefined {
  try {
    const packed = packBody(body);
    return packed.length > TRANSPORT_BODY_BYTES_MAX ? undefined : packed;
  } catch {
    return undefined;
  }
}

type OwnCode = "timeout" | "unavailable" | "overloaded" | "mismatch";

function faultOf(code: OwnCode, to: string | null, channel: string, what: string): Fault {
  return new Fault("transport.ask", code, { message: `${channel} at ${to}: ${what}` });
}

function refused(code: OwnCode, to: string, channel: string, what: string): Promise<never> {
  return Promise.reject(faultOf(code, to, channel, what));
}
