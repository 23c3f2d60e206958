/**
 * Scripts: the handlers of a run: how long they take, how they end, and what they do on the way.
 *
 * Intuition: a handler's name says what it is like; its luck hangs on its token, so that the same
 * attempt always goes the same way.
 * @module
 */
import type { AttemptOrder, AttemptOutcome } from "../../actors/executor/port.ts";
import type { Random } from "../world/random.ts";

/** What an attempt will do. */
export interface Script {
  readonly forMs: number;
  readonly outcome: AttemptOutcome;
  /** How long it goes on after it was asked to stop; at the grace period's end it is terminated. */
  readonly deafMs: number;
  /** It logs, reports progress, stores a step and a checkpoint on the way. */
  readonly talks: boolean;
}

/** How long an executor lets an aborted handler go on, ms. */
export const GRACE_MS = 1_000;
/** Longest time that a handler of a run takes by itself, ms. */
export const HANDLER_MS_MAX = 6_000;
/** The error of the handlers whose jobs don't retry it. */
export const UNWANTED_ERROR = "ValidationError";

const OK: AttemptOutcome = { kind: "ok", result: '{"done":true}' };

type Write = (luck: Random, order: AttemptOrder) => Partial<Script>;

/** The handlers by name. */
const SCRIPTS: Readonly<Record<string, Write>> = {
  quick: (luck) => ({ forMs: luck.int(0, 20) }),
  work: (luck) => ({ forMs: luck.int(50, 1_200), talks: luck.chance(0.5) }),
  flaky: (luck) => luck.chance(0.6) ? { forMs: luck.int(0, 300), outcome: flakyError(luck) } : {},
  broken: (luck) => ({
    outcome: failure({ name: "Broken", retryable: false }),
    forMs: luck.int(0, 50),
  }),
  unwanted: () => ({ outcome: failure({ name: UNWANTED_ERROR, retryable: true }) }),
  slow: (luck) => ({ forMs: luck.int(500, HANDLER_MS_MAX), deafMs: luck.int(0, 100) }),
  stubborn: (luck) => ({ forMs: luck.int(500, HANDLER_MS_MAX), deafMs: GRACE_MS }),
  crasher: (luck) => ({ forMs: luck.int(5, 400), outcome: death(luck) }),
  stepper: (luck, order) => ({
    forMs: luck.int(10, 400),
    talks: true,
    outcome: order.key.attempt === 1 ? failure({ name: "Halfway", retryable: true }) : OK,
  }),
  newcomer: (luck) => ({ forMs: luck.int(0, 50) }),
};

/** Names of all handlers; `newcomer` is unknown for a while. */
export const HANDLERS: readonly string[] = Object.keys(SCRIPTS);

/** What the attempt of `order` will do, drawn from `luck`. */
export function scriptOf(order: AttemptOrder, luck: Random): Script {
  const script = SCRIPTS[order.name]?.(luck, order) ?? {};
  return { forMs: 5, outcome: OK, deafMs: luck.int(0, 30), talks: false, ...script };
}

/** The script of a world that has healed: short and successful. */
export const HEALED_SCRIPT: Script = { forMs: 5, outcome: OK, deafMs: 0, talks: false };

function flakyError(luck: Random): AttemptOutcome {
  const retryAfterMs = luck.chance(0.2) ? { retryAfterMs: luck.int(0, 2_000) } : {};
  return { ...failure({ name: "Flaky", retryable: true }), ...retryAfterMs };
}

function failure(
  { name, retryable }: { name: string; retryable: boolean },
): Extract<AttemptOutcome, { kind: "error" }> {
  return { kind: "error", retryable, error: { name, message: "as scripted" } };
}

function death(luck: Random): AttemptOutcome {
  const error = { name: "WorkerDied", message: "as scripted" };
  const fate = luck.next();
  if (fate < 0.5) return { kind: "lost", error };
  return fate < 0.75 ? { kind: "interrupted", error } : OK;
}
