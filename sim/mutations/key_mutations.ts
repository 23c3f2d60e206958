/**
 * Mutations of keys that jobs share.
 * @module
 */
import type { Mutation } from "./mutation.ts";

/** Gatekeepers, and jobs that take another's place, misbehave. */
export const KEY_MUTATIONS: readonly Mutation[] = [
  {
    name: "admits-in-anyone's-place",
    breaks: "a key admits a job in the place of a holder that its asker has not seen",
    gatekeeper: (gatekeeper) => ({
      ...gatekeeper,
      receive: (state, message, context) => {
        const instead = state.holder?.jobId ?? null;
        const blind = message.kind === "admit" ? { ...message, instead } : message;
        return gatekeeper.receive(state, blind, context);
      },
    }),
  },
  {
    name: "merged-into-nothing",
    breaks: "a submission that takes a job's place is told so, though the job has started",
    behaviour: (job) => ({
      ...job,
      receive: (state, message, context) => {
        const step = job.receive(state, message, context);
        const isRefused = message.kind === "supersede" && step.reply?.kind === "refused";
        return isRefused ? { ...step, reply: { kind: "done" } } : step;
      },
    }),
  },
  {
    name: "holder-forgets-its-time",
    breaks: "a key remembers its holder as due an hour ago",
    gatekeeper: (gatekeeper) => ({
      ...gatekeeper,
      receive: (state, message, context) => {
        const step = gatekeeper.receive(state, message, context);
        const { holder } = step.state;
        if (message.kind !== "admit" || holder === null) return step;
        const dueAtMs = holder.dueAtMs - 3_600_000;
        return { ...step, state: { ...step.state, holder: { ...holder, dueAtMs } } };
      },
    }),
  },
];
