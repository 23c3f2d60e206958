/**
 * Story: the events of one job in the order of its versions, wherever they come from.
 *
 * Intuition: every change of a job makes its next version, and one event. So a version that is missing shows, and
 * whatever was lost on the way, the job itself says how far it has come: its state is its latest event.
 *
 * Invariants: Y1. What is told has growing versions, none twice. Y2. Nothing is told over a hole: it is filled, or the
 * job is read again and the hole is said. Y3. At most `AHEAD_MAX` events wait behind a hole; the job stands for the
 * rest.
 *
 * Not here: when the job is read again (job_stream.ts).
 * @module
 */
import type { JobEvent } from "../service.ts";

/** Events kept behind a hole (Y3). */
export const AHEAD_MAX = 256;

/** What the job's own state adds to a story. */
export interface Chapter {
  /** Events are missing before these (Y2). */
  readonly missing: boolean;
  /** To be told before the job's state. */
  readonly before: readonly JobEvent[];
  /** The job's state stands for the event that made it. */
  readonly tellsState: boolean;
  /** To be told after it. */
  readonly after: readonly JobEvent[];
}

const NOTHING_NEW: Chapter = { missing: false, before: [], tellsState: false, after: [] };

/** The story of one job, for one reader. */
export class Story {
  #told: number;
  readonly #ahead = new Map<number, JobEvent>();

  /** `told`: the version that the reader saw last; 0: none. */
  constructor(told: number) {
    this.#told = told;
  }

  /** The version that was told last. */
  get told(): number {
    return this.#told;
  }

  /** True while events wait behind a hole. */
  get broken(): boolean {
    return this.#ahead.size > 0;
  }

  /** Takes in an event; those that can be told now (Y1, Y2). */
  hear(event: JobEvent): JobEvent[] {
    if (event.version <= this.#told) return [];
    if (event.version > this.#told + 1 && this.#ahead.size >= AHEAD_MAX) return []; // (Y3)
    this.#ahead.set(event.version, event);
    return this.#next();
  }

  /** Takes in that the job, read from the store, has come to `version`. */
  read(version: number): Chapter {
    if (version <= this.#told) return NOTHING_NEW;
    const before = [...this.#ahead.values()]
      .filter((event) => event.version <= version)
      .sort((one, other) => one.version - other.version);
    const tellsState = !this.#ahead.has(version);
    const missing = version - this.#told > before.length + (tellsState ? 1 : 0);
    for (const event of before) this.#ahead.delete(event.version);
    this.#told = version;
    return { missing, before, tellsState, after: this.#next() };
  }

  #next(): JobEvent[] {
    const events: JobEvent[] = [];
    for (;;) {
      const event = this.#ahead.get(this.#told + 1);
      if (event === undefined) return events;
      this.#ahead.delete(event.version);
      this.#told = event.version;
      events.push(event);
    }
  }
}
