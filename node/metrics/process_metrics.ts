/**
 * ProcessMetrics: memory, processor time and how late the event loop is, of the node's own process.
 *
 * Handlers in workers are processes of their own and not in it.
 * @module
 */
import process from "node:process";
import type { Clock, Timer } from "../../runtime/clock.ts";
import { HistogramMetric, type Metric, numberMetric } from "../../runtime/telemetry/meters.ts";
import { LAG_BOUNDS, LOOP_LOOK_MS } from "./limits.ts";

/** What is told of the program. */
export interface Build {
  readonly version: string;
  /** The node's name. */
  readonly node: string;
}

/** Watches the process; end it with `close`. */
export class ProcessMetrics {
  readonly #clock: Clock;
  readonly #build: Build;
  readonly #startedMs: number;
  readonly #lagSeconds = new HistogramMetric({
    name: "orrery_event_loop_lag_seconds",
    help: `How late a timer fired that is set every ${LOOP_LOOK_MS} ms.`,
    bounds: LAG_BOUNDS,
  });
  readonly #lag = this.#lagSeconds.series();
  #timer: Timer | undefined;

  constructor(clock: Clock, build: Build) {
    this.#clock = clock;
    this.#build = build;
    this.#startedMs = clock.wallMs();
    this.#look();
  }

  /** What is to be read. */
  metrics(): Metric[] {
    const { version, node } = this.#build;
    const labels = { version, node, deno: Deno.version.deno };
    const memory = () => Deno.memoryUsage();
    return [
      {
        kind: "gauge",
        name: "orrery_build_info",
        help: "1, with what runs here as its labels.",
        read: () => [{ labels, value: 1 }],
      },
      this.#lagSeconds,
      numberMetric("counter", {
        name: "process_cpu_seconds_total",
        help: "Processor time of the node's process.",
        read: () => {
          const { user, system } = process.cpuUsage();
          return (user + system) / 1e6;
        },
      }),
      numberMetric("gauge", {
        name: "process_start_time_seconds",
        help: "When the process started, since 1970.",
        read: () => this.#startedMs / 1_000,
      }),
      numberMetric("gauge", {
        name: "process_resident_memory_bytes",
        help: "Memory of the node's process.",
        read: () => memory().rss,
      }),
      numberMetric("gauge", {
        name: "orrery_heap_used_bytes",
        help: "Of the heap, what is in use, garbage included.",
        read: () => memory().heapUsed,
      }),
      numberMetric("gauge", {
        name: "orrery_heap_size_bytes",
        help: "The heap.",
        read: () => memory().heapTotal,
      }),
    ];
  }

  /** Ends the watch. Idempotent. */
  close(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const dueMs = this.#clock.monotonicMs() + LOOP_LOOK_MS;
    this.#timer = this.#clock.after(LOOP_LOOK_MS, () => {
      this.#lag.observe(Math.max(0, this.#clock.monotonicMs() - dueMs) / 1_000);
      this.#look();
    });
  }
}
