/**
 * Mutations of the job and of what carries its effects and messages.
 * @module
 */
import type { JobEffect, JobMessage } from "../../actors/job/messages.ts";
import type { JobState } from "../../actors/job/state.ts";
import type { ReducerContext } from "../../runtime/actor/behaviour.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import type { JobBehaviour, Mutation } from "./mutation.ts";

type Receive = JobBehaviour["receive"];

/** `behaviour` with `receive` around its own. */
function receiving(
  behaviour: JobBehaviour,
  receive: (job: JobState, message: JobMessage, context: ReducerContext) => ReturnType<Receive>,
): JobBehaviour {
  return { ...behaviour, receive };
}

/** `behaviour` that is told something else than was said. */
function hearing(
  behaviour: JobBehaviour,
  hear: (message: JobMessage, job: JobState) => JobMessage,
): JobBehaviour {
  return receiving(
    behaviour,
    (job, message, context) => behaviour.receive(job, hear(message, job), context),
  );
}

/** `behaviour` whose orders are changed. */
function ordering(
  behaviour: JobBehaviour,
  change: (effect: JobEffect & { kind: "run" }) => JobEffect,
): JobBehaviour {
  return receiving(behaviour, (job, message, context) => {
    const step = behaviour.receive(job, message, context);
    const effects = step.effects.map((effect) => effect.kind === "run" ? change(effect) : effect);
    return { ...step, effects };
  });
}

/** The job decides wrongly. */
export const REDUCER_MUTATIONS: readonly Mutation[] = [
  {
    name: "stale-token-accepted",
    breaks: "the end of an old attempt ends the current one",
    behaviour: (behaviour) =>
      hearing(
        behaviour,
        (message, { running }) =>
          message.kind === "ended" && running ? { ...message, token: running.token } : message,
      ),
  },
  {
    name: "cancel-ignored-while-waiting",
    breaks: "a job that has not started is told to be cancelled, and is not",
    behaviour: (behaviour) =>
      receiving(
        behaviour,
        (job, message, context) =>
          message.kind === "cancel" && job.running === null && job.finishedAtMs === null
            ? { state: job, reply: { kind: "done" }, effects: [] }
            : behaviour.receive(job, message, context),
      ),
  },
  {
    name: "losses-counted-as-failures",
    breaks: "an attempt that was lost costs one of the user's retries",
    behaviour: (behaviour) =>
      hearing(
        behaviour,
        (message) =>
          message.kind === "ended" && message.outcome.kind === "lost"
            ? {
              ...message,
              outcome: { kind: "error", retryable: true, error: message.outcome.error },
            }
            : message,
      ),
  },
  {
    name: "failures-not-counted",
    breaks: "an attempt that failed is repeated as if it had been lost",
    behaviour: (behaviour) =>
      hearing(
        behaviour,
        (message) =>
          message.kind === "ended" && message.outcome.kind === "error"
            ? { ...message, outcome: { kind: "interrupted", error: message.outcome.error } }
            : message,
      ),
  },
  {
    name: "retry-without-backoff",
    breaks: "a failed attempt is repeated at once",
    behaviour: (behaviour) =>
      hearing(
        behaviour,
        (message) =>
          message.kind === "ended" && message.outcome.kind === "error"
            ? { ...message, outcome: { ...message.outcome, retryAfterMs: 0 } }
            : message,
      ),
  },
  {
    name: "runs-before-its-time",
    breaks: "an armed attempt does not wait for its instant",
    behaviour: (behaviour) =>
      ordering(behaviour, (effect) => ({
        ...effect,
        order: { ...effect.order, notBeforeMs: effect.order.notBeforeMs - 60 },
      })),
  },
  {
    name: "at-most-once-forgotten",
    breaks: "an at-most-once job whose attempt was lost is run again",
    behaviour: (behaviour) =>
      receiving(behaviour, (job, message, context) => {
        const spec = { ...job.spec, delivery: "at-least-once" as const };
        if (message.kind !== "adopted" && message.kind !== "ended") {
          return behaviour.receive(job, message, context);
        }
        const again: JobState = { ...job, spec };
        const step = behaviour.receive(again, message, context);
        return { ...step, state: step.state === again ? job : { ...step.state, spec: job.spec } };
      }),
  },
  {
    name: "adoption-skipped",
    breaks: "a new owner does not look for jobs that were running",
    behaviour: (behaviour) => ({ ...behaviour, adopts: null }),
  },
  {
    name: "priority-ignored",
    breaks: "the due jobs of a queue are ordered by age alone",
    behaviour: (behaviour) => ({
      ...behaviour,
      encode: (state) => {
        const { head, index } = behaviour.encode(state);
        return { head, index: { ...index, rank: 0 } };
      },
    }),
    draft: (draft) => ({ ...draft, index: { ...draft.index, rank: 0 } }),
  },
  {
    name: "checkpoint-answered-early",
    breaks: "a checkpoint is promised without being written",
    behaviour: (behaviour) =>
      receiving(
        behaviour,
        (job, message, context) =>
          message.kind === "checkpoint"
            ? { state: job, reply: { kind: "done" }, effects: [] }
            : behaviour.receive(job, message, context),
      ),
  },
];

/** What a job wants done is done wrongly. */
export const EFFECT_MUTATIONS: readonly Mutation[] = [
  {
    name: "effects-before-commit",
    breaks: "attempts are ordered before their start is committed",
    behaviour: (behaviour, perform) =>
      receiving(behaviour, (job, message, context) => {
        const step = behaviour.receive(job, message, context);
        if (step.state === job) return step;
        const { index } = behaviour.encode(step.state);
        for (const effect of step.effects) perform(effect, { id: context.id, index } as Snapshot);
        return { ...step, effects: [] };
      }),
  },
  {
    name: "started-twice",
    breaks: "an attempt is ordered twice",
    perform: (perform) => (effect, snapshot) => {
      perform(effect, snapshot);
      if (effect.kind === "run") perform(effect, snapshot);
    },
  },
  {
    name: "order-dropped",
    breaks: "every seventh attempt is committed and never ordered",
    perform: (perform) => {
      let runs = 0;
      return (effect, snapshot) => {
        if (effect.kind !== "run" || ++runs % 7 !== 0) perform(effect, snapshot);
      };
    },
  },
  {
    name: "end-dropped-on-busy",
    breaks: "an outcome that could not be told at once is forgotten",
    signal: (signal) => (id, message, settle) =>
      signal(
        id,
        message,
        (settled) =>
          settle(
            settled.kind !== "handled" && message.kind === "ended" ? { kind: "missing" } : settled,
          ),
      ),
  },
  {
    name: "steps-forgotten",
    breaks: "a repeated attempt is not given the steps of earlier ones",
    behaviour: (behaviour) => ordering(behaviour, (effect) => ({ ...effect, repeated: false })),
  },
];
