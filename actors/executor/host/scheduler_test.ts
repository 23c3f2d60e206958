import assert from "node:assert/strict";
import { GRACE_MS, hostWorld, OK, PROFILE } from "./testing/host_world.ts";

Deno.test("HostScheduler warms active and spare workers and says when they are up", () => {
  const world = hostWorld({ up: false });
  assert.deepEqual([...world.seats.keys()], [1, 2]);
  world.step({ kind: "seat-up", seat: 1 });
  assert.deepEqual(world.told, []);
  world.step({ kind: "seat-up", seat: 2 });
  assert.deepEqual(world.told, [{ kind: "warm" }]);
});

Deno.test("HostScheduler offers to the active worker, and ends what it says ended", () => {
  const world = hostWorld();
  world.order(1);
  world.order(2);
  assert.deepEqual(world.posted.map(({ seat, kind }) => [seat, kind]), [
    [1, "start"],
    [1, "start"],
  ]);
  world.claim(1);
  world.claim(2);
  world.end(2, { kind: "progress", percent: 5 });
  world.end(2);
  assert.deepEqual([...world.ended], [[2, "ok"]]);
  assert.deepEqual(world.told.at(-1), {
    kind: "said",
    ticket: 2,
    saying: { kind: "progress", percent: 5 },
  });
});

Deno.test("HostScheduler keeps its workers when a profile is loaded again (G3)", () => {
  const world = hostWorld({ seatsMax: 2 });
  for (let ticket = 1; ticket <= 10; ticket++) {
    world.step({ kind: "load", profiles: [PROFILE] });
    world.order(ticket, { exclusive: true });
    world.claim(ticket);
    world.end(ticket);
  }
  assert.equal(world.ended.size, 10);
  assert.equal(world.seats.size, 2);
});

Deno.test("HostScheduler keeps attempts until a worker is up", () => {
  const world = hostWorld({ up: false });
  world.order(1);
  assert.equal(world.posted.length, 0);
  world.step({ kind: "seat-up", seat: 2 });
  assert.equal(world.posted[0]?.seat, 2);
});

Deno.test("HostScheduler gives what a stalled worker has not begun to the spare, and replaces it", () => {
  const world = hostWorld();
  world.order(1);
  world.claim(1, { busy: true });
  world.order(2);
  world.pass(30);
  assert.equal(world.place(2).seat.id, 2); // (G2)
  assert.equal(world.posted.at(-1)?.kind, "start");
  world.order(3);
  assert.equal(world.place(3).seat.id, 2);
  world.claim(2);
  world.claim(3);
  world.pass(60, { turning: [world.seat(2)] });
  assert.deepEqual([...world.seats.keys()], [1, 2, 3]);
});

Deno.test("HostScheduler leaves to a stalled worker what it claims at the last moment (G2)", () => {
  const world = hostWorld();
  world.order(1);
  world.claim(1, { busy: true });
  world.order(2);
  const { seat, slot, sequence } = world.place(2);
  const { table } = seat;
  const revoke = table.revoke.bind(table);
  table.revoke = (...offer) => {
    table.claim(slot, sequence); // The worker is faster by a hair.
    return revoke(...offer);
  };
  world.pass(30);
  assert.equal(world.place(2).seat, seat);
  world.end(2);
  assert.equal(world.ended.get(2), "ok");
});

Deno.test("HostScheduler takes a worker back into use once its loop turns", () => {
  const world = hostWorld();
  world.order(1);
  world.claim(1, { busy: true });
  world.pass(30);
  world.seat(1).table.leave();
  world.pass(20, { turning: [world.seat(1)] });
  world.order(2);
  assert.equal(world.place(2).seat.id, 1);
});

Deno.test("HostScheduler replaces and suspects nobody while it is starved itself (A3)", () => {
  const world = hostWorld();
  world.order(1);
  world.claim(1, { busy: true });
  for (let at = 1; at <= 50; at++) world.pass(10, { stepMs: 100 });
  assert.equal(world.seats.size, 2);
  assert.deepEqual(world.told, [{ kind: "warm" }]);
  world.order(2);
  assert.equal(world.place(2).seat.id, 2);
});

Deno.test("HostScheduler ends a spinning attempt at its time-out, its neighbours as interrupted (A1)", () => {
  const world = hostWorld();
  world.order(1);
  world.claim(1);
  world.order(2, { timeoutMs: 100 });
  world.claim(2, { busy: true });
  world.pass(130);
  assert.deepEqual([...world.ended].sort(), [[1, "interrupted"], [2, "timeout"]]);
  assert.deepEqual(world.terminated, [1]);
});

Deno.test("HostScheduler signals first and terminates after the grace period", () => {
  const world = hostWorld();
  world.order(1, { timeoutMs: 100 });
  world.claim(1);
  const { seat } = world.place(1);
  world.pass(130, { turning: [seat] });
  assert.deepEqual(world.posted.at(-1)?.kind, "abort");
  assert.equal(world.ended.size, 0);
  world.order(2); // Goes elsewhere: the worker may have to be terminated (G4).
  assert.notEqual(world.place(2).seat, seat);
  world.pass(GRACE_MS, { turning: [seat] });
  assert.equal(world.ended.get(1), "timeout");
  assert.ok(world.terminated.includes(seat.id));
});

