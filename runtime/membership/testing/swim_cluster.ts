/**
 * SwimCluster: many membership machines on virtual time, with a network that misbehaves on purpose.
 *
 * Intuition: one heap of moments. A message is a moment at which it arrives, unless the weather takes it.
 * A paused node keeps what comes in the meantime, ticks first, as an event loop that wakes does.
 *
 * Invariant: X1. A run depends on its seed and on what the test does, on nothing else.
 * @module
 */
import { Random } from "../../../sim/world/random.ts";
import { Heap } from "../../wakeups/heap.ts";
import { decodeMessage, type Metadata, type SwimMessage } from "../messages.ts";
import { Swim } from "../swim.ts";
import type { SwimEffect, SwimEvent } from "../swim_events.ts";
import { identityOf } from "./people.ts";

/** What the network does to messages. */
export interface Weather {
  /** Share of messages lost, 0 to 1. */
  loss: number;
  /** Share of messages that arrive twice. */
  duplicates: number;
  /** The way takes between these, ms. */
  delayMs: readonly [number, number];
  /** Messages between these two nodes, in this direction, are lost. */
  cut: (from: SwimNode, to: SwimNode) => boolean;
}

/** One node of the cluster. */
export interface SwimNode {
  readonly boot: string;
  readonly address: string;
  readonly swim: Swim;
  /** Not crashed, not gone. Others must think it alive. */
  up: boolean;
  /** Until when it stands still, ms. */
  pausedUntilMs: number;
  /** When it is ticked next, as far as it is planned. */
  tickAtMs: number;
  readonly backlog: SwimEvent[];
}

/** Somebody's view of somebody changed. */
export interface Sighting {
  readonly atMs: number;
  readonly by: SwimNode;
  readonly of: string;
  readonly from: string | null;
  readonly to: string | null;
  /** Whether the one seen was up at that time. */
  readonly wasUp: boolean;
}

interface Moment {
  readonly atMs: number;
  readonly order: number;
  readonly happen: () => void;
}

