/**
 * Job: one job as an actor, from its acceptance to its end.
 *
 *     scheduled ──start──▶ running ──ok──▶ completed
 *      │  ▲  └overdue▶ pending ─start─▶ │ ──error──▶ retrying ──start──▶ running
 *      │  └ submitted ┘  ▲              │ ──error, spent──▶ failed
 *      └──cancel──▶ cancelled ◀──abort──┘ ──lost, interrupted, no handler──▶ pending
 *
 * Intuition: the reducer decides, the runtime persists, and only then is anything run or told.
 * Invariants J1–J8 are named where they are kept: step.ts, start.ts, commands.ts, ending.ts. Over all
 * messages: J9. `running` is set exactly in state `running`, `finishedAtMs` exactly in a finished one.
 * J10. Attempt numbers never exceed `maxAttempts`. J11. A completed job never changes again.
 *
 * Not here: slots and queues (the dispatcher), running (executor/), storage (codec.ts).
 * @module
 */
import type { Behaviour, ReducerContext } from "../../runtime/actor/behaviour.ts";
import { unreachable } from "../../runtime/fault.ts";
import type { ActorId } from "../../runtime/ids.ts";
import { ARM_AHEAD_MS } from "../../runtime/limits.ts";
import type { Draft } from "../../runtime/snapshot.ts";
import { decodeJob, encodeJob, JOB_KIND } from "./codec.ts";
import { cancel, retry, runNow, supersede } from "./commands.ts";
import { adopted, ended } from "./ending.ts";
import type { ExecutorPlace, JobEffect, JobMessage, JobReply } from "./messages.ts";
import { checkpoint, deadline, progress } from "./reports.ts";
import { handlerKnown, overdue, start } from "./start.ts";
import { type JobStep, withInserts } from "./step.ts";
import type { JobState } from "./state.ts";

/** How jobs are made part of a node. */
export interface JobOptions {
  /** How far ahead of its time a start may be committed, ms. */
  readonly armAheadMs?: number;
  /** Where the slot is that is held for a job which is being woken; undefined: here. */
  readonly executorOf?: (id: ActorId) => ExecutorPlace | undefined;
  /** What a transition brings about beside itself, for those who watch over jobs; none: nothing. */
  readonly reports?: (
    transition: { readonly before: JobState; readonly after: JobState },
    context: ReducerContext,
  ) => readonly Omit<Draft, "shard">[];
  /** The news that a transition is to those who follow jobs from outside (NW1); none: nothing. */
  readonly news?: (
    transition: { readonly before: JobState; readonly after: JobState },
    context: ReducerContext,
  ) => Omit<Draft, "shard"> | undefined;
}

/** The job as a kind of actor. */
export function jobBehaviour(
  { armAheadMs = ARM_AHEAD_MS, executorOf = () => undefined, reports, news }: JobOptions = {},
): Behaviour<JobState, JobMessage, JobReply, JobEffect> {
  return {
    kind: JOB_KIND,
    decode: decodeJob,
    encode: encodeJob,
    receive: (job, message, context) => {
      const step = receive(job, message, { context, armAheadMs });
      if (step.state === job) return step;
      const transition = { before: job, after: step.state };
      const inserts = reports?.(transition, context) ?? [];
      const reported = inserts.length === 0 ? step : withInserts(step, inserts);
      const told = news?.(transition, context);
      return told === undefined ? reported : withNews(reported, told, context);
    },
    resident: (job) => job.running !== null,
    wakes: {
      wake: (id) => {
        const executor = executorOf(id);
        return { kind: "start", ...(executor !== undefined && { executor }) };
      },
      overdue: () => ({ kind: "overdue" }),
    },
    adopts: { label: "state=running", message: { kind: "adopted" } },
  };
}

/** The job knows its latest news, so that its next ones come after them. */
function withNews(step: JobStep, news: Omit<Draft, "shard">, context: ReducerContext): JobStep {
  const state = { ...step.state, newsVersion: context.nextVersion };
  return withInserts({ ...step, state }, [news]);
}

function receive(
  job: JobState,
  message: JobMessage,
  { context, armAheadMs }: { readonly context: ReducerContext; readonly armAheadMs: number },
): JobStep {
  switch (message.kind) {
    case "start":
      return start(job, context, { armAheadMs, executor: message.executor });
    case "overdue":
      return overdue(job, context);
    case "ended":
      return ended(job, message, context);
    case "progress":
      return progress(job, message, context);
    case "checkpoint":
      return checkpoint(job, message, context);
    case "adopted":
      return adopted(job, context);
    case "deadline":
      return deadline(job, message, context);
    case "handler-known":
      return handlerKnown(job, context);
    case "cancel":
      return cancel(job, context);
    case "retry":
      return retry(job, context, message);
    case "run-now":
      return runNow(job, context);
    case "supersede":
      return supersede(job, message.spec, context);
    default:
      return unreachable(message);
  }
}
