/**
 * Feed: the node's latest job events, held for those who come back, and handed to those who listen.
 *
 * Intuition: a ring of the last {@link EVENTS_HELD_MAX} events. Whoever reconnects names the last one
 * it saw and gets what came since, or learns that some are gone. A listener for one job is found by
 * that job's id, so that a thousand of them cost an event of another job nothing.
 *
 * Invariants: F1. Sequences grow by one per event, from 1. F2. Between a subscriber's backlog and its
 * first pushed event nothing is missing and nothing is repeated: both are settled in one turn.
 * F3. Memory is bounded: beyond the ring's size the oldest event goes. Subscribers are the caller's to bound.
 * @module
 */
import type { JobState } from "../actors/job/state.ts";
import type { EventSubscription, JobEvent, JobFeed } from "./service.ts";

/** Events held for subscribers that come back: some 2 MB, a second of full load. */
export const EVENTS_HELD_MAX = 10_000;

/** What is published: the feed numbers it. */
export type JobChange = Omit<JobEvent, "sequence">;

type Push = (event: JobEvent) => void;

/** The event that `job` came to its present state with `version`. */
export function changeOf(
  job: JobState,
  { jobId, version, atMs }: {
    readonly jobId: string;
    readonly version: number;
    readonly atMs: number;
  },
): JobChange {
  return {
    jobId,
    version,
    state: job.state,
    name: job.spec.name,
    queue: job.spec.queue,
    attempt: job.running?.number ?? job.counted,
    progress: job.progress,
    atMs,
  };
}

/** The feed. `boot` names this process start; `heldMax` is for tests. */
export class Feed implements JobFeed {
  readonly boot: string;
  readonly #heldMax: number;
  readonly #ring: JobEvent[] = [];
  #published = 0;
  readonly #everything = new Set<Push>();
  readonly #byJob = new Map<string, Set<Push>>();

  constructor({ boot, heldMax = EVENTS_HELD_MAX }: {
    readonly boot: string;
    readonly heldMax?: number;
  }) {
    this.boot = boot;
    this.#heldMax = heldMax;
  }

  /** Numbers, holds and hands on one change (F1). Cost: O(its own listeners). */
  publish(change: JobChange): void {
    const event: JobEvent = { sequence: ++this.#published, ...change };
    this.#ring[(event.sequence - 1) % this.#heldMax] = event;
    for (const push of this.#everything) push(event);
    const listeners = this.#byJob.get(event.jobId);
    if (listeners !== undefined) { for (const push of listeners) push(event); }
  }

  /** See {@link JobFeed.subscribe}. An `after` that this process never gave out counts as a gap. */
  subscribe(
    { after, jobId }: { after?: number; jobId?: string },
    push: Push,
  ): EventSubscription {
    const { backlog, gap } = this.#since(after, jobId);
    // A set knows each function once: two subscriptions with one function must stay two.
    const own: Push = (event) => push(event);
    const listeners = jobId === undefined ? this.#everything : this.#listenersOf(jobId);
    listeners.add(own);
    const stop = () => {
      listeners.delete(own);
      const unheard = jobId !== undefined && listeners.size === 0;
      if (unheard && this.#byJob.get(jobId) === listeners) this.#byJob.delete(jobId);
    };
    return { backlog, gap, stop };
  }

  /** Held events after sequence `after`, oldest first, and whether some are gone. */
  #since(
    after: number | undefined,
    jobId: string | undefined,
  ): { readonly backlog: readonly JobEvent[]; readonly gap: boolean } {
    if (after === undefined) return { backlog: [], gap: false };
    if (after > this.#published) return { backlog: [], gap: true };
    const goneUntil = Math.max(0, this.#published - this.#heldMax);
    const backlog: JobEvent[] = [];
    for (let at = Math.max(after, goneUntil); at < this.#published; at++) {
      const event = this.#ring[at % this.#heldMax];
      if (event !== undefined && (jobId === undefined || event.jobId === jobId)) {
        backlog.push(event);
      }
    }
    return { backlog, gap: after < goneUntil };
  }

  #listenersOf(jobId: string): Set<Push> {
    let listeners = this.#byJob.get(jobId);
    if (listeners === undefined) this.#byJob.set(jobId, listeners = new Set());
    return listeners;
  }
}
