/**
 * Mutations of schedules, and of the commits that carry their jobs.
 * @module
 */
import type { ScheduleBehaviour } from "../../actors/schedule/behaviour.ts";
import { actorId } from "../../runtime/ids.ts";
import type { Write } from "../../runtime/store/port.ts";
import { wrapStore } from "../../runtime/store/wrapped_driver.ts";
import type { Mutation } from "./mutation.ts";

type Receive = ScheduleBehaviour["receive"];

/** `behaviour` whose steps are changed. */
function stepping(
  behaviour: ScheduleBehaviour,
  change: (
    step: ReturnType<Receive>,
    before: Parameters<Receive>[0],
    context: Parameters<Receive>[2],
  ) => ReturnType<Receive>,
): ScheduleBehaviour {
  return {
    ...behaviour,
    receive: (state, message, context) => {
      const step = behaviour.receive(state, message, context);
      return step.state === state ? step : change(step, state, context);
    },
  };
}

/** A schedule decides wrongly, or what it decided is not what is stored. */
export const SCHEDULE_MUTATIONS: readonly Mutation[] = [
  {
    name: "fires-lost-in-the-commit",
    breaks: "the store moves a schedule without the jobs that the transition carries",
    store: (store) => ({
      ...wrapStore(store, (_op, work) => work()),
      apply: (batch) => store.apply(batch.map(withoutInserts)),
    }),
  },
  {
    name: "decided-twice",
    breaks: "a schedule forgets now and then how far it has decided",
    schedule: (behaviour) =>
      stepping(
        behaviour,
        (step, before, { chance }) =>
          chance < 0.3
            ? { ...step, state: { ...step.state, decidedToMs: before.decidedToMs } }
            : step,
      ),
  },
  {
    name: "runs-are-never-over",
    breaks: "a schedule does not believe that a run of it is over",
    schedule: (behaviour) => ({
      ...behaviour,
      receive: (state, message, context) => {
        const over = "over" in message ? { over: [] } : {};
        const heard = message.kind === "job-over"
          ? { kind: "looked" as const, over: [] }
          : { ...message, ...over };
        return behaviour.receive(state, heard, context);
      },
    }),
  },
  {
    name: "backfills-what-is-to-come",
    breaks: "a backfill makes jobs of nominal times that are not decided",
    schedule: (behaviour) => ({
      ...behaviour,
      receive: (state, message, context) => {
        if (message.kind !== "backfill") return behaviour.receive(state, message, context);
        const { decidedToMs } = state;
        const ahead = { ...state, decidedToMs: decidedToMs + 60_000 };
        const step = behaviour.receive(ahead, message, context);
        if (step.state === ahead) return { ...step, state };
        return { ...step, state: { ...step.state, decidedToMs } };
      },
    }),
  },
  {
    name: "nominal-times-passed-over",
    breaks: "a schedule goes on from now instead of from where it was",
    schedule: (behaviour) => ({
      ...behaviour,
      receive: (state, message, context) =>
        behaviour.receive(
          { ...state, decidedToMs: Math.max(state.decidedToMs, context.nowMs) },
          message,
          context,
        ),
    }),
  },
  {
    name: "overlap-not-asked-for",
    breaks: "a schedule takes its earlier jobs for over without looking",
    schedule: (behaviour) => ({
      ...behaviour,
      receive: (state, message, context) =>
        behaviour.receive(
          state,
          message.kind === "wake" ? { kind: "looked", over: state.open } : message,
          context,
        ),
    }),
  },
  {
    name: "fires-without-a-name",
    breaks: "the job of a fire is named after the commit, not after its nominal time",
    schedule: (behaviour) =>
      stepping(behaviour, (step, _before, { nextVersion }) => {
        const inserts = step.carries?.inserts?.map((draft) => ({
          ...draft,
          id: actorId(`${draft.id}-${nextVersion}`),
        }));
        return inserts === undefined ? step : { ...step, carries: { ...step.carries, inserts } };
      }),
  },
  {
    name: "waiting-fires-forgotten",
    breaks: "a schedule forgets the fires that wait for an earlier run",
    schedule: (behaviour) =>
      stepping(behaviour, (step) => ({ ...step, state: { ...step.state, waiting: [] } })),
  },
];

function withoutInserts(write: Write): Write {
  if (write.kind !== "transition" || write.carries === undefined) return write;
  const { inserts: _, ...carries } = write.carries;
  return { ...write, carries };
}
