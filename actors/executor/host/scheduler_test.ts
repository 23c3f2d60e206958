import assert from "node:assert/strict";
import { NO_PERMISSIONS } from "../catalog/permissions.ts";
import type { Profile, Saying, WireOrder } from "../pool/protocol.ts";
import type { SchedulerEffect, SchedulerEvent } from "./events.ts";
import { HostScheduler } from "./scheduler.ts";
import type { Seat } from "./seat.ts";

const PROFILE: Profile = { id: "p", permissions: NO_PERMISSIONS, modules: [] };
const OK: Saying = { kind: "ended", outcome: { kind: "ok", result: "1" } };
const GRACE_MS = 500;

/** A host with one active and one spare worker, and a world in which time is told. */
function setup({ seatsMax = 8, profiles = [PROFILE], up = true } = {}) {
  const scheduler = new HostScheduler({
    size: { active: 1, spare: 1 },
    seatsMax,
    warmProfilesMax: 4,
    recycleAfter: 1_000,
    heapMiB: 100,
    graceMs: GRACE_MS,
  });
  let nowMs = 0;
  const seats = new Map<number, Seat>();
  const terminated: number[] = [];
  const told: unknown[] = [];
  const ended = new Map<number, string>();
  const posted: { seat: number; kind: string; slot: number; sequence: number }[] = [];
  const perform = (effect: SchedulerEffect) => {
    if (effect.kind === "spawn") seats.set(effect.seat.id, effect.seat);
    if (effect.kind === "terminate") terminated.push(effect.seat);
    if (effect.kind === "post") posted.push({ seat: effect.seat, ...effect.command });
    if (effect.kind === "die") told.push("die");
    if (effect.kind !== "tell") return;
    const { event } = effect;
    if (event.kind === "said" && event.saying.kind === "ended") {
      assert.ok(!ended.has(event.ticket), `ticket ${event.ticket} ended twice (G1)`);
      const { outcome } = event.saying;
      ended.set(event.ticket, outcome.kind === "error" ? outcome.error.name : outcome.kind);
    } else told.push(event);
  };
  const step = (event: SchedulerEvent) => scheduler.step(event, nowMs).forEach(perform);
  const world = {
    scheduler,
    seats,
    terminated,
    told,
    ended,
    posted,
    step,
    order(ticket: number, order: Partial<WireOrder> = {}) {
      step({ kind: "run", order: { ...ORDER, ticket, ...order } });
    },
    /** Where the latest offer of `ticket` went. */
    place(ticket: number) {
      for (const attempt of scheduler.attempts()) {
        if (attempt.order.ticket === ticket && attempt.place) return attempt.place;
      }
      return assert.fail(`${ticket} has no seat`);
    },
    /** The worker of `ticket` claims it; `busy` keeps the thread. */
    claim(ticket: number, { busy = false } = {}) {
      const { seat, slot, sequence } = world.place(ticket);
      assert.ok(seat.table.claim(slot, sequence));
      seat.table.enter(slot);
      if (!busy) seat.table.leave();
    },
    end(ticket: number, saying = OK) {
      const { seat, slot, sequence } = world.place(ticket);
      step({ kind: "worker-said", seat: seat.id, events: [[slot, sequence, saying]] });
    },
    /** Time passes in steps of the watch; workers in `turning` show that their loop turns. */
    pass(ms: number, { turning = [] as Seat[], rssMiB = 50, stepMs = 10 } = {}) {
      for (let spent = 0; spent < ms; spent += stepMs) {
        nowMs += stepMs;
        for (const seat of turning) seat.table.beat();
        step({ kind: "tick", rssMiB });
      }
    },
    seat: (id: number) => seats.get(id) ?? assert.fail(`no seat ${id}`),
  };
  step({ kind: "load", profiles });
  if (up) { for (const id of [...seats.keys()]) step({ kind: "seat-up", seat: id }); }
  world.pass(10);
  return world;
}

const ORDER: WireOrder = {
  ticket: 0,
  jobId: "j",
  attempt: 1,
  name: "h",
  moduleUrl: "file:///h.ts",
  profile: "p",
  payload: "null",
  timeoutMs: null,
  scheduledForMs: 0,
  fence: 1,
  checkpoint: "null",
  steps: [],
  exclusive: false,
};

Deno.test("HostScheduler warms active and spare workers and says when they are up", () => {
  const world = setup({ up: false });
  assert.deepEqual([...world.seats.keys()], [1, 2]);
  world.step({ kind: "seat-up", seat: 1 });
  assert.deepEqual(world.told, []);
  world.step({ kind: "seat-up", seat: 2 });
  assert.deepEqual(world.told, [{ kind: "warm" }]);
});

Deno.test("HostScheduler offers to the active worker, and ends what it says ended", () => {
  const world = setup();
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
  const world = setup({ seatsMax: 2 });
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
  const world = setup({ up: false });
  world.order(1);
  assert.equal(world.posted.length, 0);
  world.step({ kind: "seat-up", seat: 2 });
  assert.equal(world.posted[0]?.seat, 2);
});

Deno.test("HostScheduler gives what a stalled worker has not begun to the spare, and replaces it", () => {
  const world = setup();
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
  const world = setup();
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
  const world = setup();
  world.order(1);
  world.claim(1, { busy: true });
  world.pass(30);
  world.seat(1).table.leave();
  world.pass(20, { turning: [world.seat(1)] });
  world.order(2);
  assert.equal(world.place(2).seat.id, 1);
});

