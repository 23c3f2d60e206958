/**
 * Ending: what the end of an attempt makes of its job.
 *
 * Intuition: only the attempt that holds the current token can end, and it ends once (promise P2).
 * Failures are the user's code's and cost an attempt; losses and interruptions are ours and do not.
 * A loss may still be the code's doing (it kills its host), so losses have a bound of their own.
 *
 *     end \ job         at-least-once                    at-most-once       being cancelled
 *     ok                completed                        completed          completed: it won
 *     error, timeout    retrying, or failed (backoff.ts) failed             cancelled
 *     lost              pending; failed beyond the bound failed             cancelled
 *     interrupted       pending                          failed, if begun   cancelled
 *     unknown-handler   parked                           parked             cancelled
 *
 * Invariants: J7. An end under another token than the current one changes nothing (P2).
 * J8. An at-most-once job whose handler may have been called is never run again by itself.
 * @module
 */
import type { ReducerContext } from "../../runtime/actor/behaviour.ts";
import { unreachable } from "../../runtime/fault.ts";
import type { AttemptKey, AttemptOutcome, ErrorReport } from "../executor/port.ts";
import { judge } from "./backoff.ts";
import type { JobEffect } from "./messages.ts";
import { type JobPatch, type JobStep, moved, unchanged } from "./step.ts";
import {
  type AttemptEnd,
  type AttemptRecord,
  ATTEMPTS_KEPT_MAX,
  type JobState,
  LOST_ATTEMPTS_MAX,
  type RunningAttempt,
} from "./state.ts";

/** Longest error message kept in the history, characters: the head stays small; the last error is kept whole. */
export const HISTORY_ERROR_CHARS_MAX = 500;
/** The name under which a time-out meets the policy's lists, and users. */
export const TIMEOUT_ERROR_NAME = "TimeoutError";

const LOST_ERROR_NAME = "AttemptLost";
const INTERRUPTED_ERROR_NAME = "AttemptInterrupted";
/** The part that every end shares. */
const OVER: JobPatch = { running: null };
/** Due as it was before (promise P4): it keeps its place in line, before all that became due since. */
const AGAIN: JobPatch = { ...OVER, state: "pending" };

type End<Kind extends AttemptOutcome["kind"]> = Extract<AttemptOutcome, { kind: Kind }>;

/** A job whose attempt has just ended. */
interface Ending {
  readonly job: JobState;
  readonly running: RunningAttempt;
  /** The end's time: never before the start, whatever the clock did. */
  readonly nowMs: number;
  readonly chance: number;
}

/** `ended`: the attempt `token` came to `outcome` (J7). */
export function ended(
  job: JobState,
  message: { readonly token: string; readonly outcome: AttemptOutcome },
  context: ReducerContext,
): JobStep {
  const running = job.running;
  if (running === null || running.token !== message.token) return unchanged(job);
  const nowMs = Math.max(context.nowMs, running.startedAtMs);
  return conclude({ job, running, nowMs, chance: context.chance }, message.outcome);
}

/**
 * `adopted`: a new owner found the job running. An attempt in a process start that lives goes on, if it
 * ever began there: its dispatcher knows (X4). Any other is lost, or, if its start lies still to come,
 * interrupted: armed and never run, or so it seems (the clock may have been set back), so it stays in
 * the history, and with it whatever steps it left.
 */
export function adopted(job: JobState, context: ReducerContext): JobStep {
  const running = job.running;
  if (running === null) return unchanged(job);
  if (running.boot === context.boot || context.lives(running.boot)) {
    const key = { jobId: context.id, attempt: running.number, token: running.token };
    const { boot } = running;
    const effects = [{ kind: "confirm", boot, key } as const, ...abortOf(running, key)];
    return { ...unchanged(job), effects };
  }
  const ending = { job, running, nowMs: context.nowMs, chance: context.chance };
  const error = {
    name: LOST_ERROR_NAME,
    message: `node ${running.node} went away while it ran the attempt`,
  };
  // Clocks of two nodes may differ by more than the arming span: for at-most-once that is no proof (J8).
  if (context.nowMs < running.startedAtMs && job.spec.delivery === "at-least-once") {
    return conclude(ending, { kind: "interrupted", error });
  }
  return conclude(
    { ...ending, nowMs: Math.max(context.nowMs, running.startedAtMs) },
    { kind: "lost", error },
  );
}

/** An abort that was committed may have been lost with the start it was for. */
function abortOf(running: RunningAttempt, key: AttemptKey): JobEffect[] {
  const { boot, cancelling } = running;
  return cancelling ? [{ kind: "abort", boot, key, reason: "cancelled" }] : [];
}

function conclude(ending: Ending, outcome: AttemptOutcome): JobStep {
  if (outcome.kind === "ok") return completed(ending, outcome);
  if (ending.running.cancelling) return cancelled(ending, outcome);
  switch (outcome.kind) {
    case "cancelled":
      return cancelled(ending, outcome);
    case "error":
      return attemptFailed(ending, "error", outcome);
    case "timeout":
      return timedOut(ending, outcome);
    case "lost":
      return lost(ending, outcome);
    case "interrupted":
      return interrupted(ending, outcome);
    case "unknown-handler":
      return parked(ending);
    default:
      return unreachable(outcome);
  }
}

