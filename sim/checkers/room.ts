/**
 * Room: slots, queue limits, pauses and priorities, kept in a book of the checkers' own.
 * @module
 */
import type { LineLimits } from "../../actors/dispatch/slots.ts";
import { laneOf } from "../../actors/job/stored/indexing.ts";
import type { DueEntry } from "../../runtime/snapshot.ts";
import type { SimEvent } from "../record/events.ts";
import type { Checker } from "./checker.ts";

/** A better job must have waited this long, undisturbed, before a worse one may not be preferred, ms. */
const PATIENCE_MS = 2_500;

/** Q1, Q3. */
export const room: Checker = {
  name: "room",
  alone: true,
  proves:
    "slots and queue limits are never exceeded, a paused queue gets no room, and no attempt runs without",
  watch: ({ fail, plan }) => {
    const book = new RoomBook();
    return {
      see: (event) => {
        if (event.kind === "reserved") {
          const { entry: { id, lane } } = event;
          const limits = book.limits.get(lane);
          if (limits?.paused) fail(id, `${lane} is paused`);
          if (book.total >= plan.slots) fail(id, `${book.total} of ${plan.slots} slots were taken`);
          const taken = book.inLane(lane);
          if (limits && limits.concurrency !== null && taken >= limits.concurrency) {
            fail(id, `${taken} of ${limits.concurrency} in ${lane} were taken`);
          }
        } else if (event.kind === "starting" && !book.reserved.has(event.id)) {
          fail(event.id, `${event.token} starts without room`);
        }
        book.take(event);
      },
    };
  },
};

/** R1. */
export const priority: Checker = {
  name: "priority",
  alone: true,
  proves:
    "of the jobs of a queue that are due and wait, the one of the highest priority gets room first",
  watch: ({ fail, ledger, time, wall }) => {
    const book = new RoomBook();
    let disturbedAtMs = 0;
    let fair = true;
    const better = ({ lane, id }: DueEntry, rank: number) => {
      const wallMs = wall.nowMs();
      for (const file of ledger.jobs.values()) {
        const commit = file.commits.at(-1);
        if (!commit || file.id === id || book.reserved.has(file.id)) continue;
        const { spec, runAtMs } = commit.job;
        const waits = laneOf(spec.queue) === lane && commit.snapshot.index.wakeAtMs !== null &&
          runAtMs <= wallMs - PATIENCE_MS && commit.atMs <= time.nowMs - PATIENCE_MS;
        if (waits && spec.priority > rank) return file.id;
      }
      return null;
    };
    return {
      see: (event) => {
        if (event.kind === "weather") fair = event.weather === "fair";
        if (DISTURBING.has(event.kind)) disturbedAtMs = time.nowMs;
        if (event.kind === "reserved" && fair && time.nowMs > disturbedAtMs + 2 * PATIENCE_MS) {
          const rank = ledger.committed(event.entry.id)?.job.spec.priority ?? 9;
          const preferred = better(event.entry, rank);
          if (preferred) {
            fail(preferred, `${event.entry.id} of priority ${rank} got room before it`);
          }
        }
        book.take(event);
      },
    };
  },
};

const DISTURBING: ReadonlySet<SimEvent["kind"]> = new Set<SimEvent["kind"]>([
  "booted",
  "gone",
  "paused",
  "resumed",
  "jumped",
  "weather",
]);

/** Who has room, in one process. */
class RoomBook {
  readonly limits = new Map<string, LineLimits>();
  /** By job. */
  readonly reserved = new Map<string, string>();
  /** By token. */
  readonly #running = new Map<string, string>();

  get total(): number {
    return this.reserved.size + this.#running.size;
  }

  inLane(lane: string): number {
    let count = 0;
    for (const other of this.reserved.values()) if (other === lane) count++;
    for (const other of this.#running.values()) if (other === lane) count++;
    return count;
  }

  take(event: SimEvent): void {
    switch (event.kind) {
      case "limited":
        this.limits.set(event.lane, event.limits);
        return;
      case "reserved":
        this.reserved.set(event.entry.id, event.entry.lane);
        return;
      case "wake-over":
        this.reserved.delete(event.entry.id);
        return;
      case "starting":
        this.reserved.delete(event.id);
        this.#running.set(event.token, event.lane);
        return;
      case "ended":
        this.#running.delete(event.key.token);
        return;
      case "gone":
        this.reserved.clear();
        this.#running.clear();
    }
  }
}