/** A cluster to be driven by a test. */
export class SwimCluster {
  readonly weather: Weather = { loss: 0, duplicates: 0, delayMs: [0.2, 2], cut: () => false };
  readonly sightings: Sighting[] = [];
  readonly nodes: SwimNode[] = [];
  nowMs = 0;
  /** Messages sent so far. */
  messages = 0;
  readonly #random: Random;
  readonly #chances: Random;
  readonly #moments = new Heap<Moment>((left, right) =>
    left.atMs === right.atMs ? left.order < right.order : left.atMs < right.atMs
  );
  readonly #byAddress = new Map<string, SwimNode>();
  readonly #byBoot = new Map<string, SwimNode>();
  /** Every message as JSON and through the decoder, as a real wire does it. */
  readonly #json: boolean;
  #order = 0;

  constructor(seed: number, options: { readonly json?: boolean } = {}) {
    this.#random = new Random(seed).fork("weather");
    this.#chances = new Random(seed).fork("nodes");
    this.#json = options.json ?? false;
  }

  /** Starts a node such as `b1` at `address` (by default one of its own), which joins through `seeds`. */
  start(
    boot: string,
    options: { seeds?: readonly string[]; address?: string; meta?: Partial<Metadata> } = {},
  ): SwimNode {
    const identity = identityOf(boot);
    const address = options.address ?? identity.meta.peer;
    const meta = { ...identity.meta, peer: address, ...options.meta };
    const chances = this.#chances.fork(boot);
    const swim = new Swim({ ...identity, meta }, () => chances.next(), this.nowMs);
    const start = { up: true, pausedUntilMs: 0, tickAtMs: Infinity, backlog: [] };
    const node: SwimNode = { boot, address, swim, ...start };
    this.nodes.push(node);
    this.#byAddress.set(address, node);
    this.#byBoot.set(boot, node);
    this.feed(node, { kind: "join", addresses: options.seeds ?? [] });
    return node;
  }

  /** Starts `count` nodes named `n0…`, boot `1`, all joining through the first, and lets them settle. */
  startMany(count: number, settleMs = 5_000): SwimNode[] {
    for (let at = 0; at < count; at++) this.start(`n${at}x1`, { seeds: ["n0x1:1"] });
    this.run(settleMs);
    return this.nodes;
  }

  /** Ends a node without a word. */
  crash(node: SwimNode): void {
    node.up = false;
  }

  /** Lets a node stand still for `ms`: what comes meanwhile waits. */
  pause(node: SwimNode, ms: number): void {
    node.pausedUntilMs = this.nowMs + ms;
    this.at(node.pausedUntilMs, () => this.#resume(node));
  }

  /** Makes something happen at `atMs`. */
  at(atMs: number, happen: () => void): void {
    this.#moments.push({ atMs, order: this.#order++, happen });
  }

  /** Lets `ms` pass, or less, when `until` becomes true, looked at every 10 ms; returns how much passed. */
  run(ms: number, until?: () => boolean): number {
    const beganMs = this.nowMs;
    const endMs = beganMs + ms;
    while (this.nowMs < endMs && !until?.()) {
      const stepEndMs = until ? Math.min(endMs, this.nowMs + 10) : endMs;
      for (let next = this.#moments.peek(); next && next.atMs <= stepEndMs;) {
        this.#moments.pop();
        this.nowMs = Math.max(this.nowMs, next.atMs);
        next.happen();
        next = this.#moments.peek();
      }
      this.nowMs = stepEndMs;
    }
    return this.nowMs - beganMs;
  }

  /** Hands an event to a node, now, or when it wakes. */
  feed(node: SwimNode, event: SwimEvent): void {
    if (!node.up) return;
    if (node.pausedUntilMs > this.nowMs) node.backlog.push(event);
    else this.#perform(node, node.swim.step(event, this.nowMs));
  }

  /** True when every node that is up takes exactly those that are up for live. */
  get converged(): boolean {
    const up = this.nodes.filter((node) => node.up);
    return up.every(({ swim }) =>
      swim.others === up.length - 1 &&
      swim.members().every(({ boot, state }) =>
        state === "alive" ? this.#byBoot.get(boot)?.up === true : state !== "suspect"
      )
    );
  }

  /** Nodes that were declared dead, or forgotten, while they were up. */
  get falseDeaths(): Sighting[] {
    return this.sightings.filter(({ to, wasUp }) => wasUp && (to === "dead" || to === null));
  }

  /** True when every other node that is up sees `node` as `state`. */
  seenAs(node: SwimNode, state: string): boolean {
    return this.nodes.every((other) =>
      other === node || !other.up ||
      other.swim.members().some((seen) => seen.boot === node.boot && seen.state === state)
    );
  }

  /** True while some other node that is up takes `node` for live. */
  isLiveForAnyone(node: SwimNode): boolean {
    const isLive = (state: string) => state !== "dead" && state !== "left";
    return this.nodes.some((other) =>
      other !== node && other.up &&
      other.swim.members().some((seen) => seen.boot === node.boot && isLive(seen.state))
    );
  }

  #resume(node: SwimNode): void {
    if (node.pausedUntilMs > this.nowMs || !node.up) return;
    const waiting = node.backlog.splice(0);
    for (const event of waiting) if (event.kind === "tick") this.feed(node, event);
    for (const event of waiting) if (event.kind !== "tick") this.feed(node, event);
  }

  #perform(node: SwimNode, effects: readonly SwimEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === "send") this.#send(node, effect.to, effect.message);
      else if (effect.kind === "gone") node.up = false;
      else if (effect.kind === "changed") {
        const { member, from, to } = effect;
        const wasUp = this.#byBoot.get(member.boot)?.up ?? false;
        this.sightings.push({ atMs: this.nowMs, by: node, of: member.boot, from, to, wasUp });
      }
    }
    const { nextTickMs } = node.swim;
    if (nextTickMs >= node.tickAtMs || !node.up) return;
    node.tickAtMs = nextTickMs;
    this.at(nextTickMs, () => this.#tick(node, nextTickMs));
  }

  #tick(node: SwimNode, plannedMs: number): void {
    // Another one was planned for an earlier time meanwhile.
    if (node.tickAtMs !== plannedMs) return;
    node.tickAtMs = Infinity;
    if (node.swim.nextTickMs > this.nowMs) this.#perform(node, []);
    else this.feed(node, { kind: "tick" });
  }

  #send(from: SwimNode, address: string, message: SwimMessage): void {
    this.messages++;
    const to = this.#byAddress.get(address);
    if (to === undefined || this.weather.cut(from, to)) return;
    const copies = this.#random.chance(this.weather.duplicates) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (this.#random.chance(this.weather.loss)) continue;
      const [leastMs, mostMs] = this.weather.delayMs;
      const delayMs = leastMs + this.#random.next() * (mostMs - leastMs);
      this.at(this.nowMs + delayMs, () => this.#arrive(from, to.address, message));
    }
  }

  #arrive(from: SwimNode, address: string, message: SwimMessage): void {
    const to = this.#byAddress.get(address);
    if (to === undefined) return;
    const read = this.#json ? decodeMessage(JSON.parse(JSON.stringify(message))) : message;
    if (read === undefined) throw new Error(`not decodable: ${JSON.stringify(message)}`);
    this.feed(to, { kind: "received", message: read, from: from.address });
  }
}
