/**
 * Step: how the job's reducers write down what they decided.
 *
 * Invariants: J1. Whatever changes a job records the service levels it has missed by then, and tells
 * listeners. J2. What changes nothing returns the very same state object, so that nothing is committed.
 * J12. Whoever observes a job is told every time that it is over.
 * @module
 */
import type { Step } from "../../runtime/actor/behaviour.ts";
import type { Draft } from "../../runtime/snapshot.ts";
import type { JobEffect, JobReply } from "./messages.ts";
import { withBreaches } from "./sla.ts";
import type { JobState } from "./state.ts";

/** What a reducer of the job returns. */
export type JobStep = Step<JobState, JobReply, JobEffect>;

/** The reply to a request that was carried out. */
export const DONE: JobReply = { kind: "done" };

/** The part of a state that a transition replaces. */
export type JobPatch = Partial<Omit<JobState, "spec" | "createdAtMs">>;

/** The step to `state` with `patch` at `nowMs` (J1); `effects` come before the news of the change. */
export function moved(
  state: JobState,
  patch: JobPatch,
  options: {
    readonly nowMs: number;
    readonly reply?: JobReply;
    readonly effects?: readonly JobEffect[];
  },
): JobStep {
  const next = withBreaches({ ...state, ...patch }, options.nowMs);
  const ended = state.finishedAtMs === null && next.finishedAtMs !== null;
  const changed = { kind: "changed", job: next, before: state } as const;
  const told: JobEffect[] = [...options.effects ?? [], changed];
  const { observer } = state.spec;
  if (observer !== undefined && ended) told.push({ kind: "over", observer }); // (J12)
  return { state: next, reply: options.reply ?? DONE, effects: told };
}

/** `step`, and these actors with it. */
export function withInserts(step: JobStep, inserts: readonly Omit<Draft, "shard">[]): JobStep {
  const { carries } = step;
  return {
    ...step,
    carries: { ...carries, inserts: [...carries?.inserts ?? [], ...inserts] },
  };
}

/** The step that leaves the job as it is (J2). */
export function unchanged(state: JobState, reply: JobReply = DONE): JobStep {
  return { state, reply, effects: [] };
}

/** The step that refuses a request because of the job's state; `why` is for people. */
export function refused(state: JobState, why: string): JobStep {
  return unchanged(state, { kind: "refused", state: state.state, why });
}
