import assert from "node:assert/strict";
import { NO_PERMISSIONS } from "../catalog/permissions.ts";
import type { Profile, Saying } from "../pool/protocol.ts";
import type { SchedulerEffect, SchedulerEvent } from "./events.ts";
import { HostScheduler } from "./scheduler.ts";
import type { Seat } from "./seat.ts";

const PROFILES: readonly Profile[] = ["p", "q"].map((id) => ({
  id,
  permissions: NO_PERMISSIONS,
  modules: [],
}));
const OK: Saying = { kind: "ended", outcome: { kind: "ok", result: "1" } };
const SEATS_MAX = 6;

/** A small seeded generator (mulberry32): the same seed makes the same storm. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A worker as the storm sees it: its queue of offers, and what it has begun. */
interface FakeWorker {
  readonly seat: Seat;
  readonly queue: { slot: number; sequence: number; ticket: number }[];
  readonly begun: { slot: number; sequence: number; ticket: number }[];
  /** It keeps its thread: it claims and answers nothing. */
  spinning: boolean;
}

/** One random life of a host, checked at every step. */
class Storm {
  readonly scheduler = new HostScheduler({
    size: { active: 1, spare: 1 },
    seatsMax: SEATS_MAX,
    warmProfilesMax: 1,
    recycleAfter: 20,
    heapMiB: 100,
    solo: false,
    graceMs: 500,
  });
  readonly workers = new Map<number, FakeWorker>();
  readonly ordered = new Set<number>();
  readonly ended = new Set<number>();
  readonly aborted = new Set<number>();
  readonly begun = new Set<number>();
  readonly random: () => number;
  nowMs = 0;
  nextTicket = 1;

  constructor(seed: number) {
    this.random = chance(seed);
    this.step({ kind: "load", profiles: PROFILES });
  }

  pick<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.random() * items.length)];
  }

  step(event: SchedulerEvent): void {
    for (const effect of this.scheduler.step(event, this.nowMs)) this.perform(effect);
    assert.ok(this.workers.size <= SEATS_MAX, "too many workers (G3)");
  }

  perform(effect: SchedulerEffect): void {
    if (effect.kind === "spawn") {
      const { seat } = effect;
      this.workers.set(seat.id, { seat, queue: [], begun: [], spinning: false });
    } else if (effect.kind === "terminate") {
      this.workers.delete(effect.seat);
    } else if (effect.kind === "post" && effect.command.kind === "start") {
      const { slot, sequence, order: { ticket } } = effect.command;
      this.workers.get(effect.seat)?.queue.push({ slot, sequence, ticket });
    } else if (effect.kind === "tell" && effect.event.kind === "said") {
      const { ticket, saying } = effect.event;
      if (saying.kind !== "ended") return;
      assert.ok(this.ordered.has(ticket) && !this.ended.has(ticket), `${ticket} ended twice (G1)`);
      this.ended.add(ticket);
    }
  }

  order(): void {
    const ticket = this.nextTicket++;
    this.ordered.add(ticket);
    this.step({
      kind: "run",
      order: {
        ticket,
        jobId: "j",
        attempt: 1,
        name: "h",
        moduleUrl: "file:///h.ts",
        profile: this.random() < 0.8 ? "p" : "q",
        payload: "null",
        timeoutMs: this.random() < 0.7 ? 50 + Math.floor(this.random() * 500) : null,
        scheduledForMs: 0,
        fence: 1,
        checkpoint: "null",
        steps: [],
        exclusive: this.random() < 0.1,
      },
    });
  }

  abort(): void {
    const ticket = this.pick([...this.ordered].filter((one) => !this.ended.has(one)));
    if (ticket === undefined) return;
    this.aborted.add(ticket);
    this.step({ kind: "abort", ticket, reason: "cancelled" });
    if (!this.begun.has(ticket)) assert.ok(this.ended.has(ticket), "it had not begun (E2)");
  }

  /** A worker claims what it was offered, begins some of it, ends some, or begins to spin. */
  work({ seat, queue, begun }: FakeWorker, worker: FakeWorker): void {
    if (!seat.up) return this.step({ kind: "seat-up", seat: seat.id });
    if (worker.spinning) return;
    seat.table.beat();
    for (const offer of queue.splice(0)) {
      if (worker.spinning) {
        queue.push(offer);
        continue;
      }
      if (!seat.table.claim(offer.slot, offer.sequence)) continue;
      assert.ok(!this.ended.has(offer.ticket), `${offer.ticket} begins after its end (E2)`);
      assert.ok(!this.begun.has(offer.ticket), `${offer.ticket} begins twice (G2)`);
      this.begun.add(offer.ticket);
      begun.push(offer);
      seat.table.enter(offer.slot);
      worker.spinning = this.random() < 0.03;
      if (!worker.spinning) seat.table.leave();
    }
    const ending = begun.filter(() => this.random() < 0.5);
    begun.splice(0, begun.length, ...begun.filter((one) => !ending.includes(one)));
    const events = ending.map(({ slot, sequence }) => [slot, sequence, OK] as const);
    this.step({ kind: "worker-said", seat: seat.id, events });
  }

  turn(): void {
    const luck = this.random();
    if (luck < 0.35) this.order();
    else if (luck < 0.42) this.abort();
    else if (luck < 0.43) {
      const worker = this.pick([...this.workers.values()]);
      if (worker) this.step({ kind: "seat-down", seat: worker.seat.id, problem: "it broke" });
    }
    for (const worker of [...this.workers.values()]) {
      if (this.workers.has(worker.seat.id) && this.random() < 0.7) this.work(worker, worker);
    }
    this.tick();
  }

  tick(): void {
    this.nowMs += 10;
    this.step({ kind: "tick", rssMiB: 50 });
  }

  /** Everything that is left must come to its end: spinning workers by being aborted. */
  drain(): void {
    for (let at = 0; at < 400 && this.ended.size < this.ordered.size; at++) {
      for (const ticket of this.ordered) {
        if (!this.ended.has(ticket)) this.step({ kind: "abort", ticket, reason: "drain" });
      }
      this.tick();
    }
  }
}

Deno.test("HostScheduler ends every attempt once and begins none twice, in 200 random lives (G1, G2, G3, E2)", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const storm = new Storm(seed);
    try {
      for (let at = 0; at < 150; at++) storm.turn();
      storm.drain();
      assert.equal(storm.ended.size, storm.ordered.size, "all have ended");
      assert.equal(storm.scheduler.load, 0);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});
