import assert from "node:assert/strict";
import fc from "fast-check";
import type { ActorId } from "../ids.ts";
import type { DueEntry } from "../snapshot.ts";
import { goesBefore, ReadyLane } from "./ready_lane.ts";

const READY_MAX = 4;

function entry(id: number, rank = 0, wakeAtMs = 0): DueEntry {
  return { id: `j${id}` as ActorId, wakeAtMs, lane: "job/default", rank };
}

const byOrder = (left: DueEntry, right: DueEntry) => goesBefore(left, right) ? -1 : 1;

function setup() {
  const dead = new Set<DueEntry>();
  const lane = new ReadyLane("job/default", (entry) => !dead.has(entry), { readyMax: READY_MAX });
  const told = (entry: DueEntry) => lane.offer(entry, { scanned: false });
  const scanned = (entry: DueEntry) => lane.offer(entry, { scanned: true });
  const drain = () => {
    const ids: string[] = [];
    for (let best = lane.peek(); best; best = lane.peek()) {
      ids.push(best.id);
      lane.pop();
    }
    return ids;
  };
  return { lane, dead, told, scanned, drain };
}

Deno.test("goesBefore() orders by rank, then wake time, then id (R1)", () => {
  const unordered = [entry(3, 0, 5), entry(2, 9, 7), entry(4, 0, 4), entry(1, 0, 5)];
  assert.deepEqual(unordered.sort(byOrder).map(({ id }) => id), ["j2", "j4", "j1", "j3"]);
});

Deno.test("peek() shows the best live entry and forgets dead ones (R1)", () => {
  const { told, dead, lane, drain } = setup();
  const first = entry(1, 9);
  for (const each of [entry(2, 1), first, entry(3, 5)]) told(each);
  dead.add(first);
  assert.equal(lane.peek()?.id, "j3");
  assert.deepEqual(drain(), ["j3", "j2"]);
  assert.ok(lane.isSpent);
});

Deno.test("a lane that left something out and holds only dead entries asks at once (R2)", () => {
  const { lane, dead, told, scanned } = setup();
  const held = Array.from({ length: READY_MAX }, (_, at) => entry(at));
  lane.scanSent();
  for (const each of held) scanned(each);
  lane.scanDone(held.at(-1), false);
  told(entry(99));
  for (const each of held) dead.add(each);
  assert.ok(lane.wantsScan, "what was left out may be due, and nothing is at hand");
});

Deno.test("offer() hands back every entry that did not fit, and keeps the best (R3, R4)", () => {
  const { lane, told, drain } = setup();
  const offered = Array.from({ length: 2 * READY_MAX + 1 }, (_, at) => entry(at, at));
  const left = offered.flatMap((each) => told(each));
  assert.deepEqual(left.map(({ rank }) => rank).sort(), [0, 1, 2, 3, 4]);
  assert.deepEqual(drain(), ["j8", "j7", "j6", "j5"]);
  assert.ok(lane.wantsScan, "what was left out must be fetched");
});

Deno.test("offer() refuses what lies beyond the rim and takes what lies before it (R2)", () => {
  const { lane, told } = setup();
  for (let at = 0; at <= 2 * READY_MAX; at++) told(entry(at, 5, at));
  const beyond = entry(90, 1);
  assert.deepEqual(told(beyond), [beyond]);
  assert.deepEqual(told(entry(91, 9)), []);
  assert.equal(lane.peek()?.id, "j91", "a better one goes first, however full the lane is");
});

Deno.test("offer() takes any rank after distrust, however much is held (R1)", () => {
  const { lane, told } = setup();
  for (let at = 0; at < READY_MAX + 1; at++) told(entry(at, 5, at));
  lane.distrust();
  assert.deepEqual(told(entry(91, 9)), []);
  assert.equal(lane.peek()?.id, "j91");
});

Deno.test("wantsScan is true while unsure or cut and half empty, and one scan is under way at most", () => {
  const { lane, told } = setup();
  assert.equal(lane.wantsScan, false, "a new lane is whole");
  lane.distrust();
  assert.equal(lane.wantsScan, true);
  lane.scanSent();
  assert.equal(lane.wantsScan, false);
  lane.scanDone(undefined, true);
  assert.equal(lane.wantsScan, false);
  for (let at = 0; at <= 2 * READY_MAX; at++) told(entry(at));
  assert.equal(lane.wantsScan, false, "it was cut, and there is enough at hand");
  for (let at = 0; at < READY_MAX / 2 + 1; at++) lane.pop();
  assert.equal(lane.wantsScan, true);
});

