import assert from "node:assert/strict";
import fc from "fast-check";
import type { NodeName } from "../ids.ts";
import { capsOf, placement } from "./placement.ts";
import type { RingNode } from "./ring.ts";

type Places = readonly (NodeName | null)[];

const NOBODY: Places = [];
const node = (name: string, weight = 1): RingNode => ({ name: name as NodeName, weight });
const nodesOf = (count: number): RingNode[] =>
  Array.from({ length: count }, (_, at) => node(`n${at}`));

function place(nodes: readonly RingNode[], owners: Places = NOBODY, shards = 256): Places {
  return placement({ shards, nodes, ownerOf: (shard) => owners[shard] ?? null });
}

function counts(places: Places): Map<string, number> {
  const found = new Map<string, number>();
  for (const place of places) if (place !== null) found.set(place, (found.get(place) ?? 0) + 1);
  return found;
}

function movedBetween(before: Places, after: Places): number {
  return after.filter((place, shard) => place !== before[shard]).length;
}

const someNodes = fc.uniqueArray(
  fc.record({ id: fc.nat(999), weight: fc.constantFrom(0.1, 0.5, 1, 1, 1, 2, 4) }),
  { selector: ({ id }) => id, minLength: 1, maxLength: 50 },
).map((drawn) => drawn.map(({ id, weight }) => node(`node-${id}`, weight)));

const shardCounts = fc.constantFrom(1, 7, 256, 1_024);

Deno.test("placement() without nodes places nothing", () => {
  assert.deepEqual(place([], [], 3), [null, null, null]);
});

Deno.test("placement() gives one node everything", () => {
  assert.deepEqual([...counts(place([node("a")]))], [["a", 256]]);
});

Deno.test("placement() gives every shard a place and no node more than its cap (PL2)", () => {
  fc.assert(
    fc.property(someNodes, shardCounts, fc.infiniteStream(fc.nat(60)), (nodes, shards, draw) => {
      const owners = Array.from({ length: shards }, () => nodes[draw.next().value]?.name ?? null);
      const places = place(nodes, owners, shards);
      assert.ok(places.every((place) => place !== null));
      const caps = capsOf(nodes, shards);
      for (const [at, { name }] of nodes.entries()) {
        assert.ok((counts(places).get(name) ?? 0) <= (caps[at] ?? 0), name);
      }
    }),
  );
});

Deno.test("placement() is the same whatever the nodes' order (PL1)", () => {
  fc.assert(fc.property(someNodes, fc.nat(), (nodes, turn) => {
    const at = turn % nodes.length;
    const turned = [...nodes.slice(at), ...nodes.slice(0, at)].reverse();
    const owners = place(nodes.slice(0, Math.ceil(nodes.length / 2)));
    assert.deepEqual(place(turned, owners), place(nodes, owners));
  }));
});

Deno.test("capsOf() is the same whatever the nodes' order, fractions of weights included (PL1)", () => {
  const nodes = [1, 1, 0.5, 0.1, 0.1, 0.1, 0.5, 0.5, 1, 4].map((weight, at) =>
    node(`n${at}`, weight)
  );
  const caps = new Map(capsOf(nodes, 256).map((cap, at) => [nodes[at]?.name, cap]));
  for (let turn = 1; turn < nodes.length; turn++) {
    const turned = [...nodes.slice(turn), ...nodes.slice(0, turn)];
    for (const [at, cap] of capsOf(turned, 256).entries()) {
      assert.equal(cap, caps.get(turned[at]?.name), `${turned[at]?.name} after ${turn}`);
    }
  }
});

Deno.test("placement() of its own result changes nothing (PL3)", () => {
  fc.assert(fc.property(someNodes, shardCounts, (nodes, shards) => {
    const places = place(nodes, NOBODY, shards);
    assert.deepEqual(place(nodes, places, shards), places);
  }));
});

Deno.test("a node that goes moves its own shards alone, and spreads them (PL3)", () => {
  for (const count of [2, 3, 5, 10, 25]) {
    const nodes = nodesOf(count);
    const before = place(nodes);
    const after = place(nodes.slice(1), before);
    for (const [shard, owner] of before.entries()) {
      if (owner !== "n0") assert.equal(after[shard], owner);
    }
    const gained = nodes.slice(1).map(({ name }) =>
      (counts(after).get(name) ?? 0) - (counts(before).get(name) ?? 0)
    );
    const own = counts(before).get("n0") ?? 0;
    if (count >= 3) assert.ok(Math.max(...gained) < own, `one of ${count} took all ${own}`);
  }
});

Deno.test("a node that comes moves no more than its cap, and everything to itself or with room (PL4)", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.constantFrom(256, 4_096), (count, shards) => {
      const nodes = nodesOf(count + 1);
      const before = place(nodes.slice(1), NOBODY, shards);
      const after = place(nodes, before, shards);
      const cap = Math.ceil(1.1 * shards / (count + 1));
      const moved = movedBetween(before, after);
      assert.ok(moved <= cap + count, `${moved} of ${shards} moved for the ${count + 1}th node`);
    }),
    { numRuns: 40 },
  );
});

Deno.test("nodes that come one after the other end near their fair share", () => {
  let places = place(nodesOf(1));
  for (let count = 2; count <= 8; count++) places = place(nodesOf(count), places);
  for (const [name, count] of counts(places)) {
    assert.ok(count >= 8 && count <= Math.ceil(1.1 * 32), `${name} has ${count} of 256`);
  }
});

Deno.test("a node that restarts under its name gets what it had, if nothing was kept from it", () => {
  const nodes = nodesOf(4);
  const before = place(nodes);
  const back = place(nodes, before.map((owner) => owner === "n2" ? null : owner));
  assert.deepEqual(back, before);
});

Deno.test("an owner above its cap gives up what is not at home with it first", () => {
  const nodes = nodesOf(2);
  const home = place(nodes);
  const after = place(nodes, home.map(() => "n0" as NodeName));
  const cap = Math.ceil(1.1 * 128);
  assert.equal(counts(after).get("n0"), cap);
  const atHome = home.filter((owner) => owner === "n0").length;
  const kept = after.filter((owner, shard) => owner === "n0" && home[shard] === "n0").length;
  assert.equal(kept, Math.min(atHome, cap));
});

Deno.test("4,096 shards on 50 nodes are placed in one turn of the event loop", () => {
  const nodes = nodesOf(50);
  const before = place(nodes, NOBODY, 4_096);
  const startMs = performance.now();
  for (let run = 0; run < 5; run++) place(nodes.slice(run), before, 4_096);
  const eachMs = (performance.now() - startMs) / 5;
  assert.ok(eachMs < 100, `${eachMs} ms`);
});
