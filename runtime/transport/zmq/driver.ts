/**
 * ZmqTransport: the transport over ZeroMQ.
 *
 * Intuition: one ROUTER listens; each peer that we speak to has a DEALER. One loop turns over the
 * sockets that may have something, a bounded piece at a time, and waits on all descriptors at once
 * when none has. Descriptors only tell of changes, and any call on a socket may swallow such a
 * change: so after every send and receive a socket is looked at, is *hot* while it has more,
 * and the loop never waits while one is.
 *
 * Invariants: T1 to T6 of the port. W1. Before a wait, every socket that was touched since its last
 * look showed that nothing is left. W2. A turn handles at most `TRANSPORT_TURN_MESSAGES_MAX` per socket, so that
 * timers and everything else get theirs. W3. Without keys only this machine can reach it.
 * @module
 */
import { setImmediate } from "node:timers";
import type { Clock } from "../../clock.ts";
import { Fault } from "../../fault.ts";
import type { BootId, NodeName } from "../../ids.ts";
import { type Log, log } from "../../telemetry/log.ts";
import { addressText, isLoopback, isPeerAddress, parseAddress } from "../address.ts";
import { Exchange } from "../exchange_driver.ts";
import type { Wiring } from "../lanes_driver.ts";
import type { Handler, Transport } from "../port.ts";
import { type Refusal, REFUSAL_TEXTS, Refusals } from "../refusals.ts";
import { PROTOCOL } from "../wire/message.ts";
import { Authenticator } from "./authenticator.ts";
import { Connections } from "./connections.ts";
import { Doorway } from "./doorway.ts";
import { newContext } from "./context.ts";
import type { CurveKeys } from "./keys.ts";
import { openZmq } from "./library.ts";
import { Poller, type Watched } from "./poller.ts";
import { READABLE, WRITABLE } from "./socket.ts";

/** How to open. */
export interface ZmqOptions {
  readonly node: NodeName;
  readonly boot: BootId;
  /** Where to listen: an IP address or `localhost`, and a port; 0: a free one. */
  readonly bind: string;
  /** How peers reach it, when that differs from `bind`; port 0: the one that was bound. */
  readonly advertise?: string;
  /** Absent: no keys, loopback only (W3). */
  readonly curve?: CurveKeys;
  readonly clock: Clock;
  readonly log?: Log;
  readonly within?: NonNullable<Wiring["within"]>;
}

/** Ends a wait even if every signal were lost, ms. */
const WAIT_MS = 1_000;
/** Replies that a route doesn't take are offered again this often, ms: routes have no signal of their own. */
const RETRY_MS = 5;

/** Opens a transport; throws a Fault (`transport.open`) that says what is wrong and what to do. */
export function openZmqTransport(options: ZmqOptions): ZmqTransport {
  return new ZmqTransport(options);
}

/** One node's transport over ZeroMQ. */
export class ZmqTransport implements Transport {
  readonly address: string;
  /** What was not taken. */
  readonly refusals = new Refusals();
  readonly #context: Deno.PointerValue;
  readonly #poller = new Poller();
  readonly #hot = new Set<Watched>();
  readonly #exchange: Exchange;
  readonly #doorway: Doorway;
  readonly #log: Log;
  readonly #loop: Promise<void>;
  /** Every socket of the loop, until it is closed. */
  readonly #all = new Set<Watched>();
  #closing: Promise<void> | undefined;

