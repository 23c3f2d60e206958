/**
 * Lanes: all links of a transport, when they send, and when they end.
 *
 * Intuition: what one turn pushes goes out together at its end, a batch per link. A link that takes
 * nothing is offered its queue again when its driver says so.
 *
 * Invariants: E3. At most `TRANSPORT_LINKS_MAX` peers and as many routes; an idle peer makes room for a new one,
 * the oldest route for a new route. E4. Nothing waits longer than `TRANSPORT_HELD_MS`, no idle link lives longer than
 * `TRANSPORT_IDLE_MS`, each plus a sweep.
 * @module
 */
import type { Clock, Timer } from "../clock.ts";
import {
  TRANSPORT_HELD_MS,
  TRANSPORT_IDLE_MS,
  TRANSPORT_LINKS_MAX,
  TRANSPORT_SWEEP_MS,
} from "../limits.ts";
import type { Log } from "../telemetry/log.ts";
import { Lane, type Link } from "./lane.ts";
import { BufferPool, Outbox, type Slot } from "./wire/outbox.ts";
import type { Sender } from "./port.ts";
import type { Refusal } from "./refusals.ts";
import { type Envelope, prelude, type Protocol } from "./wire/message.ts";

/** What an exchange needs of its driver and its node. */
export interface Wiring {
  readonly self: Sender;
  readonly clock: Clock;
  readonly protocol: Protocol;
  readonly log: Log;
  /** Makes a link to a well-formed address; what comes back on it is given to `received` with `lane()`. */
  connect(address: string, lane: () => Lane): Link;
  /** Calls `flush` once, at the end of the turn. */
  soon(flush: () => void): void;
  /** Counts something that was not taken; tells the first of its kind. */
  refuse(reason: Refusal, times?: number): void;
  /** Runs a handler in the context of the trace that its message carries; absent: as it is. */
  within?<Result>(traceparent: string, channel: string, run: () => Result): Result;
}

/** The links of one transport. */
export class LanesDriver {
  readonly #peers = new Map<string, Lane>();
  readonly #routes = new Set<Lane>();
  readonly #pool = new BufferPool();
  readonly #preludes = new Map<number, Uint8Array>();
  #dirty: Lane[] = [];
  #sweeper: Timer | undefined;

  constructor(private readonly wiring: Wiring) {}

  /** The link to `address`, if there is one. */
  peer(address: string): Lane | undefined {
    return this.#peers.get(address);
  }

  /** Links to peers. */
  get peers(): number {
    return this.#peers.size;
  }

  /** Opens a link to `address`; undefined when there is no room and no idle one to close (E3). */
  open(address: string): Lane | undefined {
    if (this.#peers.size >= TRANSPORT_LINKS_MAX && !this.#makeRoom()) return undefined;
    const lane: Lane = this.#lane(address, this.wiring.connect(address, () => lane));
    this.#peers.set(address, lane);
    return lane;
  }

  /** A lane for a link that another opened to us. The oldest one ends when there are too many (E3). */
  accept(link: Link): Lane {
    const [oldest] = this.#routes;
    if (oldest !== undefined && this.#routes.size >= TRANSPORT_LINKS_MAX) this.remove(oldest);
    const lane = this.#lane(null, link);
    this.#routes.add(lane);
    return lane;
  }

  /** Puts an envelope on `lane`, to leave at the end of this turn; undefined when it is full. */
  push(lane: Lane, envelope: Envelope): Slot | undefined {
    if (lane.closed) return undefined;
    const nowMs = this.wiring.clock.monotonicMs();
    const slot = lane.outbox.push(envelope, nowMs);
    if (slot === undefined || lane.dirty) return slot;
    lane.usedMs = nowMs;
    lane.dirty = true;
    if (this.#dirty.push(lane) === 1) this.wiring.soon(() => this.#flush());
    return slot;
  }

  /** Offers what waits on `lane` to its link; tells whether all of it left, or must be offered again. */
  drain(lane: Lane): "sent" | "held" {
    const result = lane.outbox.drain((bytes, length) => lane.link.send(bytes, length));
    if (result !== "gone") return result;
    this.wiring.refuse("dropped", lane.outbox.size);
    this.remove(lane);
    return "sent";
  }

  /** Notes that something came on `lane` from one who speaks `newest` (L1). */
  heard(lane: Lane, newest: number): void {
    lane.usedMs = this.wiring.clock.monotonicMs();
    lane.speak(Math.min(newest, this.wiring.protocol.newest), (version) => this.#prelude(version));
  }

  /** Closes a link and drops what waits on it. */
  remove(lane: Lane): void {
    if (lane.closed) return;
    lane.closed = true;
    if (lane.address !== null) this.#peers.delete(lane.address);
    this.#routes.delete(lane);
    lane.outbox.dropOlderThan(Infinity);
    lane.link.close();
  }

  /** Closes all links. */
  close(): void {
    this.#sweeper?.cancel();
    for (const lane of [...this.#peers.values(), ...this.#routes]) this.remove(lane);
  }

  #lane(address: string | null, link: Link): Lane {
    const version = this.wiring.protocol.oldest;
    const outbox = new Outbox(this.#pool, this.#prelude(version));
    const usedMs = this.wiring.clock.monotonicMs();
    this.#sweeper ??= this.wiring.clock.after(TRANSPORT_SWEEP_MS, () => this.#sweep());
    return new Lane(address, link, outbox, { version, usedMs });
  }

  #prelude(version: number): Uint8Array {
    let bytes = this.#preludes.get(version);
    if (bytes === undefined) {
      bytes = prelude(this.wiring.self, version, this.wiring.protocol.newest);
      this.#preludes.set(version, bytes);
    }
    return bytes;
  }

  #flush(): void {
    const lanes = this.#dirty;
    this.#dirty = [];
    for (const lane of lanes) {
      lane.dirty = false;
      this.drain(lane);
    }
  }

  /** Closes the peer that was idle for longest; false when none is idle. */
  #makeRoom(): boolean {
    let longest: Lane | undefined;
    for (const lane of this.#peers.values()) {
      if (lane.idle && !(lane.usedMs >= (longest?.usedMs ?? Infinity))) longest = lane;
    }
    if (longest !== undefined) this.remove(longest);
    return longest !== undefined;
  }

  #sweep(): void {
    const nowMs = this.wiring.clock.monotonicMs();
    for (const lane of [...this.#peers.values(), ...this.#routes]) {
      const dropped = lane.outbox.dropOlderThan(nowMs - TRANSPORT_HELD_MS);
      if (dropped > 0) this.wiring.refuse("dropped", dropped);
      if (lane.idle && lane.usedMs < nowMs - TRANSPORT_IDLE_MS) this.remove(lane);
    }
    const left = this.#peers.size + this.#routes.size;
    this.#sweeper = left === 0
      ? undefined
      : this.wiring.clock.after(TRANSPORT_SWEEP_MS, () => this.#sweep());
  }
}
