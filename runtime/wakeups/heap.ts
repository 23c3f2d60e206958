/**
 * Heap: a binary heap that gives back its least item first, and can be cut to its least part.
 *
 * Invariants: H1. `pop` returns items in the order of `before`. H2. `truncate` keeps exactly the least.
 * @module
 */

/** Whether `left` comes before `right`: a strict weak order. */
export type Before<Item> = (left: Item, right: Item) => boolean;

/** A priority queue ordered by `before`. Push and pop: O(log n); peek: O(1). */
export class Heap<Item> {
  #items: Item[] = [];

  constructor(private readonly before: Before<Item>) {}

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

  /** Removes and returns the least item, or undefined (H1). */
  pop(): Item | undefined {
    const items = this.#items;
    const least = items[0];
    const last = items.pop();
    if (items.length > 0 && last !== undefined) this.#sink(last, 0);
    return least;
  }

  /**
   * Forgets what `keep` refuses, then all but the `count` least (H2); returns those dropped for their
   * number, the least of them first, the others in no order. Cost: O(n), without sorting.
   */
  truncate(count: number, keep: (item: Item) => boolean): Item[] {
    const items = this.#items.filter(keep);
    if (items.length > count) selectNth(items, count, this.before);
    const dropped = items.splice(count);
    this.#items = items;
    for (let at = (items.length >> 1) - 1; at >= 0; at--) this.#sink(items[at]!, at);
    return dropped;
  }

  #sink(item: Item, from: number): void {
    const items = this.#items;
    const half = items.length >> 1;
    let at = from;
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

/** Reorders `items` so that the one at `nth` is where sorting would put it, lesser ones before it (Hoare's FIND). */
function selectNth<Item>(items: Item[], nth: number, before: Before<Item>): void {
  let low = 0;
  let high = items.length - 1;
  while (low < high) {
    const pivot = items[(low + high) >> 1]!;
    let left = low;
    let right = high;
    while (left <= right) {
      while (before(items[left]!, pivot)) left++;
      while (before(pivot, items[right]!)) right--;
      if (left > right) break;
      [items[left], items[right]] = [items[right]!, items[left]!];
      left++;
      right--;
    }
    if (nth <= right) high = right;
    else if (nth >= left) low = left;
    else return;
  }
}
