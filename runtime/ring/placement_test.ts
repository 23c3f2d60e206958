import assert from "node:assert/strict";
import fc from "fast-check";
import type { NodeName } from "../ids.ts";
import { boundsOf, placement } from "./placement.ts";
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

/** The shards whose place is another, or that have lost or got one. */
function movedBetween(before: Places, after: Places): number[] {
  return [...after.keys()].filter((shard) => after[shard] !== before[shard]);
}

function shareOf(nodes: readonly RingNode[], name: string, shards: number): number {
  const total = nodes.reduce((sum, { weight }) => sum + weight, 0);
  return shards * (nodes.find((one) => one.name === name)?.weight ?? 0) / total;
}

/** Every shard has a place, and every node is within its bounds (PL2). */
function assertWithinBounds(nodes: readonly RingNode[], places: Places): void {
  assert.ok(places.every((place) => place !== null));
  const found = counts(places);
  for (const [at, { floor, cap }] of boundsOf(nodes, places.length).entries()) {
    const count = found.get(nodes[at]!.name) ?? 0;
    assert.ok(floor <= count && count <= cap, `${nodes[at]!.name}: ${floor} ≤ ${count} ≤ ${cap}`);
  }
}

const someNodes = fc.uniqueArray(
  fc.record({ id: fc.nat(999), weight: fc.constantFrom(0.1, 0.5, 1, 1, 1, 2, 4) }),
  { selector: ({ id }) => id, minLength: 1, maxLength: 50 },
).map((drawn) => drawn.map(({ id, weight }) => node(`node-${id}`, weight)));

const shardCounts = fc.constantFrom(1, 7, 256, 256, 1_024);

/** What a cluster of equal nodes comes to when nodes come and go, as each number says which. */
function history(shards: number, toggles: readonly number[]) {
  let nodes = [node("n0")];
  let places = place(nodes, NOBODY, shards);
  for (const toggle of toggles) {
    const name = `n${toggle}`;
    const rest = nodes.filter((one) => one.name !== name);
    nodes = rest.length < nodes.length && rest.length > 0 ? rest : [...rest, node(name)];
    places = place(nodes, places, shards);
  }
  return { nodes, places };
}

const histories = fc.tuple(
  fc.constantFrom(7, 256, 256, 4_096),
  fc.array(fc.nat(49), { maxLength: 60 }),
);

Deno.test("placement() without nodes places nothing", () => {
  assert.deepEqual(place([], [], 3), [null, null, null]);
});

Deno.test("placement() gives one node everything", () => {
  assert.deepEqual([...counts(place([node("a")]))], [["a", 256]]);
});

