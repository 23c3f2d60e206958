/**
 * Graph: the shape of a flow, prepared for the questions that its steps ask.
 *
 * Invariant: N1. `order` holds every node once, parents before children.
 * @module
 */
import { invariant } from "../../runtime/fault.ts";
import type { FlowEdge } from "./spec.ts";

/** A node's part in the shape. */
export interface GraphNode {
  readonly key: string;
  readonly edges: readonly FlowEdge[];
}

/** A child of a node, and the edge between them. */
export interface ChildEdge {
  readonly child: number;
  readonly policy: FlowEdge["policy"];
}

/** The shape of one flow. */
export class Graph {
  /** Parents before children (N1). */
  readonly order: readonly number[];
  /** Every node's children. */
  readonly children: readonly (readonly ChildEdge[])[];
  readonly #places: ReadonlyMap<string, number>;

  /** Throws `InvariantError` when the edges make a cycle. Cost: O(nodes + edges). */
  constructor(readonly nodes: readonly GraphNode[]) {
    this.children = childrenOf(nodes);
    this.order = orderOf(nodes, this.children);
    invariant(this.order.length === nodes.length, "a flow's edges make no cycle");
    this.#places = new Map(nodes.map(({ key }, node) => [key, node]));
  }

  /** The place of the node `key`. */
  placeOf(key: string): number | undefined {
    return this.#places.get(key);
  }

  edgesOf(node: number): readonly FlowEdge[] {
    return this.nodes[node]?.edges ?? [];
  }

  childrenOf(node: number): readonly ChildEdge[] {
    return this.children[node] ?? [];
  }
}

/**
 * Keys of nodes that wait for one another in a ring, the first one repeated at the end; null when
 * there is none. Cost: O(nodes + edges).
 */
export function cycleOf(nodes: readonly GraphNode[]): readonly string[] | null {
  const sorted = new Set(orderOf(nodes, childrenOf(nodes)));
  const start = nodes.findIndex((_, node) => !sorted.has(node));
  if (start < 0) return null;
  // Every node that could not be ordered has a parent that could not: going from parent to parent comes round.
  const seen = new Map<number, number>();
  const path: number[] = [];
  let node = start;
  while (!seen.has(node)) {
    seen.set(node, path.push(node) - 1);
    node = nodes[node]?.edges.find(({ parent }) => !sorted.has(parent))?.parent ?? start;
  }
  const ring = path.slice(seen.get(node)).reverse();
  const last = ring.at(-1) ?? node;
  return [last, ...ring].map((place) => nodes[place]?.key ?? "");
}

function childrenOf(nodes: readonly GraphNode[]): readonly (readonly ChildEdge[])[] {
  const children: ChildEdge[][] = nodes.map(() => []);
  nodes.forEach(({ edges }, child) => {
    for (const { parent, policy } of edges) children[parent]?.push({ child, policy });
  });
  return children;
}

/** Kahn's order; nodes that lie on a cycle or behind one are missing. */
function orderOf(
  nodes: readonly GraphNode[],
  children: readonly (readonly ChildEdge[])[],
): readonly number[] {
  const missing = nodes.map(({ edges }) => edges.length);
  const order = nodes.flatMap(({ edges }, node) => edges.length === 0 ? [node] : []);
  for (let at = 0; at < order.length; at++) {
    for (const { child } of children[order[at] ?? -1] ?? []) {
      missing[child]!--;
      if (missing[child] === 0) order.push(child);
    }
  }
  return order;
}