Deno.test("HostScheduler replaces and suspects nobody while it is starved itself (A3)", () => {
  const world = setup();
  world.order(1);
  world.claim(1, { busy: true });
  for (let at = 1; at <= 50; at++) world.pass(10, { stepMs: 100 });
  assert.equal(world.seats.size, 2);
  assert.deepEqual(world.told, [{ kind: "warm" }]);
  world.order(2);
  assert.equal(world.place(2).seat.id, 2);
});

Deno.test("HostScheduler ends a spinning attempt at its time-out, its neighbours as interrupted (A1)", () => {
  const world = setup();
  world.order(1);
  world.claim(1);
  world.order(2, { timeoutMs: 100 });
  world.claim(2, { busy: true });
  world.pass(130);
  assert.deepEqual([...world.ended].sort(), [[1, "interrupted"], [2, "timeout"]]);
  assert.deepEqual(world.terminated, [1]);
});

Deno.test("HostScheduler signals first and terminates after the grace period", () => {
  const world = setup();
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
    const world = setup();
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
  const world = setup();
  world.order(1);
  const { seat, slot, sequence } = world.place(1);
  world.step({ kind: "abort", ticket: 1, reason: "cancelled" });
  assert.equal(world.ended.get(1), "cancelled");
  assert.equal(seat.table.claim(slot, sequence), false);
  const cold = setup({ up: false });
  cold.order(1);
  cold.step({ kind: "abort", ticket: 1, reason: "cancelled" });
  assert.equal(cold.ended.get(1), "cancelled");
  cold.step({ kind: "seat-up", seat: 1 });
  assert.equal(cold.posted.length, 0);
});

Deno.test("HostScheduler ends an overdue attempt as interrupted while a neighbour holds the thread (A1)", () => {
  const world = setup();
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
  const several = setup();
  several.order(1, { timeoutMs: 300 });
  several.claim(1);
  several.order(2);
  several.claim(2);
  several.pass(300 + GRACE_MS + 50);
  assert.deepEqual([...several.ended].sort(), [[1, "interrupted"], [2, "interrupted"]]);
  assert.deepEqual(several.told.at(-1), { kind: "suspects", tickets: [1, 2], why: "stall" });
  const alone = setup();
  alone.order(1, { timeoutMs: 300 });
  alone.claim(1);
  alone.pass(350);
  assert.equal(alone.ended.get(1), "timeout");
});

Deno.test("HostScheduler gives an exclusive attempt a worker to itself", () => {
  const world = setup();
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
  const world = setup({ seatsMax: 2 });
  for (let ticket = 1; ticket <= 5; ticket++) world.order(ticket, { exclusive: true });
  assert.equal(world.seats.size, 2);
  assert.equal(world.posted.length, 2);
  world.claim(1);
  world.end(1);
  assert.equal(world.posted.length, 3);
});

Deno.test("HostScheduler makes room for another profile by ending an idle worker", () => {
  const other = { ...PROFILE, id: "q" };
  const world = setup({ seatsMax: 2, profiles: [PROFILE, other] });
  world.order(1, { profile: "q" });
  assert.deepEqual(world.terminated, [1]);
  world.step({ kind: "seat-up", seat: 3 });
  assert.equal(world.place(1).seat.profile.id, "q");
});

Deno.test("HostScheduler places again what a dead worker had not begun, and ends what it had", () => {
  const world = setup();
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
  const world = setup({ up: false });
  world.order(1);
  for (let starts = 0; starts < 3; starts++) {
    const [seat] = [...world.scheduler.seats.values()];
    world.step({ kind: "seat-down", seat: seat?.id ?? 0, problem: "no" });
  }
  assert.equal(world.ended.get(1), "WorkerStartError");
});

Deno.test("HostScheduler replaces a worker whose heap is heavy, and names who is in it", () => {
  const world = setup();
  world.order(1);
  world.claim(1);
  world.seat(1).table.sampleHeap(70);
  world.pass(10, { turning: [world.seat(1)] });
  assert.deepEqual(world.told.at(-1), { kind: "suspects", tickets: [1], why: "memory" });
  world.order(2);
  assert.equal(world.place(2).seat.id, 2);
  world.end(1);
  assert.deepEqual(world.terminated, [1]);
});

Deno.test("HostScheduler ends the process when memory outside of V8's bound runs out", () => {
  const world = setup();
  world.order(1);
  world.claim(1, { busy: true });
  world.pass(30, { rssMiB: 320 });
  assert.deepEqual(world.told.at(-1), { kind: "suspects", tickets: [1], why: "memory" });
  world.pass(10, { rssMiB: 460 });
  assert.equal(world.told.at(-1), "die");
});

Deno.test("HostScheduler ignores what a worker says of slots that are not its attempt's", () => {
  const world = setup();
  world.order(1);
  const { seat, slot, sequence } = world.place(1);
  const events = [[slot, sequence + 1, OK], [slot + 1, sequence, OK], [-1, 0, OK]] as const;
  world.step({ kind: "worker-said", seat: seat.id, events });
  world.step({ kind: "worker-said", seat: 99, events });
  assert.equal(world.ended.size, 0);
});
