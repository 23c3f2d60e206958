/**
 * Indexing of a job: when it is woken, in which line it waits, and by what it is found and counted.
 * @module
 */
import { type Indexing, lineOfLane } from "../../../runtime/snapshot.ts";
import { JOB_STATES, type JobStateName } from "../messages.ts";
import type { JobState } from "../state.ts";

/** What lanes of jobs begin with. */
const JOB_LANES = "job";
/** The label of every job whose handler nobody knows. */
export const LABEL_PARKED = "waiting=handler";

/** The labels by which jobs are found; values are taken as they are, every text works. */
export const label = {
  state: (state: JobStateName): string => `state=${state}`,
  name: (name: string): string => `name=${name}`,
  queue: (queue: string): string => `queue=${queue}`,
  tag: (tag: string): string => `tag=${tag}`,
  schedule: (scheduleId: string): string => `schedule=${scheduleId}`,
  flow: (flowId: string): string => `flow=${flowId}`,
} as const;

/**
 * Where the due jobs of a queue wait: each concurrency key has a lane of its own, jobs without one share one.
 * No two pairs of queue and key have the same lane: a queue's name keeps no slash.
 */
export function laneOf(queue: string, key: string | null = null): string {
  const line = `${JOB_LANES}/${queue.replaceAll("%", "%25").replaceAll("/", "%2F")}`;
  return key === null ? line : `${line}/${key}`;
}

/** The queue whose due jobs wait in `lane`, whatever their key; null: no jobs do. */
export function queueOfLane(lane: string): string | null {
  const [kind, queue] = lineOfLane(lane).split("/");
  if (kind !== JOB_LANES || queue === undefined) return null;
  return queue.replaceAll("%2F", "/").replaceAll("%25", "%");
}

/** How the store shall index `job`. */
export function indexingOf(job: JobState): Indexing {
  const { spec, state } = job;
  return {
    wakeAtMs: wakeAtMs(job),
    lane: laneOf(spec.queue, spec.concurrencyKey),
    rank: spec.priority,
    expireAtMs: expireAtMs(job),
    labels: labelsOf(job),
    tally: tallyOf(spec.queue, state),
  };
}

/** The group in which the jobs of a queue that are in one state are counted. */
export function tallyOf(queue: string, state: JobStateName): string {
  return `${queue}/${state}`;
}

/**
 * A tally's queue and state; undefined when it is not a job's. No state contains a slash, so the last
 * one separates, whatever the queue's name is.
 */
export function parseTally(
  tally: string,
): { readonly queue: string; readonly state: JobStateName } | undefined {
  const slash = tally.lastIndexOf("/");
  const state = tally.slice(slash + 1);
  if (slash < 0 || !isJobState(state)) return undefined;
  return { queue: tally.slice(0, slash), state };
}

function isJobState(text: string): text is JobStateName {
  return (JOB_STATES as readonly string[]).includes(text);
}

function wakeAtMs(job: JobState): number | null {
  const waits = job.state === "pending" || job.state === "scheduled" || job.state === "retrying";
  return waits && job.waiting === null ? job.runAtMs : null;
}

function expireAtMs({ state, finishedAtMs, spec }: JobState): number | null {
  if (finishedAtMs === null) return null;
  const { completedMs, failedMs } = spec.retention;
  return finishedAtMs + (state === "completed" ? completedMs : failedMs);
}

function labelsOf({ spec, state, waiting }: JobState): readonly string[] {
  const labels = [label.state(state), label.name(spec.name), label.queue(spec.queue)];
  for (const tag of spec.tags) labels.push(label.tag(tag));
  if (spec.scheduleId !== undefined) labels.push(label.schedule(spec.scheduleId));
  if (spec.flowId !== undefined) labels.push(label.flow(spec.flowId));
  if (waiting === "handler") labels.push(LABEL_PARKED);
  return labels;
}
