/**
 * Supervision: what to do with an actor that crashed.
 *
 * Intuition: a crash is a bug, and most bugs hit one message. So the actor is restarted from its
 * last committed state, after a growing pause; a message that keeps crashing it is set aside; an
 * actor that crashes on everything is stopped; and a whole shard that cannot be loaded is a matter
 * for the level above.
 *
 * States: running → restarting (crash) → running … → stopped (too many crashes) → escalated (cannot even load).
 * Invariants:
 *   V1. The same message crashes an actor at most `MESSAGE_CRASHES_MAX` times.
 *   V2. An actor is restarted at most `RESTARTS_MAX` times within `RESTARTS_WINDOW_MS`.
 *   V3. Nothing committed is lost by any directive: restarts read the store again.
 * Not here: timers and the restart itself (system/cell.ts). Source: Erlang/OTP supervisor principles.
 * @module
 */
import { MESSAGE_CRASHES_MAX, RESTARTS_MAX, RESTARTS_WINDOW_MS } from "../limits.ts";

/** First pause before a restart, ms; it doubles with every restart in the window. */
export const RESTART_DELAY_MIN_MS = 10;
/** Longest pause before a restart, ms. */
export const RESTART_DELAY_MAX_MS = 1_000;

/** When an actor was restarted lately (ms, monotonic), oldest first. */
export type RestartHistory = readonly number[];

/** What is known of a crash. */
export interface Crash {
  /** Monotonic, ms. */
  readonly nowMs: number;
  /** `message`: the reducer threw; `load`: the stored state could not be read. */
  readonly during: "message" | "load";
  /** How often this message crashed the actor, this time included; 0 when loading. */
  readonly messageCrashes: number;
}

/** What the supervisor orders. `setAside`: the message goes to the dead letters. */
export type Directive =
  /** Carry on with the committed state. */
  | { readonly kind: "resume"; readonly setAside: boolean }
  /** Read the committed state again after `delayMs`, then carry on. */
  | { readonly kind: "restart"; readonly delayMs: number; readonly setAside: boolean }
  /** Let go of the actor; what waits for it is set aside. */
  | { readonly kind: "stop" }
  /** Let go of the actor and tell the level above: its state cannot be read. */
  | { readonly kind: "escalate" };

/** Decides on a crash (V1, V2). */
export function supervise(
  history: RestartHistory,
  crash: Crash,
): { readonly directive: Directive; readonly history: RestartHistory } {
  const recent = history.filter((atMs) => crash.nowMs - atMs < RESTARTS_WINDOW_MS);
  if (recent.length >= RESTARTS_MAX) {
    const kind = crash.during === "load" ? "escalate" : "stop";
    return { directive: { kind }, history: recent };
  }
  const setAside = crash.messageCrashes >= MESSAGE_CRASHES_MAX;
  if (setAside) return { directive: { kind: "resume", setAside }, history: recent };
  const delayMs = Math.min(RESTART_DELAY_MIN_MS * 2 ** recent.length, RESTART_DELAY_MAX_MS);
  return {
    directive: { kind: "restart", delayMs, setAside },
    history: [...recent, crash.nowMs],
  };
}
