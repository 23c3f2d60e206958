/**
 * Samples: jobs in every state, for tests: one plain spec, and the states that a reducer can make of it.
 * @module
 */
import type { ReducerContext } from "../../../runtime/actor/behaviour.ts";
import { actorId, type BootId, type NodeName } from "../../../runtime/ids.ts";
import { newJob } from "../codec.ts";
import type { JobStateName } from "../messages.ts";
import { type JobSpec, QUEUE_DEFAULT, RETENTION_DEFAULT, RETRY_DEFAULT } from "../spec.ts";
import type { JobState, RunningAttempt } from "../state.ts";

/** The moment around which the samples happen (ms). */
export const NOW_MS = 1_800_000_000_000;
/** The token of the samples' running attempt. */
export const TOKEN = "token-1";

/** A job that names nothing but a handler, due now. */
export function specOf(overrides: Partial<JobSpec> = {}): JobSpec {
  return {
    name: "noop",
    payload: "null",
    queue: QUEUE_DEFAULT,
    priority: 0,
    runAtMs: NOW_MS,
    retry: RETRY_DEFAULT,
    timeoutMs: null,
    sla: { startWithinMs: null, finishWithinMs: null },
    delivery: "at-least-once",
    tags: [],
    retention: RETENTION_DEFAULT,
    concurrencyKey: null,
    traceId: null,
    fingerprint: null,
    ...overrides,
  };
}

/** The samples' running attempt: the first, on this node, since now. */
export function runningOf(overrides: Partial<RunningAttempt> = {}): RunningAttempt {
  return {
    number: 1,
    token: TOKEN,
    node: "a",
    boot: "boot-1" as BootId,
    startedAtMs: NOW_MS,
    cancelling: false,
    ...overrides,
  };
}

/** A job in `state`, as it would have got there; `overrides` for all else. */
export function jobIn(
  state: JobStateName,
  overrides: Partial<JobState> & { readonly spec?: JobSpec } = {},
): JobState {
  const job = { ...newJob(overrides.spec ?? specOf(), NOW_MS - 1_000), state };
  return { ...job, ...marksOf(state), ...overrides };
}

/** A message's circumstances: now, chance in the middle, this node's first start. */
export function contextOf(overrides: Partial<ReducerContext> = {}): ReducerContext {
  return {
    id: actorId("job-1"),
    nowMs: NOW_MS,
    chance: 0.5,
    unique: "unique-1",
    node: "a" as NodeName,
    boot: "boot-1" as BootId,
    lives: () => false,
    nextVersion: 2,
    ...overrides,
  };
}

function marksOf(state: JobStateName): Partial<JobState> {
  switch (state) {
    case "running":
      return { running: runningOf(), startedAtMs: NOW_MS };
    case "retrying":
      return { counted: 1, runAtMs: NOW_MS + 1_000, error: { name: "Error", message: "first" } };
    case "scheduled":
      return { runAtMs: NOW_MS + 60_000 };
    case "completed":
      return { counted: 1, startedAtMs: NOW_MS - 10, finishedAtMs: NOW_MS - 1, result: "1" };
    case "failed":
      return { counted: 3, finishedAtMs: NOW_MS - 1, error: { name: "Error", message: "third" } };
    case "cancelled":
      return { finishedAtMs: NOW_MS - 1 };
    case "pending":
      return {};
  }
}
