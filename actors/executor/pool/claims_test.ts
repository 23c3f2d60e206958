import assert from "node:assert/strict";
import { ClaimTable } from "./claims.ts";

/** The host's and the worker's view of the same memory. */
function setup() {
  const host = new ClaimTable();
  return { host, worker: new ClaimTable(host.buffer) };
}

Deno.test("ClaimTable lets exactly one of claim and revoke succeed (W1)", () => {
  const { host, worker } = setup();
  host.offer(3, 7);
  assert.equal(worker.claim(3, 7), true);
  assert.equal(host.revoke(3, 7), false);
  assert.equal(host.started(3, 7), true);
  host.free(3);
  host.offer(3, 8);
  assert.equal(host.revoke(3, 8), true);
  assert.equal(worker.claim(3, 8), false);
  assert.equal(host.started(3, 8), false);
});

Deno.test("ClaimTable gives nothing to late messages of earlier offers (W2)", () => {
  const { host, worker } = setup();
  host.offer(0, 1);
  host.revoke(0, 1);
  host.free(0);
  assert.equal(worker.claim(0, 1), false);
  host.offer(0, 2);
  assert.equal(worker.claim(0, 1), false);
  assert.equal(host.revoke(0, 1), false);
  assert.equal(worker.claim(0, 2), true);
  assert.equal(worker.claim(0, 2), false);
});

Deno.test("ClaimTable keeps slots apart, and sequence numbers within a word", () => {
  const { host, worker } = setup();
  const last = (1 << 28) - 1;
  host.offer(1, last);
  host.offer(2, last);
  assert.equal(worker.claim(2, last), true);
  assert.equal(host.started(1, last), false);
  assert.equal(ClaimTable.nextSequence(last), 1);
  assert.equal(ClaimTable.nextSequence(1), 2);
});

Deno.test("ClaimTable shows whose handler has the thread, and whether the loop turns", () => {
  const { host, worker } = setup();
  assert.equal(host.busySlot(), null);
  const turn = host.turn();
  worker.enter(0);
  assert.equal(host.busySlot(), 0);
  assert.notEqual(host.turn(), turn);
  worker.leave();
  assert.equal(host.busySlot(), null);
  const beats = host.beats();
  worker.beat();
  assert.notEqual(host.beats(), beats);
  worker.sampleHeap(42);
  assert.equal(host.heapMiB(), 42);
});
