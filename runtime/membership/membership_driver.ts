/**
 * Membership: runs the {@link Swim} machine on a real clock and a real wire.
 *
 * Intuition: messages, time and what the node tells of itself are events; each is one step, whose effects are
 * performed before the next. One timer waits for the machine's next tick. How late it fires is how the machine
 * notices that this event loop stood still, so nothing else may tick it.
 *
 * Invariants:
 *   E1. After every step a timer is set for the machine's next tick or an earlier time, until it is gone.
 *   E2. Nothing of a message is used that the decoder did not let through; what it refused is counted.
 *   E3. Effects are performed in their order, listeners told last and outside of any step: they may call back.
 *   E4. A message that can't be sent is a lost message: the protocol is made for them.
 * @module
 */
import type { Clock, Timer } from "../clock.ts";
import { Fault } from "../fault.ts";
import type { BootId, NodeName } from "../ids.ts";
import { ALONE_AFTER_MS } from "../limits.ts";
import { Joining, type Resolve } from "./joining_driver.ts";
import { type Address, decodeMessage, type Load, type Metadata } from "./messages.ts";
import { isLive } from "./record.ts";
import { Swim } from "./swim.ts";
import type { MemberView, SwimCounts, SwimEffect, SwimEvent } from "./swim_events.ts";

/** How messages travel: unreliable, unordered, JSON-able. */
export interface GossipWire {
  /** Sends without waiting; may throw a `Fault` when it knows that it can't, and nothing else. */
  send(to: Address, message: unknown): void;
  /** Calls `handler` for every message, with the address at which its sender can be answered. */
  onMessage(handler: (message: unknown, from: Address) => void): void;
}

/** What changed in the view. */
export type ViewChange = Exclude<SwimEffect, { readonly kind: "send" } | { readonly kind: "gone" }>;

/** What a node's membership needs. */
export interface MembershipOptions {
  readonly clock: Clock;
  readonly wire: GossipWire;
  readonly name: NodeName;
  readonly boot: BootId;
  readonly meta: Metadata;
  /** Nodes to join through: `host:port`, the host being a name or an address. */
  readonly seeds: readonly Address[];
  readonly resolve: Resolve;
  /** Draws from [0, 1). */
  readonly chance: () => number;
  /** A seed's name could not be resolved; it is tried again. */
  readonly unresolved: (seed: Address, error: unknown) => void;
}

/** What was counted since the start. */
export interface MembershipCounts extends SwimCounts {
  /** Messages that were none (E2). */
  readonly malformed: number;
  /** Messages that could not be sent (E4). */
  readonly unsent: number;
}

