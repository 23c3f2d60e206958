/**
 * Placement: which node should own each shard, given who is there and who owns what now.
 *
 * Intuition: whoever has a shard keeps it while it has room. What nobody has, or what is too much for its owner,
 * goes to the first node clockwise among those that have least: below their floor, else below their fair
 * share. Only a node that is then still below its floor, as one that comes to a large
 * cluster is, draws what it lacks from those that have most. Every node reckons this by itself from the same view
 * and comes to the same answer; while views differ, the store decides who gets a shard.
 *
 *     0 ──── floor = ⌊share ÷ 1.1⌋ ──── fair = ⌈share⌉ ──── cap = ⌈share × 1.1⌉
 *
 * Invariants:
 *   PL1. The answer depends on the set of nodes, their weights and the owners alone, not on any order.
 *   PL2. Every shard has a place if there is a node, and no node has more than its cap or less than its floor.
 *   PL3. A node that goes moves its own shards alone, but for one of rounding to each that is left short of its
 *        floor, and no node ends above its fair share because of it.
 *   PL4. When a node comes, at most its fair share and a tenth moves, and it is given its fair share at most.
 *   PL5. While moves are under way, what is left to move is never more than the rest of them; so an answer that
 *        was put into effect is its own answer.
 * Source: Mirrokni, Thorup, Zadimoghaddam, Consistent Hashing with Bounded Loads (2017); floors: docs/adr/0012.
 * @module
 */
import type { NodeName, ShardId } from "../ids.ts";
import { Ring, type RingNode } from "./ring.ts";

/** What is known of the cluster. */
export interface PlacementView {
  /** Number of shards of the cluster. */
  readonly shards: number;
  /** Nodes that may own shards: alive, not draining, of the right role. */
  readonly nodes: Iterable<RingNode>;
  /** Who owns a shard now, as far as known; null when nobody does. */
  readonly ownerOf: (shard: ShardId) => NodeName | null;
}

/** How much more, or less, than its fair share a node may own, in tenths: more moves less, less evens better. */
const TENTHS = 11;
/** What rounding errors of a fair share stay below, and no real difference does. */
const EPSILON = 1e-6;
const NOWHERE = -1;

/**
 * The owner that each shard should have, by shard number; all null without nodes.
 * Cost: O(points · log points + shards · log points) typical, some ms for 4,096 shards on 50 nodes.
 */
export function placement(view: PlacementView): readonly (NodeName | null)[] {
  const plan = new Plan(view);
  if (plan.ring.nodes.length > 0) {
    plan.keep();
    plan.trim();
    plan.spread();
    plan.draw();
  }
  return Array.from(plan.places, (node) => plan.ring.nodes[node]?.name ?? null);
}

/** How many shards a node may have. */
export interface Bounds {
  /** Below it, a node draws from others. */
  readonly floor: number;
  /** Up to here it is given what has no place: all shards find one, as these are together at least as many. */
  readonly fair: number;
  /** Above it, a node gives up the rest. */
  readonly cap: number;
}

/** The bounds of each of `nodes`, by their weights (PL2). */
export function boundsOf(nodes: readonly RingNode[], shards: number): Bounds[] {
  // In one order whatever the nodes' (PL1): sums of fractions depend on it in their last bit.
  const weights = nodes.map(({ weight }) => weight).sort((one, other) => one - other);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return nodes.map(({ weight }) => {
    const share = shards * weight / total;
    return {
      floor: Math.floor(share * 10 / TENTHS + EPSILON),
      fair: Math.ceil(share - EPSILON),
      cap: Math.ceil(share * TENTHS / 10 - EPSILON),
    };
  });
}

/** A placement in the making: its steps, in their order. */
class Plan {
  readonly ring: Ring;
  /** By shard, the number of its node. */
  readonly places: Int32Array;
  readonly #ownerOf: PlacementView["ownerOf"];
  readonly #bounds: readonly Bounds[];
  /** By node, how many shards it has. */
  readonly #counts: number[];

  constructor({ shards, nodes, ownerOf }: PlacementView) {
    this.ring = new Ring(nodes);
    this.places = new Int32Array(shards).fill(NOWHERE);
    this.#ownerOf = ownerOf;
    this.#bounds = boundsOf(this.ring.nodes, shards);
    this.#counts = this.#bounds.map(() => 0);
  }

  /** Leaves every shard with the owner that it has. */
  keep(): void {
    const numbers = new Map(this.ring.nodes.map(({ name }, number) => [name, number]));
    for (let shard = 0 as ShardId; shard < this.places.length; shard++) {
      const number = numbers.get(this.#ownerOf(shard) as NodeName);
      if (number !== undefined) this.#put(shard, number);
    }
  }

  /** Takes from every owner what is above its cap. */
  trim(): void {
    const hungry = this.#counts.map((_, node) => this.#lacks(node, "floor"));
    for (const [node, { cap }] of this.#bounds.entries()) {
      const surplus = this.#count(node) - cap;
      if (surplus <= 0) continue;
      for (const shard of this.#leavingFirst(node, hungry).slice(0, surplus)) this.#take(shard);
    }
  }

  /** Gives what has no place to the first on the ring of those who have least. */
  spread(): void {
    for (let shard = 0 as ShardId; shard < this.places.length; shard++) {
      if (this.places[shard] !== NOWHERE) continue;
      const starving = this.#counts.some((_, node) => this.#lacks(node, "floor"));
      const bound = starving ? "floor" : "fair";
      this.#put(shard, this.ring.first(shard, (node) => this.#lacks(node, bound)));
    }
  }

  /** Fills every node to its floor from those that have most for their weight. */
  draw(): void {
    for (let node = 0; node < this.#counts.length; node++) {
      const only = this.#counts.map((_, at) => at === node);
      const leaving = new Map<number, ShardId[]>();
      while (this.#lacks(node, "floor")) {
        const giver = this.#richest();
        const shards = leaving.get(giver) ?? this.#leavingFirst(giver, only).reverse();
        leaving.set(giver, shards);
        const shard = shards.pop() as ShardId;
        this.#take(shard);
        this.#put(shard, node);
      }
    }
  }

  /** The shards of `node` in the order in which it gives them up: first those that meet a hungry node before it. */
  #leavingFirst(node: number, hungry: readonly boolean[]): ShardId[] {
    const leaving: ShardId[] = [];
    const staying: ShardId[] = [];
    for (let shard = 0 as ShardId; shard < this.places.length; shard++) {
      if (this.places[shard] !== node) continue;
      const met = this.ring.first(shard, (other) => other === node || hungry[other] === true);
      (met === node ? staying : leaving).push(shard);
    }
    return [...leaving, ...staying];
  }

  #richest(): number {
    const wealth = (node: number) => this.#count(node) / (this.ring.nodes[node] as RingNode).weight;
    let richest = 0;
    for (let node = 1; node < this.#counts.length; node++) {
      if (wealth(node) > wealth(richest)) richest = node;
    }
    return richest;
  }

  #lacks(node: number, bound: keyof Bounds): boolean {
    return this.#count(node) < (this.#bounds[node] as Bounds)[bound];
  }

  #count(node: number): number {
    return this.#counts[node] as number;
  }

  #put(shard: ShardId, node: number): void {
    this.places[shard] = node;
    this.#counts[node] = this.#count(node) + 1;
  }

  #take(shard: ShardId): void {
    const node = this.places[shard] as number;
    this.places[shard] = NOWHERE;
    this.#counts[node] = this.#count(node) - 1;
  }
}
