import assert from "node:assert/strict";
import { Fault } from "../../fault.ts";
import { actorId, type ShardId } from "../../ids.ts";
import { allOf, groupPrefixes, inPlace, slotOf, Spread } from "./groups.ts";

const SLOTS = 16_384;

/** The ranges that `redis-cli --cluster create` gives to so many primaries. */
function rangesOf(primaries: number): (readonly [first: number, last: number])[] {
  const each = SLOTS / primaries;
  let first = 0;
  return Array.from({ length: primaries }, (_, at) => {
    const last = at === primaries - 1 ? SLOTS - 1 : Math.round((at + 1) * each - 1);
    const range = [first, last] as const;
    first = last + 1;
    return range;
  });
}

Deno.test("slotOf() is the slot that Redis Cluster gives a hash tag", () => {
  assert.equal(slotOf("123456789"), 12_739);
  assert.equal(slotOf("foo"), 12_182);
  assert.equal(slotOf(""), 0);
});

Deno.test("groupPrefixes() gives every primary equally many groups (SG2)", () => {
  assert.deepEqual(groupPrefixes(1), ["{o0}"]);
  for (const [groups, primaries] of [[3, 3], [6, 3], [12, 3], [5, 5], [64, 16], [64, 1]] as const) {
    const prefixes = groupPrefixes(groups);
    assert.equal(new Set(prefixes).size, groups);
    const slots = prefixes.map((prefix) => slotOf(prefix.slice(1, -1)));
    for (const [first, last] of rangesOf(primaries)) {
      const here = slots.filter((slot) => slot >= first && slot <= last);
      assert.equal(here.length, groups / primaries, `${groups} groups, slots ${first} to ${last}`);
    }
  }
});

Deno.test("parts() and inPlace() take a call apart by group and put its answers together (SG1)", () => {
  const spread = new Spread(8, 3);
  const shards = [7, 0, 3, 4, 2, 1] as ShardId[];
  const parts = spread.parts(shards, (shard) => spread.ofShard(shard));
  assert.deepEqual(parts.map(({ group, items }) => [group, items]), [
    [1, [7, 4, 1]],
    [0, [0, 3]],
    [2, [2]],
  ]);
  assert.deepEqual(inPlace(parts, parts.map(({ items }) => items)), shards);
  assert.equal(spread.ofActor(actorId("flow/1")), spread.ofActor(actorId("flow/2")));
});

const fails = (code: "unavailable" | "timeout" | "full") =>
  Promise.reject(new Fault("store.apply", code, { message: code }));
const hasCode = (code: string) => (error: unknown) => error instanceof Fault && error.code === code;

Deno.test("allOf() of writes is in doubt when some groups failed and others did not", async () => {
  const all = (...asked: Promise<number>[]) => allOf("apply", asked, { writes: true });
  assert.deepEqual(await all(Promise.resolve(1), Promise.resolve(2)), [1, 2]);
  await assert.rejects(all(Promise.resolve(1), fails("full")), hasCode("timeout"));
  await assert.rejects(all(fails("full"), fails("timeout")), hasCode("timeout"));
  await assert.rejects(all(fails("full"), fails("unavailable")), hasCode("full"));
});

Deno.test("allOf() of reads fails as the group did", async () => {
  const reads = allOf("find", [Promise.resolve(1), fails("unavailable")], { writes: false });
  await assert.rejects(reads, hasCode("unavailable"));
});
