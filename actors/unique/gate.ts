/**
 * Gate: what becomes of a submission that shares its key with others: unique jobs, debounce, throttle.
 *
 * Intuition: of the jobs of one key the latest is remembered, the holder. A submission looks at it and makes
 * a job of its own, takes the place of the holder's (the same job with another spec), or makes nothing.
 *
 *   unique    the holder holds while its job is not over; with a window for that long from its acceptance at
 *             most, and then also while it is completed. Held: refused, kept, or replaced before it has started.
 *   debounce  before its job has started, every submission takes its place and puts it off by `wait` again.
 *   throttle  the first runs at once and begins a period of `every`; the next one is for the period's end, and
 *             later ones take its place. So does each that follows begin a period.
 *
 * Invariants: Q1. At most one job of a unique key holds it. Q2. Of submissions that a debounce or a throttle
 * takes together, the last one's spec is what runs. Q3. The due times of two jobs of a throttle lie `every` apart.
 * Not here: how two at once are kept apart (gatekeeper.ts), reads and writes (gateway/jobs/gated_submission.ts).
 * @module
 */
import { unreachable } from "../../runtime/fault.ts";
import { isUntouched } from "../job/start.ts";
import type { JobState } from "../job/state.ts";

/** The key that a submission shares, and the rule for it. Keys of different modes have nothing to do with each other. */
export type Gate =
  | {
    readonly mode: "unique";
    readonly key: string;
    /** From the acceptance of the job that holds the key, ms; null: until that job is over. */
    readonly windowMs: number | null;
    readonly onConflict: "reject" | "keep" | "replace";
  }
  | {
    readonly mode: "debounce";
    readonly key: string;
    readonly waitMs: number;
    /** From the first submission on, ms; null: however long others follow. */
    readonly maxWaitMs: number | null;
  }
  | { readonly mode: "throttle"; readonly key: string; readonly everyMs: number };

/** The latest job of a key. */
export interface Holder {
  readonly jobId: string;
  /** When it is due by the gate, ms. */
  readonly dueAtMs: number;
  /** Until when it can hold the key, ms; null: as long as it is not over. */
  readonly untilMs: number | null;
  /** Until when the key must be remembered, ms, though its job be over. */
  readonly keptToMs: number;
}

/** What is known of the holder's job. */
export type HeldJob = Pick<
  JobState,
  "state" | "createdAtMs" | "startedAtMs" | "finishedAtMs"
>;

/** A key as it is found. `job` is null when it is gone, and so was over; both are null for a key that is new. */
export interface Found {
  readonly holder: Holder | null;
  readonly job: HeldJob | null;
}

/** What becomes of a submission. */
export type Verdict =
  /** A job of its own, which is the key's holder from then on. */
  | { readonly kind: "admit"; readonly holder: Omit<Holder, "jobId"> }
  /** The holder's job, which has not started, gets its spec. */
  | { readonly kind: "merge"; readonly dueAtMs: number }
  /** Nothing: the holder's job stands for it. */
  | { readonly kind: "keep" }
  | { readonly kind: "refuse"; readonly why: string };

/** Decides. `runAtMs`: when the submission itself wants to run. */
export function decide(
  gate: Gate,
  found: Found,
  time: { readonly nowMs: number; readonly runAtMs: number },
): Verdict {
  switch (gate.mode) {
    case "unique":
      return unique(gate, found, time);
    case "debounce":
      return debounce(gate, found, time);
    case "throttle":
      return throttle(gate, found, time);
    default:
      return unreachable(gate);
  }
}

type Of<Mode extends Gate["mode"]> = Extract<Gate, { readonly mode: Mode }>;
type Time = Parameters<typeof decide>[2];

function unique(gate: Of<"unique">, found: Found, { nowMs, runAtMs }: Time): Verdict {
  const { job } = found;
  if (job === null || !holds(found, nowMs)) {
    const untilMs = gate.windowMs === null ? null : nowMs + gate.windowMs;
    return { kind: "admit", holder: { dueAtMs: runAtMs, untilMs, keptToMs: untilMs ?? nowMs } };
  }
  switch (gate.onConflict) {
    case "reject":
      return { kind: "refuse", why: "another job has this key" };
    case "keep":
      return { kind: "keep" };
    case "replace":
      if (isUntouched(job)) return { kind: "merge", dueAtMs: runAtMs };
      return { kind: "refuse", why: "the job that has this key has started" };
  }
}

/** A job that failed or was cancelled frees its key at once (Q1). */
function holds({ holder, job }: Found, nowMs: number): boolean {
  if (holder === null || job === null) return false;
  const { untilMs } = holder;
  if (untilMs !== null && nowMs >= untilMs) return false;
  return job.finishedAtMs === null || (untilMs !== null && job.state === "completed");
}

function debounce(gate: Of<"debounce">, { job }: Found, { nowMs }: Time): Verdict {
  const quietAtMs = nowMs + gate.waitMs;
  const atMs = (firstMs: number) =>
    gate.maxWaitMs === null ? quietAtMs : Math.min(quietAtMs, firstMs + gate.maxWaitMs);
  if (job !== null && isUntouched(job)) return { kind: "merge", dueAtMs: atMs(job.createdAtMs) };
  const dueAtMs = atMs(nowMs);
  return { kind: "admit", holder: { dueAtMs, untilMs: null, keptToMs: dueAtMs } };
}

function throttle({ everyMs }: Of<"throttle">, { holder, job }: Found, { nowMs }: Time): Verdict {
  const admitted = (dueAtMs: number): Verdict => ({
    kind: "admit",
    holder: { dueAtMs, untilMs: null, keptToMs: dueAtMs + everyMs },
  });
  if (holder === null) return admitted(nowMs);
  const isAhead = nowMs < holder.dueAtMs;
  if (isAhead && job !== null && isUntouched(job)) {
    return { kind: "merge", dueAtMs: holder.dueAtMs };
  }
  // Cancelled before its time: another one may have it.
  if (isAhead && (job === null || job.startedAtMs === null)) return admitted(holder.dueAtMs);
  return admitted(Math.max(nowMs, holder.dueAtMs + everyMs));
}
