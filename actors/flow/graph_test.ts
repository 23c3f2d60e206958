import assert from "node:assert/strict";
import fc from "fast-check";
import { cycleOf, Graph } from "./graph.ts";
import { planOf, type Shape } from "./testing/samples.ts";

const nodesOf = (shape: Shape) => planOf(shape).nodes;

Deno.test("cycleOf() names a ring from parent to child, and only a ring", () => {
  assert.equal(cycleOf(nodesOf({ a: [], b: ["a"], c: ["a", "b"] })), null);
  assert.deepEqual(cycleOf(nodesOf({ a: ["a"] })), ["a", "a"]);
  const ring = cycleOf(nodesOf({ top: [], a: ["top", "c"], b: ["a"], c: ["b"], end: ["c"] }));
  assert.deepEqual(new Set(ring), new Set(["a", "b", "c"]));
  assert.equal(ring?.[0], ring?.at(-1));
});

Deno.test("cycleOf() and Graph agree with each other on any edges (N1)", () => {
  const edges = fc.array(fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 })), { maxLength: 15 });
  fc.assert(fc.property(edges, (pairs) => {
    const nodes = Array.from({ length: 10 }, (_, node) => ({
      key: `n${node}`,
      edges: pairs.filter(([child]) => child === node)
        .map(([, parent]) => ({ parent, policy: "fail" as const })),
    }));
    const ring = cycleOf(nodes);
    if (ring === null) {
      const { order } = new Graph(nodes);
      assert.deepEqual([...order].sort((a, b) => a - b), nodes.map((_, node) => node));
      for (const [child, parent] of pairs) assert.ok(order.indexOf(parent) < order.indexOf(child));
      return;
    }
    assert.throws(() => new Graph(nodes));
    ring.slice(1).forEach((key, at) => {
      const child = nodes.find((node) => node.key === key)!;
      assert.ok(child.edges.some(({ parent }) => nodes[parent]!.key === ring[at]), `${ring}`);
    });
  }));
});
