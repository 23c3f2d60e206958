/**
 * Suspicion: how long an accused member has to speak for itself.
 *
 * Intuition: one accuser may be the one that is ill, so its word alone takes long to become true.
 * Every independent confirmation brings the end nearer, the first ones most.
 *
 * Invariants:
 *   U1. With c confirmations of k it ends after max − (max − min)·ln(c+1)/ln(k+1), never before min.
 *   U2. The same accuser counts once, the accused never.
 *   U3. Time in which this node itself stood still does not count.
 *   U4. Whoever suspects asks the accused itself `SUSPECT_ASKS_MAX` times, evenly spread over the shortest span:
 *       gossip alone may pass one node by. All times but the first through helpers, too.
 * Source: Lifeguard §IV.B; min = 4·max(1, log10 n) probe periods as in memberlist, with a floor.
 * @module
 */
import type { BootId } from "../../ids.ts";
import {
  PROBE_EVERY_MS,
  SUSPECT_ASKS_MAX,
  SUSPICION_CONFIRMATIONS_MAX,
  SUSPICION_FACTOR_MAX,
  SUSPICION_MIN_MS,
} from "../../limits.ts";

/** Probe periods of the shortest suspicion in a cluster of ten: each of a few members gets to ask again. */
const PERIODS = 4;

/** The bounds of a suspicion in a cluster of `members`, this node and the accused included. */
export interface SuspicionSpan {
  readonly minMs: number;
  readonly maxMs: number;
  /** Confirmations expected; 0 where there are too few others to confirm anything. */
  readonly confirmations: number;
}

/** The span for a cluster of `members` (at least 2). */
export function suspicionSpan(members: number): SuspicionSpan {
  const scaledMs = PERIODS * Math.max(1, Math.log10(Math.max(1, members))) * PROBE_EVERY_MS;
  const minMs = Math.max(SUSPICION_MIN_MS, Math.round(scaledMs));
  const enough = members - 2 >= SUSPICION_CONFIRMATIONS_MAX;
  return {
    minMs,
    maxMs: minMs * SUSPICION_FACTOR_MAX,
    confirmations: enough ? SUSPICION_CONFIRMATIONS_MAX : 0,
  };
}

/** How long a suspicion with `confirmed` confirmations lasts (U1), ms. */
export function suspicionMs(span: SuspicionSpan, confirmed: number): number {
  const { minMs, maxMs, confirmations } = span;
  if (confirmations < 1) return minMs;
  const share = Math.log(confirmed + 1) / Math.log(confirmations + 1);
  return Math.max(minMs, Math.floor(maxMs - (maxMs - minMs) * share));
}

/** The suspicion of one incarnation of one member. */
export class Suspicion {
  readonly #accused: BootId;
  readonly #span: SuspicionSpan;
  /** The first accuser and those who confirmed: at most 1 + `confirmations` are kept. */
  readonly #accusers = new Set<BootId>();
  #beganMs: number;
  #asked = 0;

  constructor(accused: BootId, by: BootId, start: { nowMs: number; members: number }) {
    this.#accused = accused;
    this.#span = suspicionSpan(start.members);
    this.#beganMs = start.nowMs;
    this.#accusers.add(by);
  }

  /** When the accused is dead, ms, unless it speaks up. */
  get endsAtMs(): number {
    return this.#beganMs + suspicionMs(this.#span, this.#accusers.size - 1);
  }

  /** When the accused should be asked next (U4), ms; Infinity: often enough. */
  get askAtMs(): number {
    if (this.#asked === SUSPECT_ASKS_MAX) return Infinity;
    return this.#beganMs + this.#span.minMs * (this.#asked + 1) / (SUSPECT_ASKS_MAX + 1);
  }

  /** The accused is asked (U4): false the first time, true when it is asked again. */
  ask(): boolean {
    return this.#asked++ > 0;
  }

  /** Another accusation; true when it is an independent one that counts, and worth passing on (U2). */
  confirm(by: BootId): boolean {
    if (by === this.#accused || this.#accusers.has(by)) return false;
    if (this.#accusers.size > this.#span.confirmations) return false;
    this.#accusers.add(by);
    return true;
  }

  /** This node stood still for `ms` (U3). */
  shift(ms: number): void {
    this.#beganMs += ms;
  }
}
