/**
 * Mutations of time, slots and queues.
 * @module
 */
import { STORE_RETRY_MIN_MS } from "../../runtime/limits.ts";
import type { Mutation } from "./mutation.ts";

/** Room and time are misjudged. */
export const ROOM_MUTATIONS: readonly Mutation[] = [
  {
    name: "clock-runs-ahead",
    breaks: "the node believes it to be 300 ms later than it is",
    clock: (clock) => ({
      wallMs: () => clock.wallMs() + 300,
      monotonicMs: () => clock.monotonicMs(),
      after: (delayMs, fire) => clock.after(delayMs, fire),
    }),
  },
  {
    name: "retries-without-pause",
    breaks: "what failed is tried again at once",
    clock: (clock) => ({
      wallMs: () => clock.wallMs(),
      monotonicMs: () => clock.monotonicMs(),
      after: (delayMs, fire) => clock.after(delayMs === STORE_RETRY_MIN_MS ? 0 : delayMs, fire),
    }),
  },
  {
    name: "slot-leak",
    breaks: "the room of every fifth wake-up that came to nothing is not given back",
    gate: (gate) => {
      let settled = 0;
      return {
        reserve: (entry) => gate.reserve(entry),
        settled: (entry) => ++settled % 5 === 0 ? undefined : gate.settled(entry),
      };
    },
  },
  {
    name: "pause-ignored",
    breaks: "a paused queue goes on",
    limits: (limits) => ({ ...limits, paused: false }),
  },
  {
    name: "concurrency-ignored",
    breaks: "a queue's limit is not kept",
    limits: (limits) => ({ ...limits, concurrency: null }),
  },
  {
    name: "slots-ignored",
    breaks: "room is given when there is none",
    gate: (gate) => ({
      reserve: (entry) => {
        const room = gate.reserve(entry);
        return entry.rank > 4 ? "held" : room;
      },
      settled: (entry) => gate.settled(entry),
    }),
  },
];
