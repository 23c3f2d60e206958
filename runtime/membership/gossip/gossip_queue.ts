/**
 * GossipQueue: what is still to be told, and how often it was.
 *
 * Intuition: every message takes some news along, the least told first. News told often enough has
 * reached everybody with high probability and is dropped; newer news of the same subject replaces older.
 *
 * Invariants:
 *   Q1. An item is handed out at most `4·ceil(log10(n+1))` times, n being the cluster's size then.
 *   Q2. One item per subject: the queue is bounded by the number of subjects.
 *   Q3. Taking costs O(what is taken + the limit), however long the queue is.
 * Source: SWIM (Das, Gupta, Motivala 2002) §4.1; the factor 4 as in memberlist.
 * @module
 */

const RETRANSMIT_FACTOR = 4;

/** How often an item is told in a cluster of `members`. */
export function retransmitLimit(members: number): number {
  return RETRANSMIT_FACTOR * Math.ceil(Math.log10(members + 1));
}

/** How much may be taken at a time. */
export interface TakeBounds {
  readonly count: number;
  /** Characters in all, by `charsOf`; the first item that does not fit ends the taking. */
  readonly chars: number;
  /** The cluster's size, this node included. */
  readonly members: number;
}

interface Entry<Item> {
  readonly item: Item;
  readonly chars: number;
}

/** News of one kind. */
export class GossipQueue<Item> {
  /** By how often they were told: `#tiers[2]` holds what was told twice, oldest first. */
  readonly #tiers: Map<string, Entry<Item>>[] = [];
  readonly #tierOf = new Map<string, number>();
  readonly #charsOf: (item: Item) => number;

  constructor(charsOf: (item: Item) => number) {
    this.#charsOf = charsOf;
  }

  /** Items that are still to be told. */
  get size(): number {
    return this.#tierOf.size;
  }

  /** True while something was never told. */
  get hasFresh(): boolean {
    return (this.#tiers[0]?.size ?? 0) > 0;
  }

  /** Queues news of `subject`, in place of what was queued of it (Q2). */
  put(subject: string, item: Item): void {
    this.drop(subject);
    this.#place(0, subject, { item, chars: this.#charsOf(item) });
  }

  /** Forgets the news of `subject`. */
  drop(subject: string): void {
    const tier = this.#tierOf.get(subject);
    if (tier === undefined) return;
    this.#tierOf.delete(subject);
    this.#tiers[tier]?.delete(subject);
  }

  /** Takes items for one message, the least told first, each counted as told once more (Q1, Q3). */
  take({ count, chars, members }: TakeBounds): Item[] {
    const taken: [string, Entry<Item>, number][] = [];
    const limit = retransmitLimit(members);
    let room = chars;
    for (const [tier, entries] of this.#tiers.entries()) {
      for (const [subject, entry] of entries) {
        if (taken.length >= count || entry.chars > room) break;
        room -= entry.chars;
        taken.push([subject, entry, tier + 1]);
      }
      if (taken.length >= count) break;
    }
    for (const [subject, entry, told] of taken) {
      this.drop(subject);
      if (told < limit) this.#place(told, subject, entry);
    }
    return taken.map(([, { item }]) => item);
  }

  #place(tier: number, subject: string, entry: Entry<Item>): void {
    while (this.#tiers.length <= tier) this.#tiers.push(new Map());
    this.#tiers[tier]?.set(subject, entry);
    this.#tierOf.set(subject, tier);
  }
}