Deno.test("HostScheduler takes an attempt's word after the signal as the end its stop asked for", () => {
  for (const [reason, kind] of [["cancelled", "cancelled"], ["drain", "interrupted"]] as const) {
    const world = hostWorld();
    world.order(1);
    world.claim(1);
    world.step({ kind: "abort", ticket: 1, reason });
    assert.equal(world.ended.size, 0);
    world.end(1);
    assert.equal(world.ended.get(1), kind);
    assert.deepEqual(world.terminated, []);
  }
});

Deno.test("HostScheduler never lets an attempt begin after an abort that came first (E2)", () => {
  const world = hostWorld();
  world.order(1);
  const { seat, slot, sequence } = world.place(1);
  world.step({ kind: "abort", ticket: 1, reason: "cancelled" });
  assert.equal(world.ended.get(1), "cancelled");
  assert.equal(seat.table.claim(slot, sequence), false);
  const cold = hostWorld({ up: false });
  cold.order(1);
  cold.step({ kind: "abort", ticket: 1, reason: "cancelled" });
  assert.equal(cold.ended.get(1), "cancelled");
  cold.step({ kind: "seat-up", seat: 1 });
  assert.equal(cold.posted.length, 0);
});

Deno.test("HostScheduler ends an overdue attempt as interrupted while a neighbour holds the thread (A1)", () => {
  const world = hostWorld();
  world.order(1, { timeoutMs: 300 });
  world.claim(1);
  world.pass(50, { turning: [world.seat(1)] });
  world.order(2);
  world.claim(2, { busy: true });
  world.pass(300 + GRACE_MS);
  assert.deepEqual([...world.ended].sort(), [[1, "interrupted"], [2, "interrupted"]]);
  const suspects = world.told.filter((event) => JSON.stringify(event).includes("suspects"));
  assert.deepEqual(suspects, [{ kind: "suspects", tickets: [2], why: "stall" }]);
});

Deno.test("HostScheduler blames nobody of several when the culprit is unknown, one who is alone", () => {
  const several = hostWorld();
  several.order(1, { timeoutMs: 300 });
  several.claim(1);
  several.order(2);
  several.claim(2);
  several.pass(300 + GRACE_MS + 50);
  assert.deepEqual([...several.ended].sort(), [[1, "interrupted"], [2, "interrupted"]]);
  assert.deepEqual(several.told.at(-1), { kind: "suspects", tickets: [1, 2], why: "stall" });
  const alone = hostWorld();
  alone.order(1, { timeoutMs: 300 });
  alone.claim(1);
  alone.pass(350);
  assert.equal(alone.ended.get(1), "timeout");
});

Deno.test("HostScheduler gives an exclusive attempt a worker to itself", () => {
  const world = hostWorld();
  world.order(1);
  world.claim(1);
  world.order(2, { exclusive: true });
  assert.equal(world.place(2).seat.id, 2);
  world.order(3);
  assert.equal(world.place(3).seat.id, 1);
  world.order(4, { exclusive: true });
  assert.equal(world.seats.size, 4);
  world.step({ kind: "seat-up", seat: 4 });
  assert.equal(world.place(4).seat.id, 4);
  world.claim(2);
  world.end(2);
  world.order(5, { exclusive: true });
  assert.notEqual(world.place(5).seat.id, 1);
});

Deno.test("HostScheduler bounds its workers; attempts beyond wait (G3)", () => {
  const world = hostWorld({ seatsMax: 2 });
  for (let ticket = 1; ticket <= 5; ticket++) world.order(ticket, { exclusive: true });
  assert.equal(world.seats.size, 2);
  assert.equal(world.posted.length, 2);
  world.claim(1);
  world.end(1);
  assert.equal(world.posted.length, 3);
});

Deno.test("HostScheduler makes room for another profile by ending an idle worker", () => {
  const other = { ...PROFILE, id: "q" };
  const world = hostWorld({ seatsMax: 2, profiles: [PROFILE, other] });
  world.order(1, { profile: "q" });
  assert.deepEqual(world.terminated, [1]);
  world.step({ kind: "seat-up", seat: 3 });
  assert.equal(world.place(1).seat.profile.id, "q");
});

Deno.test("HostScheduler places again what a dead worker had not begun, and ends what it had", () => {
  const world = hostWorld();
  world.order(1);
  world.claim(1);
  world.order(2);
  world.step({ kind: "seat-down", seat: 1, problem: "it broke" });
  assert.deepEqual([...world.ended], [[1, "WorkerDied"]]);
  assert.equal(world.place(2).seat.id, 2);
  world.order(3);
  world.claim(2);
  world.claim(3);
  world.step({ kind: "seat-down", seat: 2, problem: "it broke" });
  assert.deepEqual([world.ended.get(2), world.ended.get(3)], ["lost", "lost"]);
});

Deno.test("HostScheduler tells attempts when no worker can be started for them", () => {
  const world = hostWorld({ up: false });
  world.order(1);
  for (let starts = 0; starts < 3; starts++) {
    const [seat] = [...world.scheduler.seats.values()];
    world.step({ kind: "seat-down", seat: seat?.id ?? 0, problem: "no" });
  }
  assert.equal(world.ended.get(1), "WorkerStartError");
});

Deno.test("HostScheduler ignores what a worker says of slots that are not its attempt's", () => {
  const world = hostWorld();
  world.order(1);
  const { seat, slot, sequence } = world.place(1);
  const events = [[slot, sequence + 1, OK], [slot + 1, sequence, OK], [-1, 0, OK]] as const;
  world.step({ kind: "worker-said", seat: seat.id, events });
  world.step({ kind: "worker-said", seat: 99, events });
  assert.equal(world.ended.size, 0);
});
