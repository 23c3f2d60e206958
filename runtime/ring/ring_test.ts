import assert from "node:assert/strict";
import type { NodeName, ShardId } from "../ids.ts";
import { Ring } from "./ring.ts";

const node = (name: string, weight = 1) => ({ name: name as NodeName, weight });
const shard = (number: number) => number as ShardId;

/** The names as they follow from `number` on. */
function order(ring: Ring, number: number): string[] {
  return [...ring.from(shard(number))].map((at) => ring.nodes[at]?.name ?? "");
}

Deno.test("from() visits every node once (RG2)", () => {
  const ring = new Ring(["a", "b", "c", "d"].map((name) => node(name)));
  for (let number = 0; number < 500; number++) {
    assert.deepEqual(order(ring, number).sort(), ["a", "b", "c", "d"]);
  }
});

Deno.test("from() of an empty ring is empty", () => {
  assert.deepEqual(order(new Ring([]), 1), []);
});

Deno.test("from() does not depend on the order in which nodes are given (RG1)", () => {
  const one = new Ring([node("a"), node("b", 2), node("c")]);
  const other = new Ring([node("c"), node("a"), node("b", 2)]);
  for (let number = 0; number < 200; number++) {
    assert.deepEqual(order(one, number), order(other, number));
  }
});

Deno.test("a node that goes leaves the order of the others as it was (RG1)", () => {
  const names = ["a", "b", "c", "d", "e"];
  const whole = new Ring(names.map((name) => node(name)));
  const rest = new Ring(names.filter((name) => name !== "c").map((name) => node(name)));
  for (let number = 0; number < 200; number++) {
    assert.deepEqual(order(rest, number), order(whole, number).filter((name) => name !== "c"));
  }
});

Deno.test("homes are spread by weight", () => {
  const ring = new Ring([node("a"), node("b"), node("c", 2)]);
  const homes = new Map<string, number>();
  for (let number = 0; number < 20_000; number++) {
    const [home = ""] = order(ring, number);
    homes.set(home, (homes.get(home) ?? 0) + 1);
  }
  const share = (name: string) => (homes.get(name) ?? 0) / 20_000;
  assert.ok(Math.abs(share("c") - 0.5) < 0.1, `c: ${share("c")}`);
  assert.ok(Math.abs(share("a") - 0.25) < 0.1, `a: ${share("a")}`);
});

Deno.test("two nodes of one name, or without weight, are a bug", () => {
  assert.throws(() => new Ring([node("a"), node("a", 2)]), /two nodes are named a/);
  assert.throws(() => new Ring([node("a", 0)]), /weight 0/);
});
