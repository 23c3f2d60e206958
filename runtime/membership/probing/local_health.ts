/**
 * LocalHealth: how far this node may trust what it finds about others.
 *
 * Intuition: who hears nothing from anybody is probably deaf. Signs that the fault is here (helpers that
 * did not answer either, accusations that had to be contradicted, a loop that stood still) raise the
 * score, successful probes lower it; a higher score gives everybody more time.
 *
 * Invariant: L1. The score is a whole number from 0 to `LOCAL_HEALTH_MAX`.
 * Source: Lifeguard (Dadgar, Phillips, Currey 2017), §IV.A.
 * @module
 */
import { LOCAL_HEALTH_MAX } from "../../limits.ts";

/** The health of one node, as it sees itself. */
export class LocalHealth {
  #score = 0;

  /** 0 is well (L1). */
  get score(): number {
    return this.#score;
  }

  /** Notes a sign: positive ones are bad. */
  note(delta: number): void {
    this.#score = Math.min(LOCAL_HEALTH_MAX, Math.max(0, this.#score + Math.trunc(delta)));
  }

  /** A span as this node must take it in its present health: 1 to 1 + `LOCAL_HEALTH_MAX` times `ms`. */
  scale(ms: number): number {
    return ms * (1 + this.#score);
  }
}
