/**
 * MembershipDriver: runs {@link Swim} on the node's clock and wire, and keeps trying to find the others.
 *
 * Intuition: whatever happens becomes an event of the machine, and its effects become messages and calls.
 *
 * Invariants:
 *   M1. A node that lost sight of all others looks for them at once (and then as joining_driver.ts says).
 *   M2. What cannot be decoded is counted and dropped; nothing that comes from outside throws.
 *   M3. One timer, set for the machine's next tick: a tick that comes late tells the machine that it stood still.
 * @module
 */
import type { Clock, Timer } from "../clock.ts";
import type { BootId } from "../ids.ts";
import { ALONE_AFTER_MS } from "../limits.ts";
import { Joining, type Resolve } from "./joining_driver.ts";
import { type Address, decodeMessage, type Load, type Metadata } from "./messages.ts";
import type { SwimIdentity } from "./own_member.ts";
import { isLive } from "./record.ts";
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
  readonly resolve: Resolve;
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
  readonly #joining: Joining;
  #undecodable = 0;
  #closed = false;
  #hadOthers = false;
  readonly #onGone: (() => void)[] = [];

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#swim = new Swim(options.identity, options.chance, options.clock.monotonicMs());
    this.#joining = new Joining({
      clock: options.clock,
      chance: options.chance,
      seeds: options.seeds,
      resolve: options.resolve,
      hasJoined: () => this.#swim.others > 0,
      isKnown: (address) => this.#isKnown(address),
      join: (addresses) => this.#feed({ kind: "join", addresses }),
    });
    options.wire.receive((message, from) => this.#received(message, from));
  }

  /** Begins to look for others. */
  start(): void {
    this.#setTimer();
    this.#joining.attempt();
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

  /** True when this node, which knew others or has seeds to find them by, saw nobody for `ALONE_AFTER_MS`: cut off. */
  get aloneForLong(): boolean {
    const isMeantToBe = !this.#hadOthers &&
      this.#options.seeds.every((seed) => this.#isKnown(seed));
    return !isMeantToBe && this.aloneForMs >= ALONE_AFTER_MS;
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
    this.#joining.close();
    for (const resolve of this.#onGone.splice(0)) resolve();
  }

  #received(raw: unknown, from: Address): void {
    const message = decodeMessage(raw);
    if (message === undefined) this.#undecodable++; // (M2)
    else this.#feed({ kind: "received", message, from });
  }

  #feed(event: SwimEvent): void {
    if (this.#closed) return;
    const { others } = this.#swim;
    const effects = this.#swim.step(event, this.#options.clock.monotonicMs());
    this.#hadOthers ||= this.#swim.others > 0;
    for (const effect of effects) this.#perform(effect);
    this.#setTimer();
    if (others > 0 && this.#swim.others === 0 && !this.#closed) this.#joining.attempt(); // (M1)
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

  /** Whether `address` is this node's, or that of a live member. */
  #isKnown(address: Address): boolean {
    if (this.self.meta.peer === address) return true;
    for (const record of this.#swim.peers()) {
      if (isLive(record) && record.meta.peer === address) return true;
    }
    return false;
  }
}
