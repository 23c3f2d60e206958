/**
 * Random: the only source of chance of a run, so that a seed repeats it.
 *
 * Intuition: every concern draws from a stream of its own, named by a label. A new draw in one place
 * then shifts no other, and a fate can hang on a name (this attempt, this call) instead of on the
 * order in which things happen to come.
 *
 * Invariant: R1. What a stream yields depends on its seed and label alone.
 * Source: mulberry32 (T. Ettinger), FNV-1a for labels.
 * @module
 */

/** A stream of draws. */
export class Random {
  readonly #seed: number;
  #state: number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.#state = this.#seed;
  }

  /** Another stream, which depends on this one's seed and `label` only (R1). */
  fork(label: string): Random {
    return new Random(hashText(label, this.#seed ^ 0x9e3779b9));
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `from` to `to`, both included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** True with probability `share`. */
  chance(share: number): boolean {
    return this.next() < share;
  }

  /** One of `items`, which must not be empty. */
  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.next() * items.length)] as Item;
  }
}

/** FNV-1a over the UTF-16 units of `text`, continuing from `seed`: 32 bits. */
export function hashText(text: string, seed = 0x811c9dc5): number {
  let hash = seed;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}
