/**
 * MembershipDriver: runs {@link Swim} on the node's clock and wire, and keeps trying to find the others.
 *
 * Intuition: whatever happens becomes an event of the machine, and its effects become messages and calls.
 * Seeds are only the way in: they are resolved again at each attempt, because what a name stands for
 * changes while a node lives.
 *
 * Invariants:
 *   M1. A node that has seeds and sees nobody asks them again, for as long as it lives; one that sees somebody
 *       asks, now and then, those seeds that it does not see: two halves of a cluster find each other.
 *   M2. What cannot be decoded is counted and dropped; nothing that comes from outside throws.
 *   M3. One timer, set for the machine's next tick: a tick that comes late tells the machine that it stood still.
 * @module
 */
import type { Clock, Timer } from "../clock.ts";
import type { BootId } from "../ids.ts";
import {
  JOIN_RETRY_MAX_MS,
  JOIN_RETRY_MIN_MS,
  SEED_ADDRESSES_MAX,
  SEEDS_RECHECK_MS,
} from "../limits.ts";
import { type Address, decodeMessage, type Load, type Metadata } from "./messages.ts";
import type { SwimIdentity } from "./own_member.ts";
import { Swim } from "./swim.ts";
import type { MemberView, SwimCounts, SwimEffect, SwimEvent } from "./swim_events.ts";

/** How membership messages travel: lost, late, doubled and from strangers, as they may be. */
export interface GossipWire {
  /** Sends without waiting; what cannot be sent is lost. Must not throw. */
  send(to: Address, message: unknown): void;
  /** Takes what comes; `from` is where the sender can be answered. */
  receive(handler: (message: unknown, from: Address) => void): void;
}

/** What membership needs of its node. */
export interface MembershipOptions {
  readonly clock: Clock;
  readonly wire: GossipWire;
  readonly identity: SwimIdentity;
  /** Uniform in [0, 1). */
  readonly chance: () => number;
  /** `host:port` each; a host may be a name that stands for many addresses. */
  readonly seeds: readonly string[];
  /** The addresses that a host name stands for now; rejects when it stands for none. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** The set of members, or what one tells of itself, changed (not its load). */
  readonly changed: (change: MemberChange) => void;
  /** Another node was started under this node's name, later than this one. */
  readonly superseded: (by: MemberView) => void;
}

/** What became of a member. */
export interface MemberChange {
  readonly member: MemberView;
  /** Null: it was unknown; equal to `to`: it tells something new of itself. */
  readonly from: MemberView["state"] | null;
  /** Null: it is forgotten. */
  readonly to: MemberView["state"] | null;
}

/** The membership of this node, alive. */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #swim: Swim;
  #timer: Timer | undefined;
  #joinTimer: Timer | undefined;
  #joinPauseMs = JOIN_RETRY_MIN_MS;
  #undecodable = 0;
  #closed = false;
  readonly #onGone: (() => void)[] = [];

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#swim = new Swim(options.identity, options.chance, options.clock.monotonicMs());
    options.wire.receive((message, from) => this.#received(message, from));
  }

  /** Begins to look for others. */
  start(): void {
    this.#setTimer();
    void this.#join();
  }

  /** This node, as others should see it. */
  get self(): MemberView {
    return this.#swim.self;
  }

  /** Everyone known, this node first, the dead and departed included. Cost: O(members). */
  members(): MemberView[] {
    return this.#swim.members();
  }

  /** What happened so far. */
  get counts(): SwimCounts & { readonly undecodable: number } {
    return { ...this.#swim.counts, undecodable: this.#undecodable };
  }

  /** For how long no other member was live, ms; 0 while one is. */
  get aloneForMs(): number {
    return this.#swim.aloneForMs(this.#options.clock.monotonicMs());
  }

  /** Tells the others something new of this node. */
  describe(meta: Partial<Metadata>): void {
    this.#feed({ kind: "described", meta });
  }

  /** Tells the others, soon, how busy this node is. */
  loaded(load: Load): void {
    this.#feed({ kind: "loaded", load });
  }

  /** Something else came from that node: it is alive (counts against suspicion). */
  heard(boot: BootId): void {
    this.#feed({ kind: "heard", boot });
  }

  /** Says goodbye; resolves when that is done. Idempotent. */
  leave(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) return resolve();
      this.#onGone.push(resolve);
      this.#feed({ kind: "leave" });
    });
  }

  /** Falls silent. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#joinTimer?.cancel();
    for (const resolve of this.#onGone.splice(0)) resolve();
  }

  #received(raw: unknown, from: Address): void {
    const message = decodeMessage(raw);
    if (message === undefined) this.#undecodable++; // (M2)
    else this.#feed({ kind: "received", message, from });
  }

  #feed(event: SwimEvent): void {
    if (this.#closed) return;
    const effects = this.#swim.step(event, this.#options.clock.monotonicMs());
    for (const effect of effects) this.#perform(effect);
    this.#setTimer();
  }

  #perform(effect: SwimEffect): void {
    const { wire, changed, superseded } = this.#options;
    switch (effect.kind) {
      case "send":
        return wire.send(effect.to, effect.message);
      case "changed":
        return changed(effect);
      case "updated": {
        const { member } = effect;
        return changed({ member, from: member.state, to: member.state });
      }
      case "superseded":
        return superseded(effect.by);
      case "gone":
        return this.close();
    }
  }

  #setTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const delayMs = this.#swim.nextTickMs - this.#options.clock.monotonicMs();
    if (this.#closed || delayMs === Infinity) return;
    this.#timer = this.#options.clock.after(delayMs, () => this.#feed({ kind: "tick" })); // (M3)
  }

  /** One attempt to reach the seeds that are not seen, and the plan for the next (M1). */
  async #join(): Promise<void> {
    const { clock, seeds } = this.#options;
    const addresses = await this.#seedAddresses();
    if (this.#closed || seeds.length === 0) return;
    const seen = new Set(this.members().filter(isThere).map(({ meta }) => meta.peer));
    const missing = addresses.filter((address) => !seen.has(address));
    if (missing.length > 0) this.#feed({ kind: "join", addresses: missing });
    const alone = this.#swim.others === 0;
    const pauseMs = alone ? this.#joinPauseMs : SEEDS_RECHECK_MS;
    this.#joinPauseMs = alone ? Math.min(JOIN_RETRY_MAX_MS, 2 * pauseMs) : JOIN_RETRY_MIN_MS;
    this.#joinTimer = clock.after(pauseMs, () => void this.#join());
  }

  async #seedAddresses(): Promise<Address[]> {
    const { seeds, resolve } = this.#options;
    const found = await Promise.all(seeds.map(async (seed) => {
      const colon = seed.lastIndexOf(":");
      try {
        const hosts = await resolve(seed.slice(0, colon));
        return hosts.map((host) => `${host}${seed.slice(colon)}`);
      } catch {
        return []; // Not known yet, or not any more: asked again at the next attempt.
      }
    }));
    return [...new Set(found.flat())].slice(0, SEED_ADDRESSES_MAX);
  }
}

function isThere({ state }: MemberView): boolean {
  return state === "alive" || state === "suspect" || state === "draining";
}
