/**
 * Exposition: the metrics as Prometheus reads them (text format 0.0.4), by prom-client.
 *
 * Intuition: the library's registry renders; what it renders is ours. So an event costs nothing of the library,
 * and the library is loaded with the first scrape and not with the node.
 *
 * Invariants: EX1. One rendering at a time: whoever asks meanwhile gets the same one. EX2. No metric but the largest
 * holds the event loop for long: between two of them it has its turn once {@link TURN_MS} are spent.
 * @module
 */
import { promClient } from "../../deps.ts";
import {
  type HistogramMetric,
  type Labels,
  type Metric,
  type NumberMetric,
  readSamples,
} from "./meters.ts";

/** A rendering. */
export interface ExposedMetrics {
  readonly contentType: string;
  readonly text: string;
}

/** After so long a rendering lets others go first, ms. */
const TURN_MS = 5;

/** One line of a metric, as prom-client renders it. */
interface Line {
  readonly metricName?: string;
  readonly labels: Labels;
  /** Rendered once for each object: what stays the same object costs nothing from the second time on. */
  readonly sharedLabels: Labels;
  readonly value: number;
}

/** All that prom-client's registry asks of a metric. */
interface Rendered {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly values: readonly Line[];
}

const NONE: Labels = {};

type Prometheus = Awaited<ReturnType<typeof promClient>>;
type Registry = InstanceType<Prometheus["Registry"]>;

/** Renders `metrics`. Nothing to close. */
export class Exposition {
  readonly #metrics: readonly Metric[];
  #registry: Promise<Registry> | undefined;
  /** What is being rendered, in the metrics' order. */
  #read: readonly Rendered[] = [];
  #underWay: Promise<ExposedMetrics> | undefined;

  constructor(metrics: readonly Metric[]) {
    this.#metrics = metrics;
  }

  /** What the metrics say now (EX1, EX2). Cost: some 2 µs a line. */
  render(): Promise<ExposedMetrics> {
    return this.#underWay ??= this.#render().finally(() => this.#underWay = undefined);
  }

  async #render(): Promise<ExposedMetrics> {
    const registry = await (this.#registry ??= this.#makeRegistry());
    // All of one moment, and waiting for the store once.
    this.#read = await Promise.all(this.#metrics.map(renderedOf));
    const texts: string[] = [];
    let turnMs = performance.now() + TURN_MS;
    for (const { name } of this.#metrics) {
      texts.push(`${await registry.getSingleMetricAsString(name)}\n`);
      if (performance.now() < turnMs) continue;
      await new Promise((resume) => setTimeout(resume, 0));
      turnMs = performance.now() + TURN_MS;
    }
    this.#read = [];
    return { contentType: registry.contentType, text: texts.join("\n") };
  }

  async #makeRegistry(): Promise<Registry> {
    const { Registry } = await promClient();
    const registry = new Registry();
    this.#metrics.forEach(({ name }, at) => {
      const pulled = { name, get: () => Promise.resolve(this.#read[at]) };
      // Its type asks for a metric of its own; what it uses is the name and `get`.
      registry.registerMetric(pulled as unknown as InstanceType<Prometheus["Gauge"]>);
    });
    return registry;
  }
}

async function renderedOf(metric: Metric): Promise<Rendered> {
  const { name, help, kind: type } = metric;
  const values = metric.kind === "histogram" ? distribution(metric) : await numbers(metric);
  return { name, help, type, values };
}

async function numbers(metric: NumberMetric): Promise<readonly Line[]> {
  const samples = await readSamples(metric);
  return samples.map(({ labels, value }) => ({ labels: NONE, sharedLabels: labels, value }));
}

/** Buckets are cumulative, each with the largest value that it holds as its label `le`. */
function distribution(metric: HistogramMetric): Line[] {
  const { name, bounds } = metric;
  const les = [...bounds.map(String), "+Inf"].map((le) => ({ le }));
  const lines: Line[] = [];
  for (const { labels: sharedLabels, histogram: { counts, sum } } of metric.read()) {
    let total = 0;
    les.forEach((labels, at) => {
      total += counts[at] ?? 0;
      lines.push({ metricName: `${name}_bucket`, sharedLabels, labels, value: total });
    });
    lines.push({ metricName: `${name}_sum`, sharedLabels, labels: NONE, value: sum });
    lines.push({ metricName: `${name}_count`, sharedLabels, labels: NONE, value: total });
  }
  return lines;
}
