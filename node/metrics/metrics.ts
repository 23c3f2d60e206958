/**
 * Metrics: everything that a node measures of itself, put together, and the ways out: Prometheus, which asks, and
 * OpenTelemetry, which is told.
 * @module
 */
import type { Slots } from "../../actors/dispatch/slots.ts";
import type { PermitsDriver } from "../../actors/limiter/holding/permits_driver.ts";
import type { Config } from "../../config/schema.ts";
import type { QueueBook } from "../../gateway/jobs/queue_book.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Store } from "../../runtime/store/port.ts";
import { type ExposedMetrics, Exposition } from "../../runtime/telemetry/exposition.ts";
import { systemClock } from "../../runtime/system/system_clock.ts";
import type { Metric } from "../../runtime/telemetry/meters.ts";
import { offerToOtel } from "../../runtime/telemetry/otel_metrics.ts";
import { otelIsOn } from "../../runtime/telemetry/tracer.ts";
import { VERSION } from "../../version.ts";
import { AttemptMetrics } from "./attempt_metrics.ts";
import { JobMetrics } from "./job_metrics.ts";
import { JobSeriesBook } from "./job_series.ts";
import { limitMetrics } from "./limit_metrics.ts";
import { nodeMetrics, type ReadParts } from "./node_metrics.ts";
import { type Build, ProcessMetrics } from "./process_metrics.ts";
import { QueueMetrics } from "./queue_metrics.ts";
import { ScheduleMetrics } from "./schedule_metrics.ts";
import { StoreMetrics } from "./store_metrics.ts";

/** What metrics need before any part of the node is there. */
export interface MetricsOptions extends Build {
  readonly clock: Clock;
  /** Queues that are shown by their names whatever else there is. */
  readonly queues: readonly string[];
}

/** The parts that metrics are read of. */
export interface MetricsParts extends Omit<ReadParts, "shards"> {
  readonly slots: Pick<Slots, "total" | "running" | "taken" | "laneOf" | "takenIn">;
  readonly config: Pick<Config, "shards">;
  readonly store: Store;
  readonly queues: Pick<QueueBook, "isPaused" | "settings">;
  readonly permits: Pick<PermitsDriver, "held">;
}

/** The metrics of one node. */
export class Metrics {
  readonly jobs: JobMetrics;
  readonly attempts: AttemptMetrics;
  readonly store: StoreMetrics;
  readonly #options: MetricsOptions;
  readonly #book: JobSeriesBook;
  readonly #process: ProcessMetrics;
  readonly #schedules = new ScheduleMetrics();
  #laneOf: (token: string) => string | undefined = () => undefined;
  #exposition: Exposition | undefined;
  #end: () => void = () => {};

  constructor(options: MetricsOptions) {
    const { clock } = options;
    this.#options = options;
    this.#book = new JobSeriesBook(options.queues);
    this.#process = new ProcessMetrics(clock, options);
    this.jobs = new JobMetrics(this.#book, clock);
    this.attempts = new AttemptMetrics({
      clock,
      book: this.#book,
      laneOf: (token) => this.#laneOf(token),
    });
    this.store = new StoreMetrics({
      clock,
      created: (draft) => this.jobs.created(draft),
      wrote: (lines) => this.#schedules.wrote(lines),
    });
  }

  /** Those of a node that is configured so; undefined when it measures nothing. */
  static of(config: Config): Metrics | undefined {
    if (!config.telemetry.metrics) return undefined;
    const queues = Object.keys(config.queues);
    return new Metrics({ clock: systemClock, version: VERSION, node: config.node.id, queues });
  }

  /** The parts are there: from now on they are read. */
  join(parts: MetricsParts): void {
    const { slots } = parts;
    this.#laneOf = (token) => slots.laneOf(token);
    const all = this.#all(parts);
    this.#exposition = new Exposition(all);
    if (otelIsOn(Deno.env.get("OTEL_DENO"))) this.#end = offerToOtel(all, this.#options);
  }

  /** The text that Prometheus scrapes. */
  render(): Promise<ExposedMetrics> {
    return (this.#exposition ?? new Exposition([])).render();
  }

  /** Measures no more of the process, and tells nobody any more. Idempotent. */
  close(): void {
    this.#process.close();
    this.#end();
  }

  #all(parts: MetricsParts): Metric[] {
    const { clock } = this.#options;
    const { store, queues, slots, permits, config: { shards } } = parts;
    const book = this.#book;
    const readings = new QueueMetrics({
      clock,
      store,
      book,
      isPaused: (queue) => queues.isPaused(queue),
    });
    return [
      ...readings.metrics(),
      ...limitMetrics({ book, queues, slots, permits }),
      ...this.jobs.metrics(),
      ...this.attempts.metrics(),
      ...this.#schedules.metrics(),
      ...this.store.metrics(),
      ...nodeMetrics({ ...parts, shards }),
      ...this.#process.metrics(),
    ];
  }
}
