/**
 * Lateness: in a calm run with room for all, every due time is met by a start of its own, in time.
 *
 * Intuition: a due time is a window of time in which a run must begin; one run may serve one window.
 * Whether that is possible is a bipartite matching, which stays right when a job has several due
 * times (retries, early runs) whose windows overlap.
 * @module
 */
import type { Commit } from "../record/events.ts";
import type { JobFile } from "../record/ledger.ts";
import { WINDOW_RESCAN_MS } from "../../runtime/limits.ts";
import { RUN_BEGAN_MS } from "../world/wall.ts";
import type { Checker } from "./checker.ts";
import { match } from "./matching.ts";

/** A start may come this much later than its due time in a calm run, ms: a few store calls. */
const LATE_MS_MAX = 60;
/** The same where memory holds too little, and what is due must be read in many small pieces. */
const CRAMPED_LATE_MS_MAX = WINDOW_RESCAN_MS + 500;

interface Window {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Promise P4. */
export const lateness: Checker = {
  name: "lateness",
  alone: true,
  proves: `in a calm run every due job begins within ${LATE_MS_MAX} ms of its due time (P4)`,
  watch: ({ fail, ledger, plan }) => ({
    atRest: () => {
      if (plan.character !== "calm") return;
      const lateMs = plan.window ? CRAMPED_LATE_MS_MAX : LATE_MS_MAX;
      const limited = new Set(plan.limits.map(({ queue }) => queue));
      for (const file of ledger.jobs.values()) {
        if (limited.has(file.commits[0]?.job.spec.queue ?? "")) continue;
        const windows = windowsOf(file, lateMs);
        const runs = [...file.attempts.values()].flatMap(({ begunAtMs }) => begunAtMs);
        const given = match(
          windows.length,
          (target) => runs.flatMap((atMs, run) => isIn(windows[target], atMs) ? [run] : []),
        );
        const missed = given.findIndex((run) => run === undefined);
        const window = windows[missed];
        if (window) {
          fail(file.id, `due at ${window.fromMs} ms, and no run began by ${window.untilMs} ms`);
        }
      }
    },
  }),
};

/** When the job was due, and not taken back before it could begin. */
function windowsOf({ commits, attempts }: JobFile, lateMs: number): Window[] {
  return commits.flatMap((commit, at) => {
    const fromMs = dueOf(commit);
    if (fromMs === null) return [];
    const untilMs = fromMs + lateMs;
    const next = commits[at + 1];
    // Still waiting at the end: its time is far, or liveness has something to say.
    if (!next) return [];
    const token = next.job.running?.token;
    const takenBack = token === undefined && next.atMs <= untilMs;
    // A start that a user cancelled, or that found no handler, before its handler was called.
    const neverCalled = token !== undefined && attempts.get(token)?.begunAtMs.length === 0;
    return takenBack || neverCalled ? [] : [{ fromMs, untilMs }];
  });
}

function dueOf({ snapshot, atMs }: Commit): number | null {
  const { wakeAtMs } = snapshot.index;
  return wakeAtMs === null ? null : Math.max(atMs, wakeAtMs - RUN_BEGAN_MS);
}

function isIn(window: Window | undefined, atMs: number): boolean {
  return window !== undefined && window.fromMs <= atMs && atMs <= window.untilMs;
}