function completed(ending: Ending, outcome: End<"ok">): JobStep {
  return moved(ending.job, {
    ...OVER,
    ...counted(ending, "ok"),
    state: "completed",
    finishedAtMs: ending.nowMs,
    result: outcome.result,
    error: null,
  }, ending);
}

function cancelled(ending: Ending, outcome: Exclude<AttemptOutcome, { kind: "ok" }>): JobStep {
  const { job, nowMs } = ending;
  const patch: JobPatch = { ...OVER, state: "cancelled", finishedAtMs: nowMs };
  switch (outcome.kind) {
    case "unknown-handler":
      return moved(job, { ...patch, ...neverBegan(ending) }, ending);
    case "lost":
    case "interrupted":
      return moved(job, { ...patch, ...recorded(ending, outcome.kind, outcome.error) }, ending);
    case "error":
    case "timeout":
      return moved(job, { ...patch, ...counted(ending, outcome.kind, outcome.error) }, ending);
    case "cancelled":
      return moved(job, { ...patch, ...counted(ending, "cancelled") }, ending);
    default:
      return unreachable(outcome);
  }
}

function timedOut(ending: Ending, outcome: End<"timeout">): JobStep {
  const error = { ...outcome.error, name: TIMEOUT_ERROR_NAME };
  return attemptFailed(ending, "timeout", { error, retryable: true });
}

function attemptFailed(
  ending: Ending,
  how: "error" | "timeout",
  { error, retryable, retryAfterMs }: {
    readonly error: ErrorReport;
    readonly retryable: boolean;
    readonly retryAfterMs?: number;
  },
): JobStep {
  const { job, nowMs } = ending;
  const past = counted(ending, how, error);
  if (job.spec.delivery === "at-most-once") return failed(ending, past, error);
  const spentBefore = job.maxAttempts - job.spec.retry.attempts;
  const failures = job.counted + 1 - spentBefore;
  const verdict = judge(
    job.spec.retry,
    { errorName: error.name, retryable, retryAfterMs, failures },
    ending.chance,
  );
  if (verdict.kind === "give-up") return failed(ending, past, error);
  const runAtMs = nowMs + verdict.delayMs;
  return moved(job, { ...OVER, ...past, state: "retrying", runAtMs, error }, ending);
}

function lost(ending: Ending, outcome: End<"lost">): JobStep {
  const { job } = ending;
  const losses = job.lost + 1;
  const past = { ...recorded(ending, "lost", outcome.error), lost: losses };
  if (job.spec.delivery === "at-most-once") {
    return failed(ending, past, {
      name: LOST_ERROR_NAME,
      message: `${outcome.error.message}; delivered at most once, it is not run again`,
    });
  }
  if (losses > LOST_ATTEMPTS_MAX) {
    return failed(ending, past, {
      name: LOST_ERROR_NAME,
      message: `its worker or node died under it ${losses} times; last: ${outcome.error.message}`,
    });
  }
  return moved(job, { ...AGAIN, ...past, error: outcome.error }, ending);
}

function interrupted(ending: Ending, outcome: End<"interrupted">): JobStep {
  const { job } = ending;
  if (outcome.begun === false) {
    return moved(job, { ...AGAIN, ...neverBegan(ending) }, ending);
  }
  const past = recorded(ending, "interrupted", outcome.error);
  if (job.spec.delivery === "at-most-once") {
    return failed(ending, past, {
      name: INTERRUPTED_ERROR_NAME,
      message: `${outcome.error.message}; it may have begun and is delivered at most once`,
    });
  }
  return moved(job, { ...AGAIN, ...past }, ending);
}

/** No handler has its name: it waits, without a wake-up, until one appears. */
function parked(ending: Ending): JobStep {
  const patch: JobPatch = { ...OVER, ...neverBegan(ending), state: "pending", waiting: "handler" };
  return moved(ending.job, patch, ending);
}

function failed(ending: Ending, past: JobPatch, error: ErrorReport): JobStep {
  return moved(ending.job, {
    ...OVER,
    ...past,
    state: "failed",
    finishedAtMs: ending.nowMs,
    error,
  }, ending);
}

/** The start is taken back: neither counted nor remembered. */
function neverBegan({ job }: Ending): JobPatch {
  return { startedAtMs: job.attempts.at(-1)?.startedAtMs ?? null };
}

/** The attempt in the history, and counted against the budget. */
function counted(ending: Ending, outcome: AttemptEnd, error?: ErrorReport): JobPatch {
  return { ...recorded(ending, outcome, error), counted: ending.job.counted + 1 };
}

/** The attempt in the history only: it is repeated under the same number. */
function recorded(ending: Ending, outcome: AttemptEnd, error?: ErrorReport): JobPatch {
  const { job, running, nowMs } = ending;
  const record: AttemptRecord = {
    number: running.number,
    node: running.node,
    startedAtMs: running.startedAtMs,
    finishedAtMs: Math.max(nowMs, running.startedAtMs),
    outcome,
    error: error === undefined ? null : brief(error),
  };
  return { attempts: [...job.attempts.slice(1 - ATTEMPTS_KEPT_MAX), record] };
}

/** The error without its stack, its message cut. */
function brief({ name, message }: ErrorReport): ErrorReport {
  if (message.length <= HISTORY_ERROR_CHARS_MAX) return { name, message };
  return { name, message: message.slice(0, HISTORY_ERROR_CHARS_MAX - 1) + "…" };
}