Deno.test("placement() keeps every node between its floor and its cap, whoever owned what (PL2)", () => {
  const draws = fc.infiniteStream(fc.nat(60));
  fc.assert(
    fc.property(someNodes, shardCounts, draws, fc.boolean(), (nodes, shards, draw, few) => {
      const owner = () => nodes[few ? draw.next().value % 2 : draw.next().value]?.name ?? null;
      assertWithinBounds(nodes, place(nodes, Array.from({ length: shards }, owner), shards));
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

Deno.test("boundsOf() is the same whatever the nodes' order, fractions of weights included (PL1)", () => {
  const nodes = [1, 1, 0.5, 0.1, 0.1, 0.1, 0.5, 0.5, 1, 4].map((weight, at) =>
    node(`n${at}`, weight)
  );
  const bounds = new Map(boundsOf(nodes, 256).map((bound, at) => [nodes[at]?.name, bound]));
  for (let turn = 1; turn < nodes.length; turn++) {
    const turned = [...nodes.slice(turn), ...nodes.slice(0, turn)];
    for (const [at, bound] of boundsOf(turned, 256).entries()) {
      assert.deepEqual(bound, bounds.get(turned[at]?.name), `${turned[at]?.name} after ${turn}`);
    }
  }
});

Deno.test("placement() leaves a shard with an owner that has room, from every state (PL2)", () => {
  const draws = fc.infiniteStream(fc.nat(60));
  fc.assert(fc.property(someNodes, draws, (nodes, draw) => {
    const owners = Array.from({ length: 256 }, () => nodes[draw.next().value]?.name ?? null);
    const after = place(nodes, owners);
    const before = counts(owners);
    for (const [at, { floor, fair, cap }] of boundsOf(nodes, 256).entries()) {
      const { name } = nodes[at]!;
      const given = movedBetween(owners, after).filter((shard) => owners[shard] === name).length;
      const had = before.get(name) ?? 0;
      assert.ok(had - given >= Math.min(had, fair - 1), `${name} keeps ${had - given} of ${had}`);
      if (had <= floor) assert.equal(given, 0, name);
      if (had > cap) assert.ok(given >= had - cap, name);
    }
  }));
});

Deno.test("placement() of its own result changes nothing (PL5)", () => {
  fc.assert(fc.property(someNodes, shardCounts, (nodes, shards) => {
    const places = place(nodes, NOBODY, shards);
    assert.deepEqual(place(nodes, places, shards), places);
  }));
  fc.assert(
    fc.property(histories, ([shards, toggles]) => {
      const { nodes, places } = history(shards, toggles);
      assert.deepEqual(place(nodes, places, shards), places);
    }),
    { numRuns: 30 },
  );
});

Deno.test("while moves are under way, no more than the rest of them is left to do (PL5)", () => {
  fc.assert(
    fc.property(histories, fc.nat(49), fc.infiniteStream(fc.nat(2)), (past, toggle, draw) => {
      const [shards, toggles] = past;
      const before = history(shards, toggles).places;
      const { nodes, places } = history(shards, [...toggles, toggle]);
      const moves = movedBetween(before, places);
      const under = [...before];
      let done = 0;
      for (const shard of moves) {
        const step = draw.next().value;
        if (step > 0) under[shard] = null; // Released…
        if (step > 1 && ++done) under[shard] = places[shard]!; // …and taken.
      }
      const left = movedBetween(under, place(nodes, under, shards));
      assert.ok(left.length <= moves.length - done, `${left.length} of ${moves.length} - ${done}`);
    }),
    { numRuns: 60 },
  );
});

Deno.test("a node that goes moves its own shards alone, and spreads them evenly (PL3)", () => {
  fc.assert(
    fc.property(histories, fc.nat(), ([shards, toggles], pick) => {
      const { nodes, places: before } = history(shards, toggles);
      if (nodes.length === 1) return;
      const { name } = nodes[pick % nodes.length]!;
      const rest = nodes.filter((one) => one.name !== name);
      const after = place(rest, before, shards);
      for (const shard of movedBetween(before, after)) assert.equal(before[shard], name);
      const had = counts(before);
      const fair = Math.ceil(shards / rest.length);
      for (const [other, count] of counts(after)) {
        assert.ok(count <= Math.max(had.get(other) ?? 0, fair), `${other} has ${count}`);
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("where weights differ, a node that goes moves but one more to each that is short of its floor (PL3)", () => {
  fc.assert(fc.property(someNodes, shardCounts, fc.nat(), (nodes, shards, pick) => {
    const before = place(nodes, NOBODY, shards);
    const gone = nodes[pick % nodes.length]!;
    const rest = nodes.filter((one) => one !== gone);
    const after = place(rest, before, shards);
    const drawn = movedBetween(before, after).filter((shard) => before[shard] !== gone.name);
    const had = counts(before);
    for (const [name, count] of counts(drawn.map((shard) => after[shard]!))) {
      const { floor } = boundsOf(rest, shards)[rest.findIndex((one) => one.name === name)]!;
      assert.ok(
        count === 1 && (had.get(name) ?? 0) === floor - 1,
        `${name} drew ${count} for ${floor}`,
      );
    }
  }));
});

Deno.test("a node that comes is given its fair share at most, and little more moves (PL4)", () => {
  fc.assert(
    fc.property(histories, ([shards, toggles]) => {
      const { nodes: old, places: before } = history(shards, toggles);
      const nodes = [...old, node("new")];
      const after = place(nodes, before, shards);
      const share = shareOf(nodes, "new", shards);
      const given = counts(after).get("new") ?? 0;
      assert.ok(given <= Math.ceil(share), `given ${given} of ${share}`);
      const moved = movedBetween(before, after).length;
      assert.ok(moved <= Math.ceil(1.1 * share), `${moved} moved for a share of ${share}`);
    }),
    { numRuns: 100 },
  );
});

Deno.test("a node that comes takes part at once, however large the cluster (PL2)", () => {
  for (const count of [1, 2, 5, 10, 20, 24, 40]) {
    const nodes = nodesOf(count + 1);
    const places = place(nodes, place(nodes.slice(1)));
    const floor = Math.floor(256 / (count + 1) / 1.1);
    assert.ok((counts(places).get("n0") ?? 0) >= floor, `one of ${count + 1}`);
  }
});

Deno.test("nodes that restart one after the other end as even as before (PL2)", () => {
  for (const count of [3, 10, 25]) {
    const nodes = nodesOf(count);
    let places = place(nodes);
    for (const restarted of nodes) {
      places = place(nodes.filter((one) => one !== restarted), places);
      places = place(nodes, places);
      assertWithinBounds(nodes, places);
    }
  }
});

Deno.test("a node that restarts under its name gets what it had, if nothing was kept from it", () => {
  const nodes = nodesOf(4);
  const before = place(nodes);
  const back = place(nodes, before.map((owner) => owner === "n2" ? null : owner));
  assert.deepEqual(back, before);
});

Deno.test("a node that restarts draws first what is at home with it", () => {
  const nodes = nodesOf(4);
  const home = place(nodes);
  const away = place(nodes.filter(({ name }) => name !== "n2"), home);
  const back = place(nodes, away);
  const had = [...home.keys()].filter((shard) => home[shard] === "n2");
  const again = had.filter((shard) => back[shard] === "n2").length;
  assert.ok(again >= 0.6 * (counts(back).get("n2") ?? 0), `${again} of ${had.length}`);
});

Deno.test("4,096 shards on 50 nodes are placed within one turn of the event loop", () => {
  const nodes = nodesOf(50);
  const before = place(nodes, NOBODY, 4_096);
  const each = (owners: Places) => {
    const startMs = performance.now();
    for (let run = 0; run < 5; run++) place(nodes.slice(run), owners, 4_096);
    return (performance.now() - startMs) / 5;
  };
  for (const eachMs of [each(NOBODY), each(before)]) assert.ok(eachMs < 100, `${eachMs} ms`);
});
