/**
 * Seat: one worker as its host sees it: who sits in it, and whether its thread still turns.
 *
 * Intuition: the worker tells nothing while it spins, so everything here is read from shared words: which
 * slot's handler was called last and has not given the thread back, and how long the event loop has not turned.
 *
 * Invariants: H1. A slot belongs to one attempt from its offer to its release. H2. `blocker` names an attempt only
 * when no other could be it: its first synchronous part runs, or it is alone.
 * Not here: what follows from it (scheduler.ts, watch.ts).
 * @module
 */
import { invariant } from "../../../runtime/fault.ts";
import { ClaimTable, SLOTS_PER_WORKER } from "../pool/claims.ts";
import type { Profile, StopReason, Suspicion, WireOrder } from "../pool/protocol.ts";

/** A synchronous part that lasts this long holds up its neighbours: late offers are taken back. */
export const STALL_MS = 15;
/** The worker's loop beats every `BEAT_EVERY_MS` while it has attempts; silent for this long, it is blocked. */
export const BLOCKED_MS = 200;

/** One attempt in this host. */
export interface HostedAttempt {
  readonly order: WireOrder;
  /** Where it sits; null while it waits for a seat. */
  place: { readonly seat: Seat; readonly slot: number; readonly sequence: number } | null;
  offeredAtMs: number;
  /** When it was seen to have started; null before. */
  startedAtMs: number | null;
  stopping: { readonly reason: StopReason; readonly sinceMs: number } | null;
  /** What it was named as a suspect of; once is enough. */
  suspected: Suspicion | null;
}

/** One worker. */
export class Seat {
  readonly id: number;
  readonly profile: Profile;
  readonly table = new ClaimTable();
  readonly attempts = new Map<number, HostedAttempt>();
  readonly bornMs: number;
  up = false;
  /** It takes no new attempts and ends when its last one has. */
  retiring = false;
  /** Its thread was seen not to turn; it takes no new attempts until it does. */
  stalled = false;
  /** In how many looks in a row, by a watch that was punctual, its thread did not turn. */
  stillLooks = 0;
  /** It has been stalled for so long that another worker takes its place. */
  lapsed = false;
  /** It is held by one attempt that wants no neighbours. */
  exclusive = false;
  /** Attempts ever offered to it. */
  served = 0;
  idleSinceMs: number;
  /** Memory of the host when this worker's thread was last seen to turn, MiB. */
  freeRssMiB = Infinity;
  /** What the worker's own memory was before it last changed, MiB. */
  #heapBeforeMiB = 0;
  #heapMiB = 0;
  #free: number[] = Array.from({ length: SLOTS_PER_WORKER }, (_, at) => SLOTS_PER_WORKER - 1 - at);
  #sequence = 0;
  #turn = 0;
  #turnSinceMs: number;
  #beats = 0;
  #beatSinceMs: number;

  constructor(id: number, { profile, nowMs }: { profile: Profile; nowMs: number }) {
    this.id = id;
    this.profile = profile;
    this.bornMs = nowMs;
    this.idleSinceMs = nowMs;
    this.#turnSinceMs = nowMs;
    this.#beatSinceMs = nowMs;
  }

  /** It can take new attempts. */
  get open(): boolean {
    return this.up && !this.retiring && !this.stalled && !this.exclusive &&
      this.#free.length > 0 && !this.#stopsSomething();
  }

  /** It is or will be open without anyone's help: it counts towards the wanted number of workers. */
  get healthy(): boolean {
    return !this.retiring && !this.lapsed && !this.exclusive && !this.#stopsSomething();
  }

  /** Gives `attempt` a slot and offers it to the worker. */
  offer(attempt: HostedAttempt, nowMs: number): { slot: number; sequence: number } {
    const slot = this.#free.pop();
    invariant(slot !== undefined, "an open seat has a free slot");
    this.#sequence = ClaimTable.nextSequence(this.#sequence);
    if (this.attempts.size === 0) this.#beatSinceMs = nowMs; // An idle worker does not beat.
    attempt.place = { seat: this, slot, sequence: this.#sequence };
    attempt.offeredAtMs = nowMs;
    this.attempts.set(slot, attempt);
    this.exclusive = attempt.order.exclusive;
    this.served++;
    this.table.offer(slot, this.#sequence);
    return { slot, sequence: this.#sequence };
  }

  /** Frees the slot of `attempt`, which has ended or was revoked (H1). */
  release(attempt: HostedAttempt, nowMs: number): void {
    if (attempt.place?.seat !== this) return;
    this.table.free(attempt.place.slot);
    this.attempts.delete(attempt.place.slot);
    this.#free.push(attempt.place.slot);
    attempt.place = null;
    if (this.attempts.size > 0) return;
    this.exclusive = false;
    this.idleSinceMs = nowMs;
  }

  /** Reads the shared words. */
  observe(nowMs: number): void {
    const turn = this.table.turn();
    if (turn !== this.#turn) {
      this.#turn = turn;
      this.#turnSinceMs = nowMs;
    }
    const beats = this.table.beats();
    if (beats !== this.#beats || this.attempts.size === 0) {
      this.#beats = beats;
      this.#beatSinceMs = nowMs;
    }
    const heapMiB = this.table.heapMiB();
    if (heapMiB !== this.#heapMiB) {
      this.#heapBeforeMiB = this.#heapMiB;
      this.#heapMiB = heapMiB;
    }
    for (const attempt of this.attempts.values()) {
      if (attempt.startedAtMs === null && this.#claimed(attempt)) attempt.startedAtMs = nowMs;
    }
  }

  /** What the worker's own memory will be when it looks again, if it goes on as it does, MiB. */
  get comingHeapMiB(): number {
    return this.#heapMiB + Math.max(0, this.#heapMiB - this.#heapBeforeMiB);
  }

  /** Attempts that were offered and not claimed. */
  unclaimed(): HostedAttempt[] {
    return [...this.attempts.values()].filter((attempt) => !this.#claimed(attempt));
  }

  /** How long the handler that was called last has kept the thread, ms; 0 when it gave it back. */
  busyMs(nowMs: number): number {
    return this.table.busySlot() === null ? 0 : nowMs - this.#turnSinceMs;
  }

  /** How long the event loop has not been seen to turn, ms. */
  silentMs(nowMs: number): number {
    return nowMs - this.#beatSinceMs;
  }

  /** The attempt whose first synchronous part has the thread. */
  busyAttempt(): HostedAttempt | null {
    const slot = this.table.busySlot();
    return slot === null ? null : this.attempts.get(slot) ?? null;
  }

  /** Who keeps the loop from turning: an attempt (H2), `unknown`, or null when it turns. */
  blocker(nowMs: number): HostedAttempt | "unknown" | null {
    const busy = this.busyMs(nowMs) >= STALL_MS ? this.busyAttempt() : null;
    if (busy) return busy;
    if (this.silentMs(nowMs) < BLOCKED_MS) return null;
    const started = [...this.attempts.values()].filter((one) => one.startedAtMs !== null);
    return started.length === 1 && started[0] ? started[0] : "unknown";
  }

  #claimed(attempt: HostedAttempt): boolean {
    return attempt.place !== null &&
      this.table.started(attempt.place.slot, attempt.place.sequence);
  }

  #stopsSomething(): boolean {
    for (const attempt of this.attempts.values()) if (attempt.stopping) return true;
    return false;
  }
}
