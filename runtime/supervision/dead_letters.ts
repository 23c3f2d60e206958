/**
 * DeadLetters: messages that nobody could handle, counted for ever and kept for a while.
 *
 * Invariant: D1. `total` counts every letter; only the latest `DEAD_LETTERS_KEPT_MAX` can be read.
 * @module
 */
import type { ActorId } from "../ids.ts";
import { DEAD_LETTERS_KEPT_MAX } from "../limits.ts";

/** One undeliverable message. Its content stays out: payloads may hold secrets. */
export interface DeadLetter {
  readonly actor: ActorId;
  /** The message's kind, e.g. `ended`. */
  readonly message: string;
  readonly reason: "poison" | "stopped" | "mailbox-full" | "no-such-actor";
  /** What the actor threw, if it threw. */
  readonly error: string | null;
  /** Wall clock, ms. */
  readonly atMs: number;
}

/** The node's dead letters. */
export class DeadLetters {
  readonly #kept: DeadLetter[] = [];
  #total = 0;

  constructor(private readonly listener: (letter: DeadLetter) => void = () => {}) {}

  /** Adds a letter and tells the listener (D1). */
  add(letter: DeadLetter): void {
    this.#total++;
    this.#kept.push(letter);
    if (this.#kept.length > DEAD_LETTERS_KEPT_MAX) this.#kept.shift();
    this.listener(letter);
  }

  /** Letters since the start of this process. */
  get total(): number {
    return this.#total;
  }

  /** The latest letters, oldest first. */
  latest(): readonly DeadLetter[] {
    return this.#kept;
  }
}
