/**
 * Dispatcher: decides which host runs which attempt, and what a host's death means for those inside.
 *
 * Intuition: attempts go to the host with the fewest. When a host dies, everything in it is lost and none of it
 * is blamed, unless it was alone; but the handlers that were there are remembered (strikes.ts), and one
 * that was there twice runs in a host of its own, where the next death is certainly its own.
 * A reload is a new generation of hosts; the old ones end with their last attempt.
 *
 * Invariants: D1. A ticket ends once, also when its host dies (E1). D2. An attempt is handed to one host only. D3. At most
 * `SOLO_HOSTS_MAX` solo hosts exist, each with one attempt.
 * Not here: processes (host_process.ts), due times (executor.ts), workers (host/).
 * @module
 */
import { unreachable } from "../../../runtime/fault.ts";
import type { ModuleHandler } from "../catalog/catalog.ts";
import { hostDied, interrupted, neverBegan, stoppedBefore } from "../host/verdicts.ts";
import type { AttemptOrder, AttemptOutcome } from "../port.ts";
import { type DispatchEffect, type DispatchEvent, wireOf } from "./events.ts";
import type { HostExit } from "./host_process.ts";
import type { HostCommand, HostEvent, Profile, Saying, WireOrder } from "./protocol.ts";
import { Strikes } from "./strikes.ts";

/** Hosts for handlers that killed two. */
export const SOLO_HOSTS_MAX = 2;
/** A host with a suspect aboard counts as this much fuller. */
const ATTEMPTS_PER_SUSPECT = 1_000;
/** Wait before a host is started again that ended before it was up; doubles up to the second value. */
const RESTART_MS = [100, 5_000] as const;
/** Starts in a row that may fail before a new generation takes over all the same: waiting would not help. */
const FAILED_STARTS_MAX = 3;

/** One attempt, from its order to its end. */
interface Flight {
  readonly order: AttemptOrder;
  wire: WireOrder;
  /** Null while it waits for one. */
  host: HostRecord | null;
  /** It was named as a suspect during this run. */
  suspected: boolean;
}

/** The hosts that were started for one reading of the handlers folder. */
type Generation = { readonly profiles: readonly Profile[] };

/** One host process. */
interface HostRecord {
  readonly id: number;
  readonly solo: boolean;
  readonly generation: Generation;
  readonly flights: Map<number, Flight>;
  /** Tickets that the host named before it died of memory. */
  readonly suspects: Set<number>;
  /** If it dies of memory all the same, those still aboard are innocent. */
  evicted: boolean;
  /** It has connected. */
  up: boolean;
  /** Its first workers are up. */
  warm: boolean;
}

/** The dispatching core of a node. */
export class Dispatcher {
  readonly #strikes = new Strikes();
  readonly #hosts = new Map<number, HostRecord>();
  readonly #flights = new Map<number, Flight>();
  readonly #tickets = new Map<string, number>();
  #waiting: Flight[] = [];
  #waitingSolo: Flight[] = [];
  #current: Generation = { profiles: [] };
  /** Being started; takes over once it is warm. */
  #next: Generation | null = null;
  #nextHost = 1;
  #nextTicket = 1;
  #failedStarts = 0;
  #closed = false;
  #effects: DispatchEffect[] = [];

  constructor(private readonly limits: { readonly heapMiB: number }) {}

  /** Attempts accepted and not ended. */
  get load(): number {
    return this.#flights.size;
  }

  /** Takes one event and returns what follows. */
  step(event: DispatchEvent): readonly DispatchEffect[] {
    this.#effects = [];
    switch (event.kind) {
      case "order":
        this.#order(event.order, event.handler);
        break;
      case "abort":
        this.#abort(event.token, event.reason);
        break;
      case "answer":
        this.#answer(event);
        break;
      case "host-up":
        this.#hostUp(event.host);
        break;
      case "host-said":
        for (const said of event.batch) this.#hostSaid(event.host, said);
        break;
      case "host-down":
        this.#hostDown(event.host, event.exit);
        break;
      case "renew":
        this.#renew(event.profiles, event.count);
        break;
      case "close":
        this.#close();
        break;
      default:
        unreachable(event);
    }
    return this.#effects;
  }

  /** Takes an attempt in: from here on it must end (D1). */
  #order(order: AttemptOrder, handler: ModuleHandler): void {
    const ticket = this.#nextTicket++;
    const placement = this.#strikes.placement(handler.info.name);
    const exclusive = order.exclusive || placement !== "shared";
    const wire = wireOf(order, { ticket, handler, exclusive });
    const flight: Flight = { order, wire, host: null, suspected: false };
    this.#flights.set(ticket, flight);
    this.#tickets.set(order.key.token, ticket);
    if (this.#closed) return this.#end(flight, neverBegan("the node stops"));
    if (placement === "own-host") {
      this.#waitingSolo.push(flight);
      return this.#fillSolo();
    }
    const host = this.#leastLoaded();
    if (host) this.#hand(flight, host);
    else this.#waiting.push(flight);
  }

