/**
 * OtelMetrics: the same metrics for a collector that is pushed to, by OpenTelemetry.
 *
 * Intuition: the platform exports (`OTEL_DENO=true`, `OTEL_EXPORTER_OTLP_ENDPOINT`), every
 * `OTEL_METRIC_EXPORT_INTERVAL`; we only say what there is. Numbers are read when it asks. Distributions can't be read,
 * by OpenTelemetry's design: each value is told as it comes, some microsecond each, and only while this is on.
 * Names, labels and units are those that Prometheus gets.
 * @module
 */
import { type OtelMeter, otelMetrics } from "../../deps.ts";
import { type HistogramMetric, type Metric, type NumberMetric, readSamples } from "./meters.ts";

const SCOPE = "orrery";

/** Tells OpenTelemetry of `metrics`, until the answer is called. */
export function offerToOtel(
  metrics: readonly Metric[],
  { version }: { readonly version: string },
): () => void {
  const meter = otelMetrics.getMeter(SCOPE, version);
  const ends = metrics.map((metric) =>
    metric.kind === "histogram" ? tell(metric, meter) : observe(metric, meter)
  );
  return () => ends.forEach((end) => end());
}

function observe(metric: NumberMetric, meter: OtelMeter): () => void {
  const { name, help: description, kind } = metric;
  const options = { description, ...unitOf(name) };
  const instrument = kind === "counter"
    ? meter.createObservableCounter(name, options)
    : meter.createObservableGauge(name, options);
  const callback: Parameters<typeof instrument.addCallback>[0] = async (result) => {
    for (const { labels, value } of await readSamples(metric)) result.observe(value, labels);
  };
  instrument.addCallback(callback);
  return () => instrument.removeCallback(callback);
}

function tell(metric: HistogramMetric, meter: OtelMeter): () => void {
  const { name, help: description, bounds } = metric;
  const instrument = meter.createHistogram(name, {
    description,
    ...unitOf(name),
    advice: { explicitBucketBoundaries: [...bounds] },
  });
  metric.listen((labels) => (value) => instrument.record(value, labels));
  return () => metric.listen(undefined);
}

/** By the name's end, as Prometheus' names have it; UCUM's words. */
function unitOf(name: string): { readonly unit?: string } {
  const stem = name.replace(/_total$/, "");
  if (stem.endsWith("_seconds")) return { unit: "s" };
  return stem.endsWith("_bytes") ? { unit: "By" } : {};
}
