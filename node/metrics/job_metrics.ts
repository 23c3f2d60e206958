/**
 * JobMetrics: what becomes of jobs, counted where their shards' owner commits it.
 *
 * Intuition: whoever owns a job counts what it decided, so every event is counted once in the cluster; sums over all
 * nodes are the cluster's numbers. A crash between a commit and its counting loses that count: metrics tell the rate
 * of things, the store what is so.
 * @module
 */
import { JOB_STATES, type JobStateName } from "../../actors/job/messages.ts";
import type { JobState } from "../../actors/job/state.ts";
import type { JobTransition } from "../../actors/dispatch/dispatcher_driver.ts";
import { JOB_KIND, label } from "../../actors/job/codec.ts";
import type { SubmitOutcome } from "../../gateway/service.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Draft } from "../../runtime/snapshot.ts";
import {
  type Histogram,
  HistogramMetric,
  type Labels,
  type Metric,
  type NumberMetric,
  type Sample,
} from "../../runtime/telemetry/meters.ts";
import {
  type Cause,
  CAUSES,
  type JobSeries,
  type JobSeriesBook,
  LEVELS,
  type Origin,
  ORIGINS,
} from "./job_series.ts";
import { LAG_BOUNDS } from "./limits.ts";

const NAME = label.name("");
const QUEUE = label.queue("");
const SCHEDULE = label.schedule("");

/** The counters of jobs. */
export class JobMetrics {
  readonly #book: JobSeriesBook;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #submitSeconds = new HistogramMetric({
    name: "orrery_job_submit_seconds",
    help:
      "From the call to its answer, by what it said: `accepted` is durable, `fault` was not taken.",
    bounds: LAG_BOUNDS,
  });
  readonly #submits = new Map<SubmitOutcome["kind"] | "fault", Histogram>();

  constructor(book: JobSeriesBook, clock: Pick<Clock, "monotonicMs">) {
    this.#book = book;
    this.#clock = clock;
  }

  /** An actor came to be in the store. */
  created({ kind, index: { labels } }: Draft): void {
    if (kind !== JOB_KIND) return;
    let [queue, name, origin]: [string, string, Origin] = ["", "", "request"];
    for (const label of labels) {
      if (label.startsWith(QUEUE)) queue = label.slice(QUEUE.length);
      else if (label.startsWith(NAME)) name = label.slice(NAME.length);
      else if (label.startsWith(SCHEDULE)) origin = "schedule";
    }
    this.#book.of(queue, name).created[origin]++;
  }

  /** A job of ours changed. Cost for what is no transition, such as progress: two comparisons. */
  changed({ job, before }: JobTransition): void {
    const moved = job.state !== before.state;
    if (!moved && job.breached === before.breached) return;
    const series = this.#book.of(job.spec.queue, job.spec.name);
    for (const level of job.breached.slice(before.breached.length)) {
      series.breaches[level]++;
    }
    if (!moved) return;
    series.transitions[job.state]++;
    if (job.state === "failed") series.failures[causeOf(job, before)]++;
    // An attempt that never began left no trace, and repeats nothing.
    const again = job.state === "retrying" || job.state === "pending";
    if (again && before.running !== null && job.attempts !== before.attempts) {
      series.retries[causeOf(job, before)]++;
    }
  }

  /** A submission has just begun: times it. */
  submitted(submission: Promise<SubmitOutcome>): void {
    const beganMs = this.#clock.monotonicMs();
    const over = (outcome: SubmitOutcome["kind"] | "fault"): void =>
      this.#submitOf(outcome).observe((this.#clock.monotonicMs() - beganMs) / 1_000);
    submission.then(({ kind }) => over(kind), () => over("fault"));
  }

  /** What is to be read. */
  metrics(): Metric[] {
    return [
      this.#counter({
        name: "orrery_jobs_created_total",
        help: "Jobs that came to be, by whom they were asked for.",
        by: "origin",
        keys: ORIGINS,
        of: ({ created }) => created,
      }),
      this.#counter({
        name: "orrery_job_transitions_total",
        help: "Jobs of this node's shards that came to a state.",
        by: "state",
        keys: JOB_STATES,
        of: ({ transitions }) => transitions,
      }),
      this.#counter({
        name: "orrery_job_retries_total",
        help: "Attempts that are to be repeated, by how they ended.",
        by: "cause",
        keys: CAUSES,
        of: ({ retries }) => retries,
      }),
      this.#counter({
        name: "orrery_job_failures_total",
        help: "Jobs that failed for good, by how their last attempt ended.",
        by: "cause",
        keys: CAUSES,
        of: ({ failures }) => failures,
      }),
      this.#counter({
        name: "orrery_job_sla_breaches_total",
        help: "Service levels that were missed, counted when the miss is noted.",
        by: "level",
        keys: LEVELS,
        of: ({ breaches }) => breaches,
      }),
      this.#submitSeconds,
    ];
  }

  #submitOf(outcome: SubmitOutcome["kind"] | "fault"): Histogram {
    let histogram = this.#submits.get(outcome);
    if (histogram === undefined) {
      histogram = this.#submitSeconds.series({ outcome });
      this.#submits.set(outcome, histogram);
    }
    return histogram;
  }

  #counter<Key extends string>(
    { name, help, by, keys, of }: {
      readonly name: string;
      readonly help: string;
      readonly by: string;
      readonly keys: readonly Key[];
      readonly of: (series: JobSeries) => Readonly<Record<Key, number>>;
    },
  ): NumberMetric {
    // The same objects at every reading: they are rendered once.
    const labels = new Map<JobSeries, readonly Labels[]>();
    const labelsOf = (series: JobSeries): readonly Labels[] => {
      const { queue, name } = series;
      const known = labels.get(series) ?? keys.map((key) => ({ queue, name, [by]: key }));
      labels.set(series, known);
      return known;
    };
    const samplesOf = (series: JobSeries): Sample[] =>
      labelsOf(series).map((labels, at) => ({ labels, value: of(series)[keys[at] as Key] }));
    return { kind: "counter", name, help, read: () => this.#book.all().flatMap(samplesOf) };
  }
}

/** How the attempt ended that a job's step is about; `other` when there was none, or it was not to blame. */
function causeOf(job: JobState, before: JobState): Cause {
  const outcome = job.attempts === before.attempts ? undefined : job.attempts.at(-1)?.outcome;
  return CAUSES.find((cause) => cause === outcome) ?? "other";
}

/** Every state with its count, the zeros too. */
export function withZeros(
  counts: ReadonlyMap<JobStateName, number> | undefined,
): [JobStateName, number][] {
  return JOB_STATES.map((state) => [state, counts?.get(state) ?? 0]);
}
