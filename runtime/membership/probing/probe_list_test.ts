import assert from "node:assert/strict";
import fc from "fast-check";
import { Random } from "../../../sim/world/random.ts";
import { bootOf } from "../testing/people.ts";
import { ProbeList } from "./probe_list.ts";

function setup(count: number, seed = 1) {
  const random = new Random(seed);
  const list = new ProbeList(() => random.next());
  for (let at = 0; at < count; at++) list.insert(bootOf(`m${at}`));
  return list;
}

Deno.test("next() probes everybody once a round, and nobody waits longer than 1.5 rounds (B1)", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 30 }), fc.nat(), (count, seed) => {
    const list = setup(count, seed);
    const lastAt = new Map<unknown, number>();
    for (let at = 0; at < count * 8; at++) {
      const boot = list.next();
      const before = lastAt.get(boot);
      if (before !== undefined) assert.ok(at - before <= 1.5 * count + 1, `${at - before}`);
      lastAt.set(boot, at);
    }
    assert.equal(lastAt.size, count);
  }));
});

Deno.test("next() goes another way in every round", () => {
  const list = setup(20);
  const round = () => Array.from({ length: 20 }, () => list.next()).join();
  assert.notEqual(round(), round());
});

Deno.test("insert() puts newcomers at a random place of the round under way (SWIM §4.3)", () => {
  const places = new Set<number>();
  for (let seed = 0; seed < 60; seed++) {
    const list = setup(9, seed);
    list.next();
    list.insert(bootOf("new"));
    for (let place = 1; place <= 20; place++) {
      if (list.next() !== bootOf("new")) continue;
      places.add(place);
      break;
    }
  }
  assert.ok(places.size > 5, [...places].join());
});

Deno.test("insert() and remove() in the middle of a round skip nobody and probe nobody twice", () => {
  fc.assert(fc.property(fc.nat(), fc.nat(9), (seed, done) => {
    const list = setup(10, seed);
    const probed = Array.from({ length: done }, () => list.next());
    list.insert(bootOf("new"));
    list.remove(bootOf("m3"));
    const left = 10 - done - (probed.includes(bootOf("m3")) ? 0 : 1);
    const rest = Array.from({ length: left }, () => list.next());
    // The newcomer may stand in what is left of the round, and then pushes one out of this count.
    const once = new Set([...probed, ...rest]);
    assert.equal(once.size, probed.length + rest.length);
    assert.ok(!rest.includes(bootOf("m3")));
  }));
});

Deno.test("sample() gives different members that are wanted, and all of a few", () => {
  const list = setup(3);
  assert.deepEqual(list.sample(9, () => true).sort(), ["m0", "m1", "m2"]);
  for (let tried = 0; tried < 50; tried++) {
    const sample = list.sample(2, (boot) => boot !== bootOf("m1"));
    assert.deepEqual(sample.sort(), ["m0", "m2"]);
  }
  assert.deepEqual(setup(0).sample(3, () => true), []);
  assert.equal(setup(0).next(), undefined);
});

Deno.test("sample() prefers nobody", () => {
  const list = setup(10);
  const counts = new Map<string, number>();
  for (let at = 0; at < 3_000; at++) {
    for (const boot of list.sample(1, () => true)) counts.set(boot, (counts.get(boot) ?? 0) + 1);
  }
  for (const count of counts.values()) assert.ok(count > 200 && count < 400, `${count}`);
});
