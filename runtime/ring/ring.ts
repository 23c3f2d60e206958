/**
 * Ring: where on a circle of hashes each node stands, and who comes first from a given point on.
 *
 * Intuition: every node stands at many points that depend on its name alone, so that a node that comes or goes
 * changes nothing between the others, and one that comes back stands where it stood. A heavier node
 * stands at more points.
 *
 * Invariants: RG1. A node's points depend on its name and weight alone. RG2. `from` visits every node once.
 * Source: Karger et al., Consistent Hashing and Random Trees (1997).
 * @module
 */
import { invariant } from "../fault.ts";
import type { NodeName, ShardId } from "../ids.ts";
import { RING_POINTS_MAX } from "../limits.ts";
import { hash32 } from "./hash.ts";

/** A node that can own shards; `weight` (more than 0) is its share relative to the others'. */
export interface RingNode {
  readonly name: NodeName;
  readonly weight: number;
}

/** Points of a node of weight 1: few enough to be cheap, enough that shares differ little before the cap evens them. */
const POINTS = 64;

/** The circle of one set of nodes. Making it costs O(points · log points). */
export class Ring {
  readonly #hashes: Uint32Array;
  /** Who stands at each point, as a number of {@link nodes}. */
  readonly #holders: Uint16Array;
  /** The nodes by name, whatever order they came in. */
  readonly nodes: readonly RingNode[];

  constructor(nodes: Iterable<RingNode>) {
    this.nodes = [...nodes].sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
    const points: [hash: number, holder: number][] = [];
    for (const [holder, { name, weight }] of this.nodes.entries()) {
      invariant(weight > 0, `node ${name} has weight ${weight}`);
      invariant(this.nodes[holder + 1]?.name !== name, `two nodes are named ${name}`);
      const count = Math.min(RING_POINTS_MAX, Math.max(1, Math.round(POINTS * weight)));
      for (let at = 0; at < count; at++) points.push([hash32(`${name}#${at}`), holder]);
    }
    // Two points may coincide: then the name decides, on every node alike.
    points.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    this.#hashes = Uint32Array.from(points, ([hash]) => hash);
    this.#holders = Uint16Array.from(points, ([, holder]) => holder);
  }

  /**
   * The nodes as they follow clockwise from where `shard` stands, as numbers of {@link nodes} (RG2): the first is
   * its home. Lazy: the first costs O(log points), all of them O(points).
   */
  *from(shard: ShardId): Generator<number, void> {
    const { length } = this.#hashes;
    const start = this.#firstFrom(hash32(`shard ${shard}`));
    const seen = new Set<number>();
    for (let step = 0; step < length && seen.size < this.nodes.length; step++) {
      const holder = this.#holders[(start + step) % length] as number;
      if (seen.has(holder)) continue;
      seen.add(holder);
      yield holder;
    }
  }

  /**
   * The first node clockwise from where `shard` stands that `accepts` takes, as a number of {@link nodes}; -1 when
   * none does. It may be asked about the same node again. Cost: O(log points + points passed), nothing allocated.
   */
  first(shard: ShardId, accepts: (node: number) => boolean): number {
    const { length } = this.#holders;
    let at = length === 0 ? 0 : this.#firstFrom(hash32(`shard ${shard}`));
    for (let step = 0; step < length; step++) {
      const holder = this.#holders[at] as number;
      if (accepts(holder)) return holder;
      at = at + 1 === length ? 0 : at + 1;
    }
    return -1;
  }

  /** The first point at or behind `hash`; 0 when there is none: the circle closes. */
  #firstFrom(hash: number): number {
    let [low, high] = [0, this.#hashes.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#hashes[middle] as number) < hash) low = middle + 1;
      else high = middle;
    }
    return low % Math.max(1, this.#hashes.length);
  }
}
