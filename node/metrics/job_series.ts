/**
 * JobSeries: the numbers that are kept of the jobs of one queue and name, and how many of such there are.
 *
 * Intuition: names and queues are what users type, so there may be any number of them. The first ones get series of
 * their own; what comes later is counted under `other`, so that sums stay right. A pair is found by two look-ups and
 * from there on everything is a plain number. All its counters begin at zero with it: a first failure is a rise.
 *
 * Invariants: JS1. At most `QUEUES_SHOWN_MAX` queues and `PAIRS_SHOWN_MAX` pairs, and `other` beside them.
 * JS2. What has series of its own keeps them: a name never changes sides.
 * @module
 */
import type { AttemptOutcome } from "../../actors/executor/port.ts";
import { JOB_STATES, type JobStateName } from "../../actors/job/messages.ts";
import type { ServiceLevel } from "../../actors/job/state.ts";
import type { Histogram } from "../../runtime/telemetry/meters.ts";
import { OTHER, PAIRS_SHOWN_MAX, QUEUES_SHOWN_MAX } from "./limits.ts";

/** Why an attempt was of no use: how it ended; `other`: there was none to blame. */
export const CAUSES = ["error", "timeout", "lost", "interrupted", "other"] as const;
/** One of {@link CAUSES}. */
export type Cause = typeof CAUSES[number];
/** Whence jobs come. */
export const ORIGINS = ["request", "schedule"] as const;
/** One of {@link ORIGINS}. */
export type Origin = typeof ORIGINS[number];

/** Service levels that a job can miss. */
export const LEVELS: readonly ServiceLevel[] = ["start", "finish", "success"];

/** What is counted of one queue and name. */
export class JobSeries {
  readonly created: Record<Origin, number> = zeros(ORIGINS);
  /** By the state that jobs came to. */
  readonly transitions: Record<JobStateName, number> = zeros(JOB_STATES);
  readonly retries: Record<Cause, number> = zeros(CAUSES);
  readonly failures: Record<Cause, number> = zeros(CAUSES);
  /** By the service level that was missed. */
  readonly breaches: Record<ServiceLevel, number> = zeros(LEVELS);
  /** Run times by outcome, from the first of its kind on. */
  readonly runs = new Map<AttemptOutcome["kind"], Histogram>();

  constructor(readonly queue: string, readonly name: string) {}
}

/** All series of a node (JS1, JS2). */
export class JobSeriesBook {
  readonly #queues = new Map<string, Map<string, JobSeries>>();
  readonly #all: JobSeries[] = [];

  /** `queues`: those that have series of their own before any other. */
  constructor(queues: readonly string[] = []) {
    for (const queue of queues) this.queueOf(queue);
  }

  /** The series of a queue's jobs of that name. Cost: two look-ups. */
  of(queue: string, name: string): JobSeries {
    return this.#queues.get(queue)?.get(name) ?? this.#open(queue, name);
  }

  /** The label under which a queue is shown. */
  queueOf(queue: string): string {
    if (this.#queues.has(queue)) return queue;
    if (this.#queues.size >= QUEUES_SHOWN_MAX) return OTHER;
    this.#queues.set(queue, new Map());
    return queue;
  }

  /** The queues that are shown, in the order in which they came; `other` only once it is needed. */
  queues(): readonly string[] {
    return [...this.#queues.keys()];
  }

  /** Every series. */
  all(): readonly JobSeries[] {
    return this.#all;
  }

  #open(queue: string, name: string): JobSeries {
    const shown = this.queueOf(queue);
    const names = this.#namesOf(shown);
    const label = names.has(name) || this.#all.length < PAIRS_SHOWN_MAX ? name : OTHER;
    let series = names.get(label);
    if (series === undefined) {
      series = new JobSeries(shown, label);
      names.set(label, series);
      this.#all.push(series);
    }
    return series;
  }

  #namesOf(queue: string): Map<string, JobSeries> {
    let names = this.#queues.get(queue);
    if (names === undefined) this.#queues.set(queue, names = new Map());
    return names;
  }
}

function zeros<Key extends string>(keys: readonly Key[]): Record<Key, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<Key, number>;
}
