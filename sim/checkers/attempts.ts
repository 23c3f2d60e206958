/**
 * Attempts: what the end of an attempt may make of its job, derived from the executor's word alone.
 *
 * Intuition: this is the table of actors/job/ending.ts, written a second time from the other side:
 * for each way in which an attempt may have ended, which states may follow and what is counted.
 * @module
 */
import type { AttemptOutcome } from "../../actors/executor/port.ts";
import type { JobStateName } from "../../actors/job/messages.ts";
import { type JobState, LOST_ATTEMPTS_MAX, type RunningAttempt } from "../../actors/job/state.ts";
import type { SimEvent } from "../record/events.ts";
import type { AttemptFile } from "../record/ledger.ts";
import type { Checker } from "./checker.ts";

/** How an attempt may have ended, as its job may see it. */
type End = AttemptOutcome | { readonly kind: "never-was" };

/** What must follow: one of `states`, with the counters grown by this much. */
interface Consequence {
  readonly states: readonly JobStateName[];
  readonly counted: 0 | 1;
  readonly lost: 0 | 1;
}

/** The table of endings; lost bound; attempt numbers. */
export const attempts: Checker = {
  name: "attempts",
  proves:
    "every attempt is counted as it ended: failures against the retries, losses against their own bound",
  watch: ({ fail, ledger }) => {
    const tokens = new Set<string>();
    return {
      see: (event) => {
        if (event.kind !== "moved" || !event.before) return;
        const { before: { job: before }, after: { job: after }, id } = event;
        if (!before.running && after.running) {
          const { number, token } = after.running;
          if (tokens.has(token)) fail(id, `the token ${token} was given twice`);
          tokens.add(token);
          if (number !== before.counted + 1 || number > after.maxAttempts) {
            fail(id, `attempt ${number} after ${before.counted} of ${after.maxAttempts}`);
          }
        }
        if (before.running && !after.running) {
          const attempt = ledger.file(id).attempts.get(before.running.token);
          const flaw = endFlaw({ event, running: before.running, attempt });
          if (flaw) fail(id, flaw);
        } else if (after.counted !== before.counted) fail(id, "counted without an end");
        else budgetFlaw(before, after, (flaw) => fail(id, flaw));
      },
    };
  },
};

/** Delivery at most once. */
export const atMostOnce: Checker = {
  name: "at-most-once",
  proves:
    "the handler of an at-most-once job is called at most once, unless a user asks for it again",
  watch: ({ fail, ledger }) => {
    const begun = new Map<string, number>();
    return {
      see: (event) => {
        if (
          event.kind === "moved" && event.after.job.running === null && !event.before?.job.running
        ) {
          const state = event.before?.job.state;
          if (state === "failed" || state === "cancelled") begun.delete(event.id);
        }
        // A job of an id whose job was swept is another one.
        if (event.kind === "inserted") begun.delete(event.id);
        if (event.kind !== "begun") return;
        const { jobId } = event.key;
        const times = (begun.get(jobId) ?? 0) + 1;
        begun.set(jobId, times);
        const { delivery } = ledger.committed(jobId)?.job.spec ?? {};
        if (delivery === "at-most-once" && times > 1) fail(jobId, `begun ${times} times`);
      },
    };
  },
};

function endFlaw(
  { event, running, attempt }: {
    event: Extract<SimEvent, { kind: "moved" }>;
    running: RunningAttempt;
    attempt: AttemptFile | undefined;
  },
): string | null {
  const before = event.before?.job as JobState;
  const after = event.after.job;
  const possible: End[] = [...attempt?.outcomes ?? []];
  // A start that was committed and lost before it had effects.
  if (!attempt) possible.push({ kind: "never-was" });
  if (event.after.boot !== running.boot) {
    possible.push({ kind: "lost", error: { name: "", message: "" } });
    if (before.spec.delivery === "at-least-once") possible.push({ kind: "never-was" });
  }
  const fits = possible.some((end) => {
    const { states, counted, lost } = consequenceOf(end, before);
    return states.includes(after.state) && after.counted === before.counted + counted &&
      after.lost === before.lost + lost;
  });
  if (fits) return null;
  return `an attempt that ended ${possible.map(({ kind }) => kind).join(" or ") || "not at all"} ` +
    `made it ${after.state}, counted ${before.counted} → ${after.counted}, lost ${before.lost} → ${after.lost}`;
}

/** The table. */
function consequenceOf(end: End, job: JobState): Consequence {
  const cancelling = job.running?.cancelling === true;
  const once = job.spec.delivery === "at-most-once";
  const as = (state: JobStateName, counted: 0 | 1, lost: 0 | 1 = 0): Consequence => ({
    states: [cancelling ? "cancelled" : state],
    counted,
    lost: cancelling ? 0 : lost,
  });
  switch (end.kind) {
    case "ok":
      return { states: ["completed"], counted: 1, lost: 0 };
    case "cancelled":
      return { states: ["cancelled"], counted: 1, lost: 0 };
    case "timeout":
      return as(
        mayRetry(job, { errorName: "TimeoutError", retryable: true }) ? "retrying" : "failed",
        1,
      );
    case "error": {
      const failure = { errorName: end.error.name, retryable: end.retryable };
      return as(mayRetry(job, failure) ? "retrying" : "failed", 1);
    }
    case "lost":
      return as(once || job.lost >= LOST_ATTEMPTS_MAX ? "failed" : "pending", 0, 1);
    case "interrupted":
      return as(once && end.begun !== false ? "failed" : "pending", 0);
    case "unknown-handler":
    case "never-was":
      return as("pending", 0);
  }
}

function mayRetry(job: JobState, failure: { errorName: string; retryable: boolean }): boolean {
  const { retry, delivery } = job.spec;
  return delivery === "at-least-once" && failure.retryable &&
    !retry.notOn.includes(failure.errorName) && job.counted + 1 < job.maxAttempts;
}

/** Only a user's retry grants new attempts. */
function budgetFlaw(before: JobState, after: JobState, fail: (flaw: string) => void): void {
  const retried = before.state === "failed" || before.state === "cancelled";
  const granted = retried ? before.counted + before.spec.retry.attempts : before.maxAttempts;
  if (after.maxAttempts !== granted) fail(`${after.maxAttempts} attempts allowed, not ${granted}`);
  if (after.lost !== (retried ? 0 : before.lost)) fail(`losses ${before.lost} → ${after.lost}`);
}
