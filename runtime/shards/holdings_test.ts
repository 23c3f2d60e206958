import assert from "node:assert/strict";
import type { BootId, NodeName, ShardId } from "../ids.ts";
import type { Fence } from "../store/port.ts";
import { Holdings } from "./holdings.ts";

const ids = (...numbers: number[]) => numbers as ShardId[];
const [S0, S1, S2] = ids(0, 1, 2) as [ShardId, ShardId, ShardId];
const US = { boot: "a1" as BootId, doubtful: false };
const DOUBTFUL = { ...US, doubtful: true };

function fence(shard: ShardId, epoch: number, boot: string | null): Fence {
  const owner = boot === null ? null : { node: boot.slice(0, 1) as NodeName, boot: boot as BootId };
  return { shard, epoch, owner };
}

/** A book in which shards 0 to 2 are wanted and ours, each under epoch 2. */
function setup() {
  const holdings = new Holdings(ids(0, 1, 2));
  holdings.took(ids(0, 1, 2).map((shard) => ({ kind: "acquired", shard, epoch: 2 })));
  return holdings;
}

Deno.test("took() tells what is news, and keeps the newest epoch (HO1)", () => {
  const holdings = setup();
  assert.deepEqual(holdings.took([{ kind: "acquired", shard: S0, epoch: 1 }]), []);
  assert.equal(holdings.epochOf(S0), 2);
  assert.deepEqual(holdings.took([{ kind: "held", shard: S1, fence: fence(S1, 9, "b1") }]), []);
  assert.equal(holdings.epochOf(S1), 2);
});

Deno.test("want() says whether anything changed, and what follows from it", () => {
  const holdings = setup();
  assert.equal(holdings.want(ids(2, 1, 0), () => null), false);
  assert.equal(holdings.want(ids(0, 1, 5), () => null), true);
  assert.deepEqual(holdings.claimable(), [5]);
  assert.deepEqual(holdings.surplus(9), [2]);
  assert.equal(holdings.missing, 1);
  assert.ok(holdings.concerns(S2) && !holdings.concerns(7 as ShardId));
});

Deno.test("what leaves is not asked for before it was released, though it is wanted again (HO2)", () => {
  const holdings = setup();
  holdings.want(ids(0, 1), () => null);
  holdings.leave(ids(2));
  holdings.want(ids(0, 1, 2), () => null);
  assert.deepEqual(holdings.gone(ids(2)), [2]);
  assert.deepEqual(holdings.claimable(), []);
  assert.deepEqual(holdings.surplus(9), [2], "its release is still to be made");
  holdings.released(ids(2));
  assert.deepEqual(holdings.claimable(), [2]);
});

Deno.test("what was lost while it was leaving is not released (HO3)", () => {
  const holdings = setup();
  holdings.want([], () => null);
  holdings.leave(ids(0, 1, 2));
  assert.ok(holdings.lose(S1));
  assert.deepEqual(holdings.compare([fence(S2, 3, "b1")], US), [2]);
  assert.deepEqual(holdings.gone(ids(0, 1, 2)), [0]);
  assert.deepEqual([...holdings.unreleased(ids(0, 1, 2))], [[null, [0]]]);
});

Deno.test("unreleased() is ordered by heirs", () => {
  const holdings = setup();
  holdings.want([], (shard) => shard === S1 ? "b" as NodeName : "c" as NodeName);
  holdings.leave(ids(0, 1, 2));
  assert.equal(holdings.unreleased(ids(0, 1, 2)).size, 0, "still ours");
  holdings.gone(ids(0, 1, 2));
  assert.deepEqual([...holdings.unreleased(ids(0, 1, 2))], [["c", [0, 2]], ["b", [1]]]);
});

Deno.test("lapsed() frees what waited for its release, and nothing that is still ours (HO3)", () => {
  const holdings = setup();
  holdings.want([], () => null);
  holdings.leave(ids(0, 1));
  holdings.gone(ids(0));
  holdings.lapsed();
  assert.equal(holdings.unreleased(ids(0, 1)).size, 0);
  assert.deepEqual(holdings.gone(ids(1)), [1]);
});

Deno.test("compare() gives up what is no longer ours, by fences that may be old (HO1)", () => {
  const cases: [Fence, boolean, boolean][] = [
    [fence(S0, 2, "a1"), false, false],
    [fence(S0, 1, "b1"), false, false], // Read before we acquired it.
    [fence(S0, 3, "b1"), true, true],
    [fence(S0, 2, null), true, true],
    [fence(S0, 2, "a2"), true, true],
    [fence(S0, 3, "a1"), false, true], // An answer under way, or one that was lost with the session.
  ];
  for (const [read, usually, inDoubt] of cases) {
    assert.equal(setup().compare([read], US).length === 1, usually, JSON.stringify(read));
    assert.equal(setup().compare([read], DOUBTFUL).length === 1, inDoubt, JSON.stringify(read));
  }
});
