/**
 * Placement: which node should own each shard, given who is there and who owns what now.
 *
 * Intuition: whoever has a shard keeps it while it has room; only what nobody has, or what is too much for
 * its owner, is placed anew: on the first node clockwise that has room. Every node reckons this by itself
 * from the same view and comes to the same answer; while views differ, the store decides who gets a shard.
 *
 * Invariants:
 *   PL1. The answer depends on the set of nodes, their weights and the owners alone, not on any order.
 *   PL2. No node is given more than its cap, `ceil(1.1 × its fair share)`; every shard has a place if there is a node.
 *   PL3. A shard moves only when its owner is gone or above its cap: a node that goes moves its own shards alone.
 *   PL4. When a node comes, what moves is at most its cap, but for one shard of rounding for each other node.
 * Source: Mirrokni, Thorup, Zadimoghaddam, Consistent Hashing with Bounded Loads (2017).
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

/** How much more than its fair share a node may own: more moves less, less evens better. */
const OVERLOAD = 1.1;

/**
 * The owner that each shard should have, by shard number; all null without nodes.
 * Cost: O(points · log points + shards · log points), some ms for 4,096 shards on 50 nodes.
 */
export function placement(view: PlacementView): readonly (NodeName | null)[] {
  const ring = new Ring(view.nodes);
  const { nodes } = ring;
  if (nodes.length === 0) return Array.from({ length: view.shards }, () => null);
  const caps = capsOf(nodes, view.shards);
  const counts = nodes.map(() => 0);
  const places = new Int32Array(view.shards).fill(NOWHERE);
  const take = (shard: ShardId, node: number): boolean => {
    if ((counts[node] as number) >= (caps[node] as number)) return false;
    places[shard] = node;
    counts[node] = (counts[node] as number) + 1;
    return true;
  };
  for (const { shard, owner } of keepingOrder(ring, view)) take(shard, owner);
  for (let shard = 0 as ShardId; shard < view.shards; shard++) {
    if (places[shard] !== NOWHERE) continue;
    for (const node of ring.from(shard)) if (take(shard, node)) break;
  }
  return Array.from(places, (node) => nodes[node]?.name ?? null);
}

/** The most shards that each node may own (PL2): together they are at least all. */
export function capsOf(nodes: readonly RingNode[], shards: number): number[] {
  // In one order whatever the nodes' (PL1): sums of fractions depend on it in their last bit.
  const weights = nodes.map(({ weight }) => weight).sort((one, other) => one - other);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return nodes.map(({ weight }) => Math.ceil(OVERLOAD * shards * weight / total));
}

const NOWHERE = -1;

/**
 * The owned shards in the order in which their owners keep them: those that are at home first, so that what an
 * owner above its cap gives up is what would have to move sooner or later anyway.
 */
function keepingOrder(ring: Ring, { shards, ownerOf }: PlacementView) {
  const numbers = new Map(ring.nodes.map(({ name }, number) => [name, number]));
  const home: { shard: ShardId; owner: number }[] = [];
  const away: typeof home = [];
  for (let shard = 0 as ShardId; shard < shards; shard++) {
    const owner = numbers.get(ownerOf(shard) as NodeName);
    if (owner === undefined) continue;
    const [first] = ring.from(shard);
    (first === owner ? home : away).push({ shard, owner });
  }
  return [...home, ...away];
}