  /** An attempt that no host has yet was never called; the others are their host's to stop. */
  #abort(token: string, reason: "cancelled" | "drain"): void {
    const ticket = this.#tickets.get(token);
    const flight = ticket === undefined ? undefined : this.#flights.get(ticket);
    if (!flight) return;
    if (flight.host) {
      this.#send(flight.host, { kind: "abort", ticket: flight.wire.ticket, reason });
    } else {
      this.#waiting = this.#waiting.filter((one) => one !== flight);
      this.#waitingSolo = this.#waitingSolo.filter((one) => one !== flight);
      this.#end(flight, stoppedBefore(reason, null));
    }
  }

  /** A durable report was kept or not; the attempt may be over by now. */
  #answer({ ticket, request, problem }: DispatchEvent & { kind: "answer" }): void {
    const host = this.#flights.get(ticket)?.host;
    if (host) this.#send(host, { kind: "answer", ticket, request, problem });
  }

  /** A shared host loads everything at once; a solo one only what its next attempt needs. */
  #hostUp(id: number): void {
    const host = this.#hosts.get(id);
    if (!host) return;
    host.up = true;
    this.#failedStarts = 0;
    if (host.solo) return this.#fillSolo();
    this.#send(host, { kind: "load", profiles: host.generation.profiles });
    this.#fillShared();
  }

  #hostSaid(id: number, said: HostEvent): void {
    const host = this.#hosts.get(id);
    if (!host) return;
    switch (said.kind) {
      case "said": {
        const flight = host.flights.get(said.ticket);
        if (!flight) return;
        if (said.saying.kind === "ended") this.#ended(flight, host, said.saying);
        else this.#report(flight, said.saying);
        return;
      }
      case "warm":
        host.warm = true;
        return this.#takeOver();
      case "suspects":
        return this.#suspects(host, said);
      case "pong":
      case "describing":
      case "described":
      case "describe-ended":
        return;
      default:
        unreachable(said);
    }
  }

  /** A stall and an eviction count at once; memory only if the host dies of it. */
  #suspects(host: HostRecord, { tickets, why }: HostEvent & { kind: "suspects" }): void {
    for (const ticket of tickets) {
      const flight = host.flights.get(ticket);
      if (!flight) continue;
      flight.suspected = true;
      if (why === "memory") host.suspects.add(ticket);
      else if (why === "stall") this.#strikes.stalled(flight.wire.name);
      else this.#strikes.died(flight.wire.name, { named: tickets.length === 1 });
    }
    host.evicted ||= why === "eviction";
  }

  /** An attempt ended by what its host says. */
  #ended(flight: Flight, host: HostRecord, saying: Saying & { kind: "ended" }): void {
    if (flight.wire.exclusive && !flight.suspected) this.#ranClean(flight.wire.name);
    this.#end(flight, saying.outcome);
    if (host.solo) this.#fillSolo();
    else if (host.flights.size === 0) this.#stopOld();
  }

  /** A handler that is trusted again need not wait for the few solo hosts. */
  #ranClean(name: string): void {
    this.#strikes.ranClean(name);
    if (this.#strikes.placement(name) === "own-host") return;
    const trusted = this.#waitingSolo.filter((flight) => flight.wire.name === name);
    if (trusted.length === 0) return;
    this.#waitingSolo = this.#waitingSolo.filter((flight) => flight.wire.name !== name);
    for (const flight of trusted) {
      flight.wire = { ...flight.wire, exclusive: flight.order.exclusive };
      this.#waiting.push(flight);
    }
    this.#fillShared();
  }

  /** Ends what was aboard, remembers who it was, and replaces the host if it is still of use. */
  #hostDown(id: number, exit: HostExit): void {
    const host = this.#hosts.get(id);
    if (!host) return;
    this.#hosts.delete(id);
    const flights = [...host.flights.values()];
    if (!host.evicted) this.#strike(host, flights);
    const named = host.suspects.size > 0;
    for (const flight of flights) {
      const neighbour = host.evicted || named && !host.suspects.has(flight.wire.ticket);
      const alone = flights.length === 1;
      this.#end(flight, hostDied(exit, { alone, neighbour, heapMiB: this.limits.heapMiB }));
    }
    if (this.#closed) return;
    if (host.solo) return this.#fillSolo();
    const { generation } = host;
    if (generation !== this.#current && generation !== this.#next) return;
    const [least, most] = RESTART_MS;
    const delayMs = host.up ? 0 : Math.min(most, least * 2 ** this.#failedStarts++);
    this.#start({ solo: false, delayMs, generation });
    this.#takeOver();
  }

  /** Suspects bear it alone; without one, everybody aboard does. */
  #strike(host: HostRecord, flights: readonly Flight[]): void {
    const suspected = flights.filter((flight) => host.suspects.has(flight.wire.ticket));
    const named = suspected.length > 0;
    const names = new Set((named ? suspected : flights).map((flight) => flight.wire.name));
    for (const name of names) this.#strikes.died(name, { named });
  }

  #renew(profiles: readonly Profile[], count: number): void {
    const generation = { profiles };
    this.#next = generation;
    for (let at = 0; at < count && profiles.length > 0; at++) {
      this.#start({ solo: false, delayMs: 0, generation });
    }
    this.#stopOld();
    this.#takeOver();
  }

  /** Makes the next generation the current one once all of its hosts are warm, or are seen not to start. */
  #takeOver(): void {
    if (this.#next === null) return;
    for (const host of this.#hosts.values()) {
      const cold = host.generation === this.#next && !host.warm;
      if (cold && this.#failedStarts < FAILED_STARTS_MAX) return;
    }
    this.#current = this.#next;
    this.#next = null;
    this.#strikes.clear();
    this.#effects.push({ kind: "warm" });
    this.#stopOld();
    this.#fillShared();
  }

  /** Ends all attempts and asks for the end of all hosts. */
  #close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#waitingSolo = [];
    for (const flight of [...this.#flights.values()]) {
      this.#end(flight, interrupted("the node stops"));
    }
    for (const host of this.#hosts.values()) this.#effects.push({ kind: "stop", host: host.id });
  }

  /** Gives every idle solo host the next attempt, starts hosts that are missing, ends those without use (D3). */
  #fillSolo(): void {
    const solo = [...this.#hosts.values()].filter((host) => host.solo);
    for (const host of solo) {
      if (!host.up || host.flights.size > 0) continue;
      const flight = host.generation === this.#current ? this.#waitingSolo.shift() : undefined;
      if (flight) {
        const profiles = this.#current.profiles.filter(({ id }) => id === flight.wire.profile);
        this.#send(host, { kind: "load", profiles });
        this.#hand(flight, host);
      } else this.#stop(host);
    }
    const busy = solo.filter((host) => this.#hosts.has(host.id));
    const starting = busy.filter((host) => !host.up).length;
    const wanted = Math.min(this.#waitingSolo.length - starting, SOLO_HOSTS_MAX - busy.length);
    for (let at = 0; at < wanted; at++) {
      this.#start({ solo: true, delayMs: 0, generation: this.#current });
    }
  }

  /** Hands out what waited for a host. */
  #fillShared(): void {
    if (this.#waiting.length === 0 || !this.#leastLoaded()) return;
    for (const flight of this.#waiting.splice(0)) {
      const host = this.#leastLoaded();
      if (host) this.#hand(flight, host);
    }
  }

  /** The host for the next attempt; null while none is up. Cost: O(hosts). */
  #leastLoaded(): HostRecord | null {
    let best: HostRecord | null = null;
    for (const host of this.#hosts.values()) {
      if (!host.up || host.solo || host.generation !== this.#current) continue;
      if (best === null || burden(host) < burden(best)) best = host;
    }
    return best;
  }

  /** Gives an attempt to a host, for good (D2). */
  #hand(flight: Flight, host: HostRecord): void {
    flight.host = host;
    host.flights.set(flight.wire.ticket, flight);
    this.#send(host, { kind: "run", order: flight.wire });
  }

  /** Reports the one outcome of an attempt (D1). */
  #end(flight: Flight, outcome: AttemptOutcome): void {
    if (!this.#flights.delete(flight.wire.ticket)) return; // (D1)
    const { token } = flight.order.key;
    if (this.#tickets.get(token) === flight.wire.ticket) this.#tickets.delete(token);
    flight.host?.flights.delete(flight.wire.ticket);
    flight.host?.suspects.delete(flight.wire.ticket);
    this.#report(flight, { kind: "ended", outcome });
  }

  #start({ solo, delayMs, generation }: {
    readonly solo: boolean;
    readonly delayMs: number;
    readonly generation: Generation;
  }): void {
    const host: HostRecord = {
      id: this.#nextHost++,
      solo,
      generation,
      flights: new Map(),
      suspects: new Set(),
      evicted: false,
      up: false,
      warm: false,
    };
    this.#hosts.set(host.id, host);
    this.#effects.push({ kind: "start", host: host.id, solo, delayMs });
  }

  /** Ends the hosts of former generations that have nothing left to run. */
  #stopOld(): void {
    for (const host of [...this.#hosts.values()]) {
      const old = host.generation !== this.#current && host.generation !== this.#next;
      if (old && host.flights.size === 0) this.#stop(host);
    }
  }

  #stop(host: HostRecord): void {
    this.#hosts.delete(host.id);
    this.#effects.push({ kind: "stop", host: host.id });
  }

  #send(host: HostRecord, command: HostCommand): void {
    this.#effects.push({ kind: "send", host: host.id, command });
  }

  #report(flight: Flight, saying: Saying): void {
    const { order: { key }, wire: { ticket } } = flight;
    this.#effects.push({ kind: "report", ticket, key, saying });
  }
}

/** What speaks against giving a host another attempt: those it has, and above all that it may soon die of memory. */
function burden(host: HostRecord): number {
  return host.flights.size + (host.suspects.size > 0 ? ATTEMPTS_PER_SUSPECT : 0);
}