/** The membership of this node. */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #swim: Swim;
  readonly #joining: Joining;
  readonly #listeners = new Set<(change: ViewChange) => void>();
  /** Changes that listeners were not told of yet (E3). */
  readonly #untold: ViewChange[] = [];
  #telling = false;
  #timer: Timer | undefined;
  #timerAtMs = Infinity;
  #hadOthers = false;
  #malformed = 0;
  #unsent = 0;
  #state: "new" | "running" | "closed" = "new";
  #leaving: PromiseWithResolvers<void> | undefined;

  /** Throws `InvariantError` when `options.meta` is beyond the bounds of metadata. */
  constructor(options: MembershipOptions) {
    const { clock, chance, name, boot, meta } = options;
    this.#options = options;
    const identity = { name, boot, meta, bornMs: Math.max(0, Math.floor(clock.wallMs())) };
    this.#swim = new Swim(identity, chance, clock.monotonicMs());
    this.#joining = new Joining({
      ...options,
      hasJoined: () => this.#swim.others > 0,
      isKnown: (address) => this.#isKnown(address),
      join: (addresses) => this.#feed({ kind: "join", addresses }),
    });
  }

  /** Begins to take part, and to look for others until some are found. Call once. */
  start(): void {
    this.#state = "running";
    this.#options.wire.onMessage((raw, from) => this.#take(raw, from));
    this.#feed({ kind: "tick" });
    this.#joining.attempt();
  }

  /** This node as others see it. */
  get self(): MemberView {
    return this.#swim.self;
  }

  /** Everyone known, this node first, the dead and departed included. Cost: O(members). */
  members(): MemberView[] {
    return this.#swim.members();
  }

  /** True when others are live, or there is nobody to join: no seed but this node itself. */
  get joined(): boolean {
    const { seeds, meta } = this.#options;
    return this.#swim.others > 0 || seeds.every((seed) => seed === meta.peer);
  }

  /** True when this node, which is not meant to be alone, sees no other for `ALONE_AFTER_MS`: it may be cut off. */
  get alone(): boolean {
    if (this.joined && !this.#hadOthers) return false;
    return this.#swim.aloneForMs(this.#options.clock.monotonicMs()) >= ALONE_AFTER_MS;
  }

  /** How well this node finds itself: 0 (well) to `LOCAL_HEALTH_MAX`. */
  get localHealth(): number {
    return this.#swim.localHealth;
  }

  /** What happened so far. */
  get counts(): MembershipCounts {
    return { ...this.#swim.counts, malformed: this.#malformed, unsent: this.#unsent };
  }

  /** Calls `listener`, which must not throw, for every change from now on; the result ends that. */
  onChange(listener: (change: ViewChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Changes what this node tells of itself. Throws `InvariantError` beyond the bounds of metadata. */
  setMeta(meta: Partial<Metadata>): void {
    this.#feed({ kind: "described", meta });
  }

  /** This node is now so busy. Call it as often as you like: it is told once a second at most. */
  setLoad(load: Load): void {
    this.#feed({ kind: "loaded", load });
  }

  /** Something other than membership messages came from that boot just now. */
  heard(boot: BootId): void {
    this.#feed({ kind: "heard", boot });
  }

  /** This event loop stood still for `ms`, as something else than a late timer shows. */
  stalled(ms: number): void {
    this.#feed({ kind: "stalled", ms });
  }

  /** Says goodbye; resolves when that is done, within a second, or at once when this is closed. Idempotent. */
  leave(): Promise<void> {
    this.#joining.close();
    if (this.#state !== "running") return Promise.resolve();
    if (this.#leaving === undefined) {
      this.#leaving = Promise.withResolvers<void>();
      this.#feed({ kind: "leave" });
    }
    return this.#leaving.promise;
  }

  /** Ends at once, without a word. Idempotent. */
  close(): void {
    this.#state = "closed";
    this.#joining.close();
    this.#timer?.cancel();
    this.#listeners.clear();
    this.#leaving?.resolve();
  }

  #take(raw: unknown, from: Address): void {
    const message = decodeMessage(raw);
    if (message !== undefined) this.#feed({ kind: "received", message, from });
    else this.#malformed++;
  }

  #feed(event: SwimEvent): void {
    if (this.#state !== "running") return;
    for (const effect of this.#swim.step(event, this.#options.clock.monotonicMs())) {
      if (effect.kind === "send") this.#send(effect.to, effect.message);
      else if (effect.kind === "gone") this.#leaving?.resolve();
      else this.#untold.push(effect);
    }
    this.#arm();
    this.#tell();
  }

  #send(to: Address, message: unknown): void {
    try {
      this.#options.wire.send(to, message);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#unsent++;
    }
  }

  /** Sets the timer for the next tick; one that is set for an earlier time stays (E1). */
  #arm(): void {
    const { nextTickMs } = this.#swim;
    if (nextTickMs >= this.#timerAtMs || nextTickMs === Infinity) return;
    this.#timer?.cancel();
    this.#timerAtMs = nextTickMs;
    const delayMs = nextTickMs - this.#options.clock.monotonicMs();
    this.#timer = this.#options.clock.after(delayMs, () => this.#fired());
  }

  #fired(): void {
    this.#timerAtMs = Infinity;
    if (this.#swim.nextTickMs > this.#options.clock.monotonicMs()) this.#arm();
    else this.#feed({ kind: "tick" });
  }

  /** Tells listeners what changed, in order, also when they cause further changes (E3). */
  #tell(): void {
    if (this.#telling) return;
    this.#telling = true;
    for (let change = this.#untold.shift(); change; change = this.#untold.shift()) {
      if (this.#swim.others > 0) this.#hadOthers = true;
      // Whoever lost all others looks for them at once.
      else if (this.#hadOthers && this.#leaving === undefined) this.#joining.attempt();
      for (const listener of this.#listeners) listener(change);
    }
    this.#telling = false;
  }

  #isKnown(address: Address): boolean {
    if (this.#options.meta.peer === address) return true;
    for (const record of this.#swim.peers()) {
      if (isLive(record) && record.meta.peer === address) return true;
    }
    return false;
  }
}
