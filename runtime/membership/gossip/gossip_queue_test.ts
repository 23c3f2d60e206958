import assert from "node:assert/strict";
import fc from "fast-check";
import { GossipQueue, retransmitLimit } from "./gossip_queue.ts";

const ONE = { count: 1, chars: 1_000, members: 3 };
const setup = () => new GossipQueue<string>((item) => item.length);

Deno.test("retransmitLimit() is 4·ceil(log10(n+1))", () => {
  assert.deepEqual([1, 3, 9, 10, 50, 99, 100, 999].map(retransmitLimit), [
    4,
    4,
    4,
    8,
    8,
    8,
    12,
    12,
  ]);
});

Deno.test("take() hands out every item exactly as often as the limit says (Q1)", () => {
  const bounds = fc.record({
    count: fc.integer({ min: 1, max: 8 }),
    members: fc.integer({ min: 1, max: 500 }),
  });
  fc.assert(fc.property(fc.uniqueArray(fc.string()), bounds, (items, { count, members }) => {
    const queue = setup();
    for (const item of items) queue.put(item, item);
    const told = new Map<string, number>();
    while (queue.size > 0) {
      const taken = queue.take({ count, chars: Infinity, members });
      assert.ok(taken.length <= count && taken.length > 0);
      for (const item of taken) told.set(item, (told.get(item) ?? 0) + 1);
    }
    for (const item of items) assert.equal(told.get(item), retransmitLimit(members));
  }));
});

Deno.test("take() prefers what was told least, then what waits longest", () => {
  const queue = setup();
  queue.put("a", "a");
  queue.put("b", "b");
  assert.deepEqual(queue.take(ONE), ["a"]);
  queue.put("c", "c");
  assert.deepEqual(queue.take(ONE), ["b"]);
  assert.deepEqual(queue.take({ ...ONE, count: 3 }), ["c", "a", "b"]);
});

Deno.test("take() gives an item once to one message, though it may be told again", () => {
  const queue = setup();
  queue.put("a", "a");
  assert.deepEqual(queue.take({ ...ONE, count: 9 }), ["a"]);
});

Deno.test("take() stays within the characters", () => {
  const queue = setup();
  for (const item of ["xxx", "yyy", "zzz"]) queue.put(item, item);
  assert.deepEqual(queue.take({ count: 9, chars: 7, members: 3 }), ["xxx", "yyy"]);
  assert.deepEqual(queue.take({ count: 9, chars: 2, members: 3 }), []);
});

Deno.test("put() replaces what was queued of the subject and begins to count anew (Q2)", () => {
  const queue = setup();
  queue.put("a", "old");
  for (let told = 0; told < 3; told++) queue.take(ONE);
  queue.put("a", "new");
  assert.equal(queue.size, 1);
  assert.ok(queue.hasFresh);
  const told: string[] = [];
  while (queue.size > 0) told.push(...queue.take(ONE));
  assert.deepEqual(told, Array(retransmitLimit(ONE.members)).fill("new"));
  assert.ok(!queue.hasFresh);
});

Deno.test("drop() forgets the news of a subject", () => {
  const queue = setup();
  queue.put("a", "a");
  queue.drop("a");
  queue.drop("never put");
  assert.deepEqual(queue.take(ONE), []);
});
