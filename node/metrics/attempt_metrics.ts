/**
 * AttemptMetrics: how late attempts start, and how long they run, counted where they run.
 *
 * Intuition: it stands between the executor and whoever hears its reports, sees an attempt begin and end, and passes
 * everything on. What never began is not measured.
 * @module
 */
import type {
  AttemptKey,
  AttemptOrder,
  AttemptOutcome,
  AttemptReports,
} from "../../actors/executor/port.ts";
import { queueOfLane } from "../../actors/job/codec.ts";
import type { Clock } from "../../runtime/clock.ts";
import { type Histogram, HistogramMetric, type Metric } from "../../runtime/telemetry/meters.ts";
import type { JobSeries, JobSeriesBook } from "./job_series.ts";
import { LAG_BOUNDS, RUN_BOUNDS } from "./limits.ts";

/** What the measurements need of the node. */
export interface AttemptMetricsOptions {
  readonly clock: Clock;
  readonly book: JobSeriesBook;
  /** The lane of an attempt under way; undefined when it is not known. */
  readonly laneOf: (token: string) => string | undefined;
}

interface Run {
  readonly series: JobSeries;
  readonly beganMs: number;
}

/** The attempts under way here, and what is measured of them. */
export class AttemptMetrics {
  readonly #options: AttemptMetricsOptions;
  /** By token. Bounded by the executor: each order ends. */
  readonly #runs = new Map<string, Run>();
  readonly #lags = new Map<string, Histogram>();
  readonly #lagSeconds = new HistogramMetric({
    name: "orrery_job_start_lag_seconds",
    help: "From the due time of an attempt to its handing over to its handler or worker, here.",
    bounds: LAG_BOUNDS,
  });
  readonly #runSeconds = new HistogramMetric({
    name: "orrery_job_run_seconds",
    help: "From the handing over of an attempt to its end, here, by how it ended.",
    bounds: RUN_BOUNDS,
  });

  constructor(options: AttemptMetricsOptions) {
    this.#options = options;
  }

  /** An attempt is handed over. */
  began({ key: { token }, name, notBeforeMs }: AttemptOrder): void {
    const { clock, book, laneOf } = this.#options;
    const series = book.of(queueOfLane(laneOf(token) ?? "") ?? "", name);
    const lagMs = Math.max(0, clock.wallMs() - notBeforeMs);
    this.#lagOf(series.queue).observe(lagMs / 1_000);
    this.#runs.set(token, { series, beganMs: clock.monotonicMs() });
  }

  /** `reports`, and this hears of every end before them. */
  before(reports: AttemptReports): AttemptReports {
    return {
      progress: (key, percent) => reports.progress(key, percent),
      log: (key, lines) => reports.log(key, lines),
      step: (key, name, result) => reports.step(key, name, result),
      checkpoint: (key, value) => reports.checkpoint(key, value),
      ended: (key, outcome) => {
        this.#ended(key, outcome);
        reports.ended(key, outcome);
      },
    };
  }

  /** What is to be read. */
  metrics(): Metric[] {
    return [this.#lagSeconds, this.#runSeconds];
  }

  #ended({ token }: AttemptKey, { kind }: AttemptOutcome): void {
    const run = this.#runs.get(token);
    if (run === undefined) return;
    this.#runs.delete(token);
    const seconds = (this.#options.clock.monotonicMs() - run.beganMs) / 1_000;
    this.#runOf(run.series, kind).observe(seconds);
  }

  #runOf(series: JobSeries, outcome: AttemptOutcome["kind"]): Histogram {
    let histogram = series.runs.get(outcome);
    if (histogram === undefined) {
      const { queue, name } = series;
      histogram = this.#runSeconds.series({ queue, name, outcome });
      series.runs.set(outcome, histogram);
    }
    return histogram;
  }

  #lagOf(queue: string): Histogram {
    let histogram = this.#lags.get(queue);
    if (histogram === undefined) {
      histogram = this.#lagSeconds.series({ queue });
      this.#lags.set(queue, histogram);
    }
    return histogram;
  }
}
