/**
 * Mutations of deadlines.
 * @module
 */
import type { Mutation } from "./mutation.ts";

/** Deadlines say nothing, or too early. */
export const DEADLINE_MUTATIONS: readonly Mutation[] = [
  {
    name: "deadline-sleeps",
    breaks: "a deadline is not woken when its moment has passed",
    deadline: (deadline) => ({
      ...deadline,
      receive: (state, message, context) =>
        message.kind === "wake"
          ? { state, effects: [] }
          : deadline.receive(state, message, context),
    }),
  },
  {
    name: "deadline-tells-too-much",
    breaks: "a job is told that a later moment than its deadline's has passed",
    behaviour: (job) => ({
      ...job,
      receive: (state, message, context) => {
        const told = message.kind === "deadline"
          ? { ...message, atMs: message.atMs + 3_600_000 }
          : message;
        return job.receive(state, told, context);
      },
    }),
  },
];
