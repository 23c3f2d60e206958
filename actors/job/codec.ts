/**
 * Codec: a job between its three shapes: what was asked for, what the actor holds, what is stored.
 *
 * Not here: the layouts themselves (stored/head.ts, stored/body.ts, stored/indexing.ts).
 * @module
 */
import type { Stored } from "../../runtime/actor/behaviour.ts";
import { invariant } from "../../runtime/fault.ts";
import type { ActorId } from "../../runtime/ids.ts";
import type { Draft, Snapshot } from "../../runtime/snapshot.ts";
import { decodeBody, encodeBody } from "./stored/body.ts";
import { decodeHead, encodeHead } from "./stored/head.ts";
import { indexingOf } from "./stored/indexing.ts";
import { type JobSpec, TAGS_MAX } from "./spec.ts";
import type { JobState } from "./state.ts";

export {
  label,
  LABEL_PARKED,
  laneOf,
  parseTally,
  queueOfLane,
  tallyOf,
} from "./stored/indexing.ts";

/** `Snapshot.kind` of a job. */
export const JOB_KIND = "job";

/** Reads a job's snapshot; throws a `corrupt` fault that names the field. */
export function decodeJob(snapshot: Snapshot): JobState {
  const { createdAtMs } = snapshot;
  return decodeHead(snapshot.head, {
    spec: decodeBody(snapshot.body, createdAtMs),
    createdAtMs,
  });
}

/** Writes what changes of a job. */
export function encodeJob(job: JobState): Stored {
  return { head: encodeHead(job), index: indexingOf(job) };
}

/** Writes what a job was asked for: its body. */
export function encodeSpec({ spec, createdAtMs }: Pick<JobState, "spec" | "createdAtMs">): string {
  return encodeBody(spec, createdAtMs);
}

/** Tells whether a job is over: one that is gone is, and one that cannot be read will never tell. */
export function isOver(snapshot: Snapshot | undefined): boolean {
  if (snapshot === undefined) return true;
  try {
    return decodeJob(snapshot).finishedAtMs !== null;
  } catch {
    return true;
  }
}

/** A job as it begins: pending when it is due already, else scheduled. Repeated tags are dropped. */
export function newJob(spec: JobSpec, nowMs: number): JobState {
  const tags = spec.tags.length < 2 ? spec.tags : [...new Set(spec.tags)];
  invariant(tags.length <= TAGS_MAX, `a job has at most ${TAGS_MAX} tags`);
  return {
    spec: tags.length === spec.tags.length ? spec : { ...spec, tags },
    createdAtMs: nowMs,
    state: spec.runAtMs <= nowMs ? "pending" : "scheduled",
    runAtMs: spec.runAtMs,
    counted: 0,
    lost: 0,
    maxAttempts: spec.retry.attempts,
    startedAtMs: null,
    finishedAtMs: null,
    running: null,
    waiting: null,
    progress: null,
    checkpoint: "null",
    result: "null",
    error: null,
    attempts: [],
    breached: [],
  };
}

/** What is inserted for a job that {@link newJob} made. */
export function draftOfState(job: JobState, id: ActorId): Omit<Draft, "shard"> {
  const { createdAtMs } = job;
  return {
    id,
    kind: JOB_KIND,
    createdAtMs,
    head: encodeHead(job),
    body: encodeSpec(job),
    index: indexingOf(job),
  };
}

/** What is inserted for a job accepted at `nowMs`. */
export function draftOfJob(
  spec: JobSpec,
  { id, nowMs }: { readonly id: ActorId; readonly nowMs: number },
): Omit<Draft, "shard"> {
  return draftOfState(newJob(spec, nowMs), id);
}
