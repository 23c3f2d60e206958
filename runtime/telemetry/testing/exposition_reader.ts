/**
 * ExpositionReader: reads Prometheus' text format 0.0.4 as its documentation describes it, and refuses the rest.
 *
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 * @module
 */

/** One line of an exposition. */
export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One metric of an exposition, with its lines. */
export interface ReadMetric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly ReadSample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/;
const SAMPLE = /^([^\s{]+)(?:\{(.*)\})? (\S+)$/;

/** Every metric by its name. Throws an error with the line that breaks a rule. */
export function readExposition(text: string): ReadonlyMap<string, ReadMetric> {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const metrics = new Map<string, ReadMetric & { samples: ReadSample[] }>();
  const seen = new Set<string>();
  let help: readonly string[] = [];
  for (const line of text.split("\n")) {
    const [, keyword, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (line === "") continue;
    if (keyword === "HELP") help = [name, rest];
    else if (keyword === "TYPE") {
      if (help[0] !== name || metrics.has(name) || !NAME.test(name)) throw new Error(line);
      metrics.set(name, { name, help: help[1] ?? "", type: rest, samples: [] });
    } else {
      const sample = readSample(line);
      const metric = [...metrics.values()].at(-1);
      const series = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`;
      if (metric === undefined || !belongs(sample, metric) || seen.has(series)) {
        throw new Error(line);
      }
      seen.add(series);
      metric.samples.push(sample);
    }
  }
  for (const metric of metrics.values()) if (metric.type === "histogram") checkBuckets(metric);
  return metrics;
}

/** The value of the one series with exactly these labels; NaN when there is none. */
export function valueOf(
  metrics: ReadonlyMap<string, ReadMetric>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const wanted = JSON.stringify(Object.entries(labels).sort());
  const found = [...metrics.values()].flatMap(({ samples }) => samples)
    .find((one) =>
      one.name === name && JSON.stringify(Object.entries(one.labels).sort()) === wanted
    );
  return found?.value ?? NaN;
}

function readSample(line: string): ReadSample {
  const [, name = "", inside = "", number = ""] = SAMPLE.exec(line) ?? [];
  const value = number === "+Inf" ? Infinity : Number(number);
  if (!NAME.test(name) || number === "" || Number.isNaN(value)) throw new Error(line);
  const labels: Record<string, string> = {};
  for (let rest = inside; rest !== "";) {
    const found = LABEL.exec(rest);
    if (found === null) throw new Error(line);
    const [whole, label = "", text = ""] = found;
    if (label in labels) throw new Error(line);
    labels[label] = text.replace(/\\(.)/g, (_, char) => char === "n" ? "\n" : char);
    rest = rest.slice(whole.length);
  }
  return { name, labels, value };
}

function belongs(sample: ReadSample, { name, type }: ReadMetric): boolean {
  if (type !== "histogram") return sample.name === name;
  return [`${name}_bucket`, `${name}_sum`, `${name}_count`].includes(sample.name);
}

/** Buckets of a series grow, and its last one is its count. */
function checkBuckets({ name, samples }: ReadMetric): void {
  const last = new Map<string, number>();
  for (const { name: line, labels: { le, ...rest }, value } of samples) {
    const series = JSON.stringify(Object.entries(rest).sort());
    if (line === `${name}_bucket`) {
      if (value < (last.get(series) ?? 0)) throw new Error(`${name}: a bucket is smaller at ${le}`);
      last.set(series, value);
    } else if (line === `${name}_count` && last.get(series) !== value) {
      throw new Error(`${name}: its count is not its last bucket`);
    }
  }
}
