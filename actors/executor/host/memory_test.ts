import assert from "node:assert/strict";
import { hostWorld } from "./testing/host_world.ts";

Deno.test("HostScheduler replaces a worker whose heap is heavy, and names who is in it", () => {
  const world = hostWorld();
  world.order(1);
  world.claim(1);
  for (const heapMiB of [30, 48, 62]) {
    world.seat(1).table.sampleHeap(heapMiB);
    world.pass(10, { turning: [world.seat(1)] });
  }
  assert.deepEqual(world.told.at(-1), { kind: "suspects", tickets: [1], why: "memory" });
  world.order(2);
  assert.equal(world.place(2).seat.id, 2);
  world.end(1);
  assert.deepEqual(world.terminated, [1]);
});

Deno.test("HostScheduler evicts who is in a worker whose memory is about to pass its bound (A4)", () => {
  const world = hostWorld();
  world.order(1);
  world.claim(1);
  for (const heapMiB of [10, 55]) {
    world.seat(1).table.sampleHeap(heapMiB);
    world.pass(10, { turning: [world.seat(1)] });
  }
  assert.deepEqual(world.told.at(-1), { kind: "suspects", tickets: [1], why: "eviction" });
  assert.deepEqual([...world.ended], [[1, "interrupted"]]);
  assert.deepEqual(world.terminated, [1]);
});

Deno.test("HostScheduler evicts the holder of a thread under which the host grows, and nobody else (A4)", () => {
  const world = hostWorld();
  world.order(1);
  world.claim(1);
  world.seat(1).table.leave();
  world.pass(100, { turning: [world.seat(1)], rssMiB: 300 });
  assert.equal(world.ended.size, 0, "memory that grew before is not laid at its door");
  world.seat(1).table.enter(world.place(1).slot);
  world.order(2);
  world.pass(30, { rssMiB: 320 });
  assert.equal(world.ended.size, 0);
  world.pass(10, { rssMiB: 380 });
  assert.deepEqual(world.told.at(-1), { kind: "suspects", tickets: [1], why: "eviction" });
  assert.deepEqual([...world.ended], [[1, "interrupted"]]);
  assert.equal(world.place(2).seat.id, 2);
});

Deno.test("HostScheduler evicts nobody from a host of their own: the process ends (A4)", () => {
  const world = hostWorld({ solo: true });
  world.order(1);
  world.claim(1, { busy: true });
  world.pass(30, { rssMiB: 320 });
  assert.deepEqual(world.told.at(-1), { kind: "suspects", tickets: [1], why: "memory" });
  world.pass(10, { rssMiB: 460 });
  assert.equal(world.told.at(-1), "die");
});