Deno.test("wantsScan is true when better entries may be in the store, however much is at hand (R1)", () => {
  const { lane, told } = setup();
  for (let at = 0; at < READY_MAX; at++) told(entry(at));
  assert.equal(lane.wantsScan, false);
  lane.distrust();
  assert.equal(lane.wantsScan, true);
});

Deno.test("scanDone() keeps the lane unsure when it was distrusted during the scan", () => {
  const { lane } = setup();
  lane.distrust();
  lane.scanSent();
  lane.distrust();
  lane.scanDone(undefined, true);
  assert.ok(lane.wantsScan);
});

Deno.test("scanDone() remembers what was left out during the scan, even when the scan was whole (R2)", () => {
  const { lane, told, scanned, drain } = setup();
  for (let at = 0; at <= 2 * READY_MAX; at++) told(entry(at, 5, at));
  drain();
  lane.scanSent();
  const left = entry(90, 1);
  assert.deepEqual(told(left), [left]);
  for (let at = 4; at <= 8; at++) scanned(entry(at, 5, at));
  lane.scanDone(entry(8, 5, 8), true);
  drain();
  assert.ok(lane.wantsScan, "j90 is in the store only");
  assert.equal(lane.isSpent, false);
});

Deno.test("scanDone() does not move the rim past what was cut during the scan (R2)", () => {
  const { lane, told, scanned } = setup();
  lane.distrust();
  lane.scanSent();
  for (let at = 0; at <= 2 * READY_MAX; at++) told(entry(at, 5, at));
  scanned(entry(50, 3, 50));
  lane.scanDone(entry(50, 3, 50), false);
  const cut = entry(6, 5, 6);
  assert.deepEqual(told(cut), [cut], "j4 to j8 were cut: nothing after j4 is known to be complete");
});

Deno.test("scanFailed() lets the scan be asked again", () => {
  const { lane } = setup();
  lane.distrust();
  lane.scanSent();
  lane.scanFailed();
  assert.ok(lane.wantsScan);
});

Deno.test("peek() holds back what lies beyond the rim until a scan has told (R1)", () => {
  const { lane, told, scanned } = setup();
  told(entry(1, 0, 5));
  lane.distrust();
  lane.scanSent();
  scanned(entry(2, 9, 5));
  lane.scanDone(entry(2, 9, 5), false);
  assert.equal(lane.peek()?.id, "j2");
  lane.pop();
  assert.equal(lane.peek(), undefined, "between j2 and j1 the store may hold a better one");
  assert.equal(lane.wantsScan, true);
  lane.scanSent();
  scanned(entry(3, 4, 5));
  lane.scanDone(undefined, true);
  assert.equal(lane.peek()?.id, "j3");
  lane.pop();
  assert.equal(lane.peek()?.id, "j1");
});

Deno.test("whatever is offered leaves in order or is handed back, once each (R1, R3, R4)", () => {
  const ranks = fc.array(fc.tuple(fc.nat(9), fc.nat(5), fc.boolean()), {
    maxLength: 60,
    size: "max",
  });
  fc.assert(fc.property(ranks, (offers) => {
    const { lane, drain } = setup();
    const seen: string[] = [];
    const all: string[] = [];
    for (const [at, [rank, wakeAtMs, scanned]] of offers.entries()) {
      const offered = entry(at, rank, wakeAtMs);
      all.push(offered.id);
      seen.push(...lane.offer(offered, { scanned }).map(({ id }) => id));
      assert.ok(lane.size <= 2 * READY_MAX);
    }
    lane.scanSent();
    lane.scanDone(undefined, true);
    const drained = drain();
    const inOrder = drained
      .map((id) =>
        entry(Number(id.slice(1)), ...offers[Number(id.slice(1))]!.slice(0, 2) as [number, number])
      )
      .sort(byOrder).map(({ id }) => id);
    assert.deepEqual(drained, inOrder);
    assert.deepEqual([...seen, ...drained].sort(), all.sort());
  }));
});
