/**
 * Refusals: what came and was not taken, counted by its reason.
 *
 * Intuition: whoever can reach the port can send anything, as often as they like. The first of a
 * kind is worth a line in the log; all of them are worth a number; none is worth a crash.
 *
 * Invariants: R1. A reason is told once a process, however often it comes. R2. The counts are
 * exact, and there are as many as there are reasons: strangers can't make the table grow.
 * @module
 */

/** Why something was refused, and what a person is told of it. */
export const REFUSAL_TEXTS = {
  "frames": "a message with frames that this program never sends",
  "garbage": "a message that can't be read",
  "version": "a message in a version of the protocol that isn't spoken here",
  "body": "a body that can't be unpacked",
  "channel": "a message on a channel that nobody serves",
  "late-reply": "a reply that nobody waits for (any more)",
  "stolen-name": "a node name that another key speaks for",
  "handshake": "a connection that didn't speak the protocol, or too slowly",
  "key": "a connection with an unknown key, or none",
  "overload": "asks beyond what can be handled at once",
  "dropped": "messages that their peer didn't take in time",
} as const;

/** Why something was refused. */
export type Refusal = keyof typeof REFUSAL_TEXTS;

/** The counts of a transport. */
export class Refusals {
  readonly #counts = new Map<Refusal, number>();

  /** Counts `times` more; true when it is the first of its kind, and so to be told (R1). */
  count(reason: Refusal, times = 1): boolean {
    const before = this.#counts.get(reason) ?? 0;
    this.#counts.set(reason, before + times);
    return before === 0;
  }

  /** How often `reason` came. */
  of(reason: Refusal): number {
    return this.#counts.get(reason) ?? 0;
  }
}
