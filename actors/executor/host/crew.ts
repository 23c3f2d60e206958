/**
 * Crew: the seats of one profile, how many there should be, and which one takes the next attempt.
 *
 * Intuition: a few active workers share the load, fewest attempts first; spares stay warm and empty, so
 * that what a stalled worker gives back runs at once. An attempt that wants no neighbours takes an empty seat.
 *
 * Not here: when seats end (scheduler.ts).
 * @module
 */
import type { Profile } from "../pool/protocol.ts";
import type { HostedAttempt, Seat } from "./seat.ts";

/** How many workers a profile has. */
export interface CrewSize {
  /** Workers that share the load. */
  readonly active: number;
  /** Warm workers beyond them. */
  readonly spare: number;
}

/** Workers started at once for attempts that want one each: starting costs ~25 ms of processor time. */
const EXCLUSIVE_STARTS_MAX = 4;

/** One profile's seats and waiting attempts. */
export class Crew {
  readonly profile: Profile;
  readonly seats: Seat[] = [];
  /** Attempts without a seat, in order. */
  readonly shared: HostedAttempt[] = [];
  readonly exclusive: HostedAttempt[] = [];
  /** It is kept warm without demand. */
  readonly warm: boolean;
  /** Workers in a row that did not start. */
  failedStarts = 0;
  readonly #size: CrewSize;

  constructor(profile: Profile, { size, warm }: { size: CrewSize; warm: boolean }) {
    this.profile = profile;
    this.#size = size;
    this.warm = warm;
  }

  /** Attempts that wait for a seat. */
  get waiting(): number {
    return this.shared.length + this.exclusive.length;
  }

  /** The seat for the next shared attempt: of the first open ones, the emptiest. */
  sharedSeat(): Seat | null {
    let best: Seat | null = null;
    let seen = 0;
    for (const seat of this.seats) {
      if (!seat.open) continue;
      if (best === null || seat.attempts.size < best.attempts.size) best = seat;
      if (++seen === this.#size.active) break;
    }
    return best;
  }

  /** An open seat with nobody in it, the newest first: the older ones have the shared load. */
  emptySeat(): Seat | null {
    return this.seats.findLast((seat) => seat.open && seat.attempts.size === 0) ?? null;
  }

  /** How many more workers to start now. */
  missing(): number {
    const demanded = this.waiting > 0 || this.seats.some((seat) => seat.attempts.size > 0);
    if (!demanded && !this.warm) return 0;
    const healthy = this.seats.filter((seat) => seat.healthy).length;
    const alone = Math.min(this.exclusive.length, EXCLUSIVE_STARTS_MAX);
    return Math.max(0, this.#size.active + this.#size.spare + alone - healthy);
  }

  /** Open empty seats beyond what is wanted, oldest first. */
  surplus(): Seat[] {
    const open = this.seats.filter((seat) => seat.open);
    const wanted = this.warm ? this.#size.active + this.#size.spare : 0;
    return open.slice(wanted).filter((seat) => seat.attempts.size === 0);
  }
}
