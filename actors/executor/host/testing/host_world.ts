/**
 * HostWorld: a host's scheduler in a world in which time is told, with workers that do what the test says.
 * @module
 */
import assert from "node:assert/strict";
import { NO_PERMISSIONS } from "../../catalog/permissions.ts";
import type { Profile, Saying, WireOrder } from "../../pool/protocol.ts";
import type { SchedulerEffect, SchedulerEvent } from "../events.ts";
import { HostScheduler } from "../scheduler.ts";
import type { Seat } from "../seat.ts";

/** A profile without permissions and modules. */
export const PROFILE: Profile = { id: "p", permissions: NO_PERMISSIONS, modules: [] };
/** An attempt ends well. */
export const OK: Saying = { kind: "ended", outcome: { kind: "ok", result: "1" } };
/** The grace period of the host. */
export const GRACE_MS = 500;

/** A host with one active and one spare worker, and a world in which time is told. */
export function hostWorld({ seatsMax = 8, profiles = [PROFILE], up = true, solo = false } = {}) {
  const scheduler = new HostScheduler({
    size: { active: 1, spare: 1 },
    seatsMax,
    warmProfilesMax: 4,
    recycleAfter: 1_000,
    heapMiB: 100,
    solo,
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

/** An order of nobody in particular. */
export const ORDER: WireOrder = {
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
