import assert from "node:assert/strict";
import { NO_PERMISSIONS } from "../catalog/permissions.ts";
import type { WireOrder } from "../pool/protocol.ts";
import { Crew } from "./crew.ts";
import { BLOCKED_MS, type HostedAttempt, Seat, STALL_MS } from "./seat.ts";

const PROFILE = { id: "p", permissions: NO_PERMISSIONS, modules: [] };
let tickets = 0;

function attempt(exclusive = false): HostedAttempt {
  const order = { ticket: ++tickets, exclusive } as WireOrder;
  return {
    order,
    place: null,
    offeredAtMs: 0,
    startedAtMs: null,
    stopping: null,
    suspected: null,
  };
}

/** A crew of 2 active and 1 spare, with `count` workers that are up. */
function setup(count: number) {
  const crew = new Crew(PROFILE, { size: { active: 2, spare: 1 }, warm: true });
  for (let id = 1; id <= count; id++) {
    const seat = new Seat(id, { profile: PROFILE, nowMs: 0 });
    seat.up = true;
    crew.seats.push(seat);
  }
  const [first, second, third] = crew.seats;
  return { crew, first: first as Seat, second: second as Seat, third: third as Seat };
}

Deno.test("Crew.sharedSeat() spreads over the active workers and leaves the spare empty", () => {
  const { crew, first, second } = setup(3);
  assert.equal(crew.sharedSeat(), first);
  first.offer(attempt(), 0);
  assert.equal(crew.sharedSeat(), second);
  second.offer(attempt(), 0);
  second.offer(attempt(), 0);
  assert.equal(crew.sharedSeat(), first);
});

Deno.test("Crew.sharedSeat() takes the spare when an active worker is of no use", () => {
  const { crew, first, second, third } = setup(3);
  first.stalled = true;
  second.offer(attempt(), 0);
  assert.equal(crew.sharedSeat(), third);
  third.retiring = true;
  assert.equal(crew.sharedSeat(), second);
  second.up = false;
  assert.equal(crew.sharedSeat(), null);
});

Deno.test("Crew.emptySeat() gives the newest, and none that has anybody", () => {
  const { crew, third, second } = setup(3);
  assert.equal(crew.emptySeat(), third);
  third.offer(attempt(true), 0);
  assert.equal(crew.emptySeat(), second);
});

Deno.test("Crew.missing() counts neither lapsed nor exclusive workers", () => {
  const { crew, first, third } = setup(3);
  assert.equal(crew.missing(), 0);
  first.stalled = true;
  assert.equal(crew.missing(), 0);
  first.lapsed = true;
  third.offer(attempt(true), 0);
  assert.equal(crew.missing(), 2);
  crew.exclusive.push(...Array.from({ length: 50 }, () => attempt(true)));
  assert.equal(crew.missing(), 6, "starting is bounded");
});

Deno.test("Crew.surplus() is what is open and empty beyond the wanted number", () => {
  const { crew } = setup(5);
  assert.deepEqual(crew.surplus().map(({ id }) => id), [4, 5]);
  crew.seats[4]?.offer(attempt(), 0);
  assert.deepEqual(crew.surplus().map(({ id }) => id), [4]);
});

Deno.test("Seat gives each attempt a slot of its own and takes it back (H1)", () => {
  const { first } = setup(1);
  const one = attempt();
  const two = attempt();
  const places = [first.offer(one, 0), first.offer(two, 0)];
  assert.notEqual(places[0]?.slot, places[1]?.slot);
  first.release(one, 5);
  first.release(one, 6);
  const again = first.offer(attempt(), 7);
  assert.equal(again.slot, places[0]?.slot);
  assert.notEqual(again.sequence, places[0]?.sequence);
});

Deno.test("Seat.blocker() names whose first synchronous part runs (H2)", () => {
  const { first } = setup(1);
  const one = attempt();
  const { slot, sequence } = first.offer(one, 0);
  first.offer(attempt(), 0);
  first.table.claim(slot, sequence);
  first.table.enter(slot);
  first.observe(10);
  assert.equal(first.blocker(10), null);
  assert.equal(first.blocker(10 + STALL_MS), one);
  first.table.leave();
  assert.equal(first.blocker(10 + STALL_MS), null);
});

Deno.test("Seat.blocker() names one who is alone on a silent loop, and nobody of several (H2)", () => {
  const { first } = setup(1);
  const one = attempt();
  const claim = (candidate: HostedAttempt, nowMs: number) => {
    const { slot, sequence } = first.offer(candidate, nowMs);
    first.table.claim(slot, sequence);
    first.observe(nowMs);
  };
  claim(one, 1_000);
  assert.equal(first.blocker(1_000), null, "an idle worker was not silent");
  assert.equal(first.blocker(1_000 + BLOCKED_MS), one);
  claim(attempt(), 1_000);
  assert.equal(first.blocker(1_000 + BLOCKED_MS), "unknown");
  first.table.beat();
  first.observe(1_000 + BLOCKED_MS);
  assert.equal(first.blocker(1_000 + BLOCKED_MS), null);
});
