/**
 * Clock: the port through which time comes in. Drivers use the machine's; the simulator owns its own.
 *
 * Wall-clock time says when a job is due and may jump; monotonic time measures spans and never goes back.
 * @module
 */

/** A timer that can be taken back; cancelling twice or after it fired does nothing. */
export interface Timer {
  cancel(): void;
}

/** The source of time. */
export interface Clock {
  /** Milliseconds since 1970, UTC. May jump. */
  wallMs(): number;
  /** Milliseconds since some fixed moment of this process. Never goes back. */
  monotonicMs(): number;
  /** Calls `fire` once, `delayMs` from now or later (at least 0). */
  after(delayMs: number, fire: () => void): Timer;
}
