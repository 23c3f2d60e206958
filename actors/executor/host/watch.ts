/**
 * Watch: looks at every worker a hundred times a second and acts when one does not move.
 *
 * Intuition: three clocks run against a worker. A synchronous part of 15 ms makes it `stalled`: what it has
 * not begun runs elsewhere. An attempt over its time gets its signal; if it blocks its own worker no
 * signal could arrive, and the worker is terminated at once, else after the grace period. A worker whose
 * memory runs away is ended before the process dies of it; memory that merely grows is announced to the
 * node before it kills, so that a death can be laid at somebody's door.
 *
 * Invariants: A1. Only an attempt that itself holds the thread, or that ignores its signal on a loop that turns,
 * ends as `timeout`; one that a neighbour holds up ends as `interrupted` (E3). A2. A suspect is named once.
 * A3. Only looks of a punctual watch count against a worker: a starved machine must not start ever more workers.
 * A4. Who is evicted for memory is repeated in a host of its own; there nobody is evicted, and the limit is its own error.
 * Not here: what suspicion leads to (pool/strikes.ts).
 * @module
 */
import type { Suspicion } from "../pool/protocol.ts";
import type { HostScheduler } from "./scheduler.ts";
import { BLOCKED_MS, type HostedAttempt, type Seat, STALL_MS } from "./seat.ts";

/** A worker that is not up after this long never will be: its handlers' top level hangs. */
const START_MS_MAX = 10_000;
/** Looks, 10 ms apart, after which a still worker is replaced; starting another costs ~30 ms of processor time. */
const LAPSE_LOOKS = 5;
/** Looks after which the handler that keeps a worker still runs in a worker of its own from now on. */
const SUSPECT_LOOKS = 25;
/** A look that comes this late says that the machine is overloaded, and little about any worker. */
const STARVED_MS = 40;
/** Share of V8's bound at which a worker takes no new attempts. */
const HEAP_HEAVY = 0.6;
/** What evicted attempts are told, and their jobs' histories show. */
const EVICTED = "its worker's memory ran away, and it is repeated in a process of its own";
/** Memory of an empty host with its workers, MiB, added to what heaps may take. */
const BASE_MIB = 256;
/** A surplus worker ends after this long without attempts. */
const SURPLUS_IDLE_MS = 10_000;

/** The part of a host's scheduler that time drives. */
export class Watch {
  readonly #host: HostScheduler;
  #nowMs = 0;
  #starved = false;

  constructor(host: HostScheduler) {
    this.#host = host;
  }

