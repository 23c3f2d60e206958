/**
 * ProbeList: the other live members, in the order in which they are probed, and random ones of them.
 *
 * Intuition: going round a shuffled list probes everybody equally often and bounds the time until a
 * dead member is probed, which drawing at random would not. Newcomers enter at a random place, so
 * that a wave of them is not probed last by all. Each half is shuffled by itself between rounds: who was
 * probed early stays early, and nobody waits for two rounds.
 *
 * Invariants:
 *   B1. Between two probes of a member lie fewer than 1.5·n + 1 others, while nobody joins or leaves.
 *   B2. Cost: O(1) per probe, amortised; O(count) per sample; O(n) per removal, which is rare.
 * Source: SWIM §4.3.
 * @module
 */
import type { BootId } from "../../ids.ts";

/** Draws per member sought, and some: where most are unwanted a sample may come out smaller. */
const TRIES_FACTOR = 4;
const TRIES_MIN = 8;

/** The live members but this node. */
export class ProbeList {
  readonly #boots: BootId[] = [];
  readonly #chance: () => number;
  #next = 0;

  /** `chance` draws from [0, 1). */
  constructor(chance: () => number) {
    this.#chance = chance;
  }

  /** Members listed. */
  get size(): number {
    return this.#boots.length;
  }

  /** Lists a member at a random place; it must not be listed yet. */
  insert(boot: BootId): void {
    const at = this.#draw(this.#boots.length + 1);
    this.#boots.splice(at, 0, boot);
    // Who stood at the next place and moved away is still the next one.
    if (at < this.#next) this.#next++;
  }

  /** Takes a member off the list. */
  remove(boot: BootId): void {
    const at = this.#boots.indexOf(boot);
    if (at === -1) return;
    this.#boots.splice(at, 1);
    if (at < this.#next) this.#next--;
  }

  /** The member to probe next (B1); undefined when there is none. */
  next(): BootId | undefined {
    if (this.#next >= this.#boots.length) {
      this.#next = 0;
      const middle = this.#boots.length >> 1;
      this.#shuffle(0, middle);
      this.#shuffle(middle, this.#boots.length);
    }
    return this.#boots[this.#next++];
  }

  /** Up to `count` different members at random that `wanted` accepts. */
  sample(count: number, wanted: (boot: BootId) => boolean): BootId[] {
    const found: BootId[] = [];
    // Drawn without putting back: places that were drawn are covered by what stood last.
    const covered = new Map<number, BootId>();
    const standing = (at: number) => covered.get(at) ?? this.#boots[at] as BootId;
    const leastLeft = Math.max(0, this.#boots.length - TRIES_FACTOR * count - TRIES_MIN);
    for (let left = this.#boots.length; left > leastLeft && found.length < count; left--) {
      const at = this.#draw(left);
      const boot = standing(at);
      covered.set(at, standing(left - 1));
      if (wanted(boot)) found.push(boot);
    }
    return found;
  }

  #shuffle(from: number, to: number): void {
    for (let at = to - 1; at > from; at--) {
      const other = from + this.#draw(at - from + 1);
      const held = this.#boots[at] as BootId;
      this.#boots[at] = this.#boots[other] as BootId;
      this.#boots[other] = held;
    }
  }

  #draw(below: number): number {
    return Math.floor(this.#chance() * below);
  }
}
