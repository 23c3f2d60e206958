/**
 * Heap: a binary heap that gives back its least item first.
 * @module
 */

/** A priority queue ordered by `before`. Push and pop: O(log n); peek: O(1). */
export class Heap<Item> {
  #items: Item[] = [];

  constructor(private readonly before: (left: Item, right: Item) => boolean) {}

  /** Items held. */
  get size(): number {
    return this.#items.length;
  }

  /** The least item, or undefined. */
  peek(): Item | undefined {
    return this.#items[0];
  }

  /** Adds an item. */
  push(item: Item): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.before(item, items[parent]!)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  /** Removes and returns the least item, or undefined. */
  pop(): Item | undefined {
    const items = this.#items;
    const least = items[0];
    const last = items.pop();
    if (items.length > 0 && last !== undefined) this.#sink(last);
    return least;
  }

  /** Keeps the `count` least items that `keep` accepts; returns the least of those dropped for their number. */
  truncate(count: number, keep: (item: Item) => boolean): Item | undefined {
    const sorted = this.#items.filter(keep).sort((left, right) =>
      this.before(left, right) ? -1 : 1
    );
    // A sorted array is a valid heap.
    this.#items = sorted.slice(0, count);
    return sorted[count];
  }

  #sink(item: Item): void {
    const items = this.#items;
    const half = items.length >> 1;
    let at = 0;
    while (at < half) {
      let child = 2 * at + 1;
      const right = child + 1;
      if (right < items.length && this.before(items[right]!, items[child]!)) child = right;
      if (!this.before(items[child]!, item)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = item;
  }
}
