/**
 * News: what a job's transition is to those who follow jobs from outside.
 *
 * Invariants: NW2. A change of a job is one event with an id of its own, however often it is sent. NW3. Jobs in
 * queues of the program's own are no news.
 * @module
 */
import type { ReducerContext } from "../../runtime/actor/behaviour.ts";
import { OWN_PREFIX } from "../alert/job_events.ts";
import type { JobStateName } from "../job/messages.ts";
import type { JobState } from "../job/state.ts";
import { newsId } from "./ids.ts";

/** One event: the job as the change left it, without payload and result, which may be large or secret. */
export interface JobNews {
  /** An event that is sent twice has one id (NW2). */
  readonly id: string;
  /** Only its progress changed. */
  readonly progressOnly: boolean;
  readonly atMs: number;
  readonly job: {
    readonly id: string;
    readonly name: string;
    readonly queue: string;
    readonly state: JobStateName;
    readonly before: JobStateName;
    readonly tags: readonly string[];
    readonly attempt: number;
    readonly maxAttempts: number;
    readonly node: string | null;
    readonly progress: number | null;
    readonly runAtMs: number;
    readonly startedAtMs: number | null;
    readonly finishedAtMs: number | null;
    readonly error: { readonly name: string; readonly message: string } | null;
    readonly scheduleId: string | null;
    readonly flowId: string | null;
    readonly version: number;
  };
}

/** Longest message of an error that is sent, characters; the rest is cut. */
export const ERROR_CHARS_MAX = 1_000;

/** The event that a transition is; undefined: neither state nor progress changed, or it is nobody's (NW3). */
export function newsOf(
  { before, after }: { readonly before: JobState; readonly after: JobState },
  { id, nextVersion, nowMs }: Pick<ReducerContext, "id" | "nextVersion" | "nowMs">,
): JobNews | undefined {
  const progressOnly = before.state === after.state;
  if (progressOnly && (before.progress === after.progress || after.progress === null)) return;
  const { spec, createdAtMs } = after;
  if (spec.queue.startsWith(OWN_PREFIX)) return;
  const { runAtMs, startedAtMs, finishedAtMs, progress, maxAttempts, state } = after;
  const last = after.running ?? after.attempts.at(-1);
  return {
    id: newsId(id, { createdAtMs, version: nextVersion }),
    progressOnly,
    atMs: nowMs,
    job: {
      ...{ id, name: spec.name, queue: spec.queue, state, before: before.state, tags: spec.tags },
      attempt: last?.number ?? 0,
      node: last?.node ?? null,
      ...{ maxAttempts, progress, runAtMs, startedAtMs, finishedAtMs },
      error: errorOf(after),
      scheduleId: spec.scheduleId ?? null,
      flowId: spec.flowId ?? null,
      version: nextVersion,
    },
  };
}

function errorOf({ error }: JobState): JobNews["job"]["error"] {
  return error && { name: error.name, message: error.message.slice(0, ERROR_CHARS_MAX) };
}
