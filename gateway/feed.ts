/**
 * Feed: the latest job events, held for those who come back, and handed to those who listen.
 *
 * Intuition: a ring of the last {@link EVENTS_HELD_MAX} events. Whoever reconnects names the last one
 * it saw and gets what came since, or learns that some are gone. A listener for one job is found by
 * that job's id, so that a thousand of them cost an event of another job nothing.
 *
 * Invariants: F1. Sequences grow by one per event, from 1. F2. Between a subscriber's backlog and its
 * first pushed event nothing is missing and nothing is repeated: both are settled in one turn.
 * F3. Memory is bounded: beyond the ring's size the oldest event goes. Subscribers are the caller's to bound.
 * F4. Where events are missing there is a gap with a number of its own: whoever listens is told, whoever saw less
 * learns it when he comes back.
 * @module
 */
import type { JobState } from "../actors/job/state.ts";
import type { Attention, EventSubscription, EventWish, JobEvent, JobFeed } from "./service.ts";

/** Events held for subscribers that come back: some 2 MB, a second of full load. */
export const EVENTS_HELD_MAX = 10_000;

/** What is published: the feed numbers it. */
export type JobChange = Omit<JobEvent, "sequence">;

/** What the node's own parts do with its feed. */
export interface NodeFeed extends JobFeed {
  /** A job of this node changed. */
  publish(change: JobChange): void;
}

/** Held events after a sequence, oldest first. */
export interface HeldEvents {
  readonly events: readonly JobEvent[];
  /** Nothing between the asked sequence and this one is left out that was wanted. */
  readonly to: number;
  /** Events after the asked sequence are gone. */
  readonly gap: boolean;
}

interface Listener {
  readonly push: (event: JobEvent) => void;
  readonly missed: (why: string) => void;
}

/** A node that is alone hears its own events without further ado. */
const ALONE: Attention = { heard: Promise.resolve([]), stop: () => {} };

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
    lagMs: lagMsOf(job),
    atMs,
  };
}

/** How long after it was due the attempt under way was started, ms; null: none is under way. */
export function lagMsOf({ running, runAtMs }: JobState): number | null {
  return running === null ? null : Math.max(0, running.startedAtMs - runAtMs);
}

/** The feed of one node. `boot` names this process start; `heldMax` is for tests. */
export class Feed implements NodeFeed {
  readonly boot: string;
  readonly #heldMax: number;
  readonly #ring: (JobEvent | null)[] = [];
  #published = 0;
  /** Where the last gap is (F4). */
  #gapAt = 0;
  readonly #everything = new Set<Listener>();
  readonly #byJob = new Map<string, Set<Listener>>();

  constructor({ boot, heldMax = EVENTS_HELD_MAX }: {
    readonly boot: string;
    readonly heldMax?: number;
  }) {
    this.boot = boot;
    this.#heldMax = heldMax;
  }

  /** The sequence given out last. */
  get latest(): number {
    return this.#published;
  }

  attend(): Attention {
    return ALONE;
  }

  /** Numbers, holds and hands on one change (F1). Cost: O(its own listeners). */
  publish(change: JobChange): void {
    const event: JobEvent = { ...change, sequence: ++this.#published };
    this.#ring[(event.sequence - 1) % this.#heldMax] = event;
    for (const { push } of this.#everything) push(event);
    const listeners = this.#byJob.get(event.jobId);
    if (listeners !== undefined) { for (const { push } of listeners) push(event); }
  }

  /** Events are missing here, or may be (F4). Cost: O(all listeners). */
  miss(why: string): void {
    this.#gapAt = ++this.#published;
    this.#ring[(this.#gapAt - 1) % this.#heldMax] = null;
    for (const { missed } of this.#everything) missed(why);
    for (const listeners of this.#byJob.values()) {
      for (const { missed } of listeners) missed(why);
    }
  }

  /** See {@link JobFeed.subscribe}. An `after` that this process never gave out counts as a gap. */
  subscribe(
    { after, jobId, missed = () => {} }: EventWish,
    push: (event: JobEvent) => void,
  ): EventSubscription {
    const { events: backlog, gap } = after === undefined
      ? { events: [], gap: false }
      : this.since(after, { wants: (event) => jobId === undefined || event.jobId === jobId });
    const own: Listener = { push, missed };
    const listeners = jobId === undefined ? this.#everything : this.#listenersOf(jobId);
    listeners.add(own);
    const stop = () => {
      listeners.delete(own);
      const unheard = jobId !== undefined && listeners.size === 0;
      if (unheard && this.#byJob.get(jobId) === listeners) this.#byJob.delete(jobId);
    };
    return { backlog, gap, latest: this.#published, stop };
  }

  /** The first `max` held events after sequence `after` that are wanted. Cost: O(held after it). */
  since(
    after: number,
    { wants, max = Infinity }: {
      readonly wants: (event: JobEvent) => boolean;
      readonly max?: number;
    },
  ): HeldEvents {
    const to = this.#published;
    if (after > to) return { events: [], to, gap: true };
    const goneUntil = Math.max(0, to - this.#heldMax, this.#gapAt);
    const gap = after < goneUntil;
    const events: JobEvent[] = [];
    for (let at = Math.max(0, after, to - this.#heldMax); at < to; at++) {
      const event = this.#ring[at % this.#heldMax];
      if (event === undefined || event === null || !wants(event)) continue;
      events.push(event);
      if (events.length >= max) return { events, to: event.sequence, gap };
    }
    return { events, to, gap };
  }

  #listenersOf(jobId: string): Set<Listener> {
    let listeners = this.#byJob.get(jobId);
    if (listeners === undefined) this.#byJob.set(jobId, listeners = new Set());
    return listeners;
  }
}
