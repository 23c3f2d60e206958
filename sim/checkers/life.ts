/**
 * Life: the states that a job may go through, and how it gets out of the last one.
 * @module
 */
import type { JobStateName } from "../../actors/job/messages.ts";
import type { JobState } from "../../actors/job/state.ts";
import type { Checker } from "./checker.ts";

/** From each state to these. */
const LEGAL: Readonly<Record<JobStateName, readonly JobStateName[]>> = {
  scheduled: ["pending", "running", "cancelled"],
  pending: ["pending", "running", "cancelled"],
  retrying: ["pending", "running", "cancelled"],
  running: ["running", "completed", "failed", "retrying", "pending", "cancelled"],
  completed: [],
  failed: ["pending"],
  cancelled: ["pending"],
};
/** When it gets another spec: before its first start, as if it were new. */
const SUPERSEDING: Partial<typeof LEGAL> = {
  scheduled: ["scheduled", "pending"],
  pending: ["scheduled", "pending"],
};
const FINAL: readonly JobStateName[] = ["completed", "failed", "cancelled"];

/** The picture at the head of actors/job/behaviour.ts. */
export const transitions: Checker = {
  name: "transitions",
  proves: "only legal transitions are committed, and every committed state is sound",
  watch: ({ fail }) => ({
    see: (event) => {
      if (event.kind !== "moved" || !event.before) return;
      const { before, after, id, transition } = event;
      const { state } = before.job;
      const others = transition.carries?.body === undefined ? [] : SUPERSEDING[state] ?? [];
      const isNoted = after.job.state === state &&
        after.job.breached.length > before.job.breached.length;
      if (!isNoted && ![...LEGAL[state], ...others].includes(after.job.state)) {
        fail(id, `${before.job.state} → ${after.job.state}`);
      }
      const flaw = flawOf(after.job);
      if (flaw) fail(id, flaw);
    },
  }),
};

/** Promise P2. */
export const completion: Checker = {
  name: "completion",
  proves: "a job completes at most once, and by the attempt that holds its token (P2)",
  watch: ({ fail, ledger }) => {
    const completed = new Map<string, number>();
    return {
      see: (event) => {
        if (event.kind === "inserted") completed.delete(event.id);
        if (event.kind !== "moved" || event.after.job.state !== "completed") return;
        const { id, before } = event;
        const times = (completed.get(id) ?? 0) + 1;
        completed.set(id, times);
        if (times > 1) fail(id, `completed ${times} times`);
        const token = before?.job.running?.token ?? "";
        const { outcomes } = ledger.file(id).attempts.get(token) ?? { outcomes: [] };
        if (!outcomes.some(({ kind }) => kind === "ok")) {
          fail(id, `completed, but its attempt ${token} never ended well`);
        }
      },
    };
  },
};

function flawOf(job: JobState): string | null {
  if ((job.state === "running") !== (job.running !== null)) {
    return `${job.state} with a wrong attempt`;
  }
  if (FINAL.includes(job.state) !== (job.finishedAtMs !== null)) {
    return `${job.state} with a wrong end`;
  }
  if (job.counted > job.maxAttempts) return `${job.counted} of ${job.maxAttempts} attempts`;
  const kept = job.attempts.filter(({ outcome }) =>
    outcome !== "lost" && outcome !== "interrupted"
  );
  if (kept.length > job.counted) return "more attempts in its history than counted";
  return null;
}