  /** Looks at everything once. */
  tick(nowMs: number, rssMiB: number): void {
    this.#starved = nowMs - this.#nowMs > STARVED_MS;
    this.#nowMs = nowMs;
    for (const seat of [...this.#host.seats.values()]) this.#lookAt(seat, rssMiB);
    for (const attempt of [...this.#host.attempts()]) this.#lookAtTime(attempt);
    this.#lookAtMemory(rssMiB);
    for (const crew of this.#host.crews.values()) {
      for (const seat of crew.surplus()) {
        if (nowMs - seat.idleSinceMs >= SURPLUS_IDLE_MS) this.#host.terminate(seat);
      }
    }
  }

  #lookAt(seat: Seat, rssMiB: number): void {
    seat.observe(this.#nowMs);
    if (!seat.up) {
      if (this.#nowMs - seat.bornMs >= START_MS_MAX) this.#startFailed(seat);
      return;
    }
    if (this.#evicted(seat, rssMiB)) return;
    this.#lookAtStall(seat);
    if (seat.stillLooks >= SUSPECT_LOOKS) this.#suspect(holders(seat, this.#nowMs), "stall");
    if (!seat.retiring && seat.table.heapMiB() >= HEAP_HEAVY * this.#host.limits.heapMiB) {
      this.#suspect([...seat.attempts.values()], "memory");
      this.#host.retire(seat);
    }
  }

  /**
   * Ends a worker that would take its neighbours with it (A4): its own memory is about to pass the bound, or it
   * has held its thread while the host grew by half of it, which no other worker can be seen to have done.
   */
  #evicted(seat: Seat, rssMiB: number): boolean {
    const { heapMiB, solo } = this.#host.limits;
    if (solo) return false;
    const blockers = holders(seat, this.#nowMs);
    if (blockers.length === 0) seat.freeRssMiB = rssMiB;
    const grew = blockers.length > 0 && rssMiB - seat.freeRssMiB >= heapMiB / 2;
    const passes = seat.table.heapMiB() >= heapMiB / 2 && seat.comingHeapMiB >= heapMiB;
    if (!grew && !passes) return false;
    const started = [...seat.attempts.values()].filter((one) => one.startedAtMs !== null);
    this.#suspect(grew ? blockers : started, "eviction");
    this.#host.kill(seat, { to: null, why: EVICTED });
    return true;
  }

  /** Marks a worker that does not move, and gives what it has not begun to others that can begin it. */
  #lookAtStall(seat: Seat): void {
    const waiting = seat.unclaimed();
    const late = waiting.some((attempt) => this.#nowMs - attempt.offeredAtMs >= STALL_MS);
    const still = late || seat.busyMs(this.#nowMs) >= STALL_MS ||
      seat.silentMs(this.#nowMs) >= BLOCKED_MS;
    if (!still) {
      if (!seat.stalled) return;
      seat.stalled = false;
      seat.stillLooks = 0;
      seat.lapsed = false;
      return this.#host.refill(seat);
    }
    seat.stalled = true;
    if (!this.#starved) seat.stillLooks++; // (A3)
    const lapsing = !seat.lapsed && seat.stillLooks >= LAPSE_LOOKS;
    if (lapsing) seat.lapsed = true;
    // Without another worker that can take them, attempts may as well stay.
    const other = seat.lapsed || this.#host.crews.get(seat.profile.id)?.sharedSeat();
    const moved = waiting.length > 0 && other && this.#host.takeBack(seat) > 0;
    if (moved || lapsing) this.#host.refill(seat);
  }

  #startFailed(seat: Seat): void {
    const problem = `its handlers' modules did not load within ${START_MS_MAX} ms`;
    this.#host.seatFailed(seat, problem);
  }

  #lookAtTime(attempt: HostedAttempt): void {
    const { order, place, startedAtMs, stopping } = attempt;
    if (place === null || startedAtMs === null) return;
    if (stopping) {
      if (this.#nowMs - stopping.sinceMs >= this.#host.limits.graceMs) this.#force(attempt);
    } else if (order.timeoutMs !== null && this.#nowMs - startedAtMs >= order.timeoutMs) {
      this.#host.stop(attempt, "timeout");
    }
  }

  /** The grace period is over. */
  #force(attempt: HostedAttempt): void {
    const seat = attempt.place?.seat;
    if (!seat) return;
    const blocker = seat.blocker(this.#nowMs);
    const own = blocker === null || blocker === attempt;
    if (!own) this.#suspect(holders(seat, this.#nowMs), "stall");
    this.#host.kill(seat, { to: own ? attempt : null }); // (A1)
  }

  #lookAtMemory(rssMiB: number): void {
    const { heapMiB } = this.#host.limits;
    if (rssMiB < BASE_MIB + heapMiB / 2) return;
    const seats = [...this.#host.seats.values()];
    const holding = seats.flatMap((seat) => holders(seat, this.#nowMs));
    this.#suspect(holding, "memory");
    if (rssMiB < BASE_MIB + 2 * heapMiB) return;
    this.#host.emit({ kind: "die" });
  }

  #suspect(attempts: readonly HostedAttempt[], why: Suspicion): void {
    const fresh = attempts.filter((attempt) => attempt.suspected !== why); // (A2)
    if (fresh.length === 0) return;
    for (const attempt of fresh) attempt.suspected = why;
    const tickets = fresh.map((attempt) => attempt.order.ticket);
    this.#host.emit({ kind: "tell", event: { kind: "suspects", tickets, why } });
  }
}

/** Who may hold the thread of `seat`: one if it is known, all that have started if not, none if it turns. */
function holders(seat: Seat, nowMs: number): HostedAttempt[] {
  const blocker = seat.blocker(nowMs);
  if (blocker === null) return [];
  if (blocker !== "unknown") return [blocker];
  return [...seat.attempts.values()].filter((attempt) => attempt.startedAtMs !== null);
}