  constructor(options: ZmqOptions) {
    const endpoint = endpointOf(options);
    this.#log = options.log ?? log;
    this.#context = newContext();
    const touched = (watched: Watched, held: boolean) => this.#touched(watched, held);
    const refuse = (reason: Refusal, times?: number) => this.#refuse(reason, times);
    const { curve } = options;
    const exchange = () => this.#exchange;
    this.#doorway = new Doorway(this.#context, { curve, touched, refuse, exchange });
    if (curve !== undefined) this.#authenticate(curve);
    const bound = this.#doorway.listen(endpoint);
    this.address = advertised(options, bound);
    const connections = new Connections(this.#context, {
      curve,
      touched,
      exchange,
      opened: (watched) => this.#watch(watched),
      closed: (watched) => this.#unwatch(watched),
    });
    this.#exchange = new Exchange({
      self: { node: options.node, boot: options.boot, address: this.address },
      clock: options.clock,
      protocol: PROTOCOL,
      log: this.#log,
      connect: (address, lane) => connections.open(address, lane),
      soon: queueMicrotask,
      refuse,
      ...(options.within && { within: options.within }),
    });
    for (const watched of this.#doorway.watched) this.#watch(watched);
    this.#loop = this.#run();
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
    return this.#closing ??= this.#close();
  }

  /** Links to peers that are open now. */
  get peers(): number {
    return this.#exchange.lanes.peers;
  }

  async #close(): Promise<void> {
    this.#exchange.close();
    this.#poller.wake();
    await this.#loop;
    for (const watched of this.#all) watched.socket.close();
    await openZmq().zmq_ctx_term(this.#context);
    this.#poller.close();
  }

  #watch(watched: Watched): void {
    this.#all.add(watched);
    this.#hot.add(watched);
    this.#poller.add(watched);
  }

  #unwatch(watched: Watched): void {
    this.#all.delete(watched);
    this.#hot.delete(watched);
    this.#poller.remove(watched);
  }

  /**
   * After a send: what the call may have swallowed is looked for now (W1). Mostly there is nothing,
   * and then a wait that is under way may go on: ending it would cost each message a turn of its own.
   */
  #touched(watched: Watched, held: boolean): void {
    if (this.#hot.has(watched)) return;
    const wanted = held ? READABLE | WRITABLE : READABLE;
    if ((watched.socket.events & wanted) === 0) return;
    this.#hot.add(watched);
    this.#poller.wake();
  }

  async #run(): Promise<void> {
    while (this.#closing === undefined) {
      if (this.#turn()) {
        await new Promise<void>((resume) => setImmediate(resume));
        continue;
      }
      const found = await this.#poller.wait(this.#doorway.holds ? RETRY_MS : WAIT_MS);
      for (const watched of found) this.#hot.add(watched);
    }
  }

  /** One look at every hot socket; true when something was handled, so that more may be there. */
  #turn(): boolean {
    let handled = this.#doorway.retry();
    for (const watched of this.#hot) {
      if (this.#look(watched)) handled = true;
      else this.#hot.delete(watched);
    }
    return handled;
  }

  /** A bug behind one message must not end the loop, and with it all links (T5). */
  #look(watched: Watched): boolean {
    try {
      return watched.turn();
    } catch (error) {
      this.#log("error", "a message broke its handling", { event: "transport.bug", error });
      return true;
    }
  }

  #authenticate(curve: CurveKeys): void {
    const zap = new Authenticator(this.#context, curve.allowed, () => this.#refuse("key"));
    this.#watch({ socket: zap.socket, turn: () => zap.answer() });
  }

  #refuse(reason: Refusal, times?: number): void {
    if (!this.refusals.count(reason, times)) return;
    const fields = { event: "transport.refused", reason, address: this.address };
    this.#log("warn", `refused: ${REFUSAL_TEXTS[reason]}`, fields);
  }
}

/** Where to listen, in ZeroMQ's words; throws a Fault when that would be unsafe or impossible (W3). */
function endpointOf({ bind, advertise, curve }: ZmqOptions): string {
  const wrong = (message: string) => new Fault("transport.open", "mismatch", { message });
  const parsed = parseAddress(bind);
  if (parsed === undefined) throw wrong(`${JSON.stringify(bind)} isn't host:port`);
  if (curve === undefined && !isLoopback(parsed.host)) {
    throw wrong(
      `${bind} can be reached by other machines, and there are no keys: give security.curve ` +
        "(`deno task cli keygen` makes a key file), or listen at 127.0.0.1",
    );
  }
  if (advertise !== undefined && parseAddress(advertise) === undefined) {
    throw wrong(`${JSON.stringify(advertise)} isn't host:port`);
  }
  if (advertise === undefined && (parsed.host === "0.0.0.0" || parsed.host === "::")) {
    throw wrong(`peers can't reach ${parsed.host}: say under which address they do (advertise)`);
  }
  const host = parsed.host === "localhost" ? "127.0.0.1" : parsed.host;
  const text = addressText({ host, port: parsed.port });
  return `tcp://${parsed.port === 0 ? text.replace(/0$/, "*") : text}`;
}

/** The address that peers are told. */
function advertised({ advertise }: ZmqOptions, boundEndpoint: string): string {
  const bound = boundEndpoint.replace(/^tcp:\/\//, "");
  if (advertise === undefined) return bound;
  if (isPeerAddress(advertise)) return advertise;
  const port = parseAddress(bound)?.port ?? 0;
  return addressText({ host: parseAddress(advertise)?.host ?? "", port });
}
