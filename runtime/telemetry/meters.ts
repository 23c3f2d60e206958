/**
 * Meters: what a node counts of itself, and how it is read.
 *
 * Intuition: whoever sees an event adds to a plain number and goes on; whoever wants to know reads the numbers.
 * Nothing is looked up by text, rendered or sent where the event happens, so a node that nobody asks pays next to
 * nothing. What a part counts anyway is not counted again: its metric is a function that reads it.
 *
 * Invariants:
 *   ME1. Observing never waits and never throws.
 *   ME2. Reading changes nothing: any number of readers see the same.
 *   ME3. A metric whose reading fails has no samples then; the others are none the worse for it.
 * Not here: bounds on labels (whoever makes them), the forms in which metrics leave the node.
 * @module
 */

/** A series' labels; their values may be any text. */
export type Labels = Readonly<Record<string, string>>;

/** One series' value. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** A metric of plain numbers. A counter only grows while the process lives; a gauge goes both ways. */
export interface NumberMetric {
  readonly kind: "counter" | "gauge";
  readonly name: string;
  readonly help: string;
  readonly read: () => readonly Sample[] | Promise<readonly Sample[]>;
}

/** Any metric. */
export type Metric = NumberMetric | HistogramMetric;

/** A counter, or a gauge, without labels. */
export function numberMetric(
  kind: NumberMetric["kind"],
  { name, help, read }: {
    readonly name: string;
    readonly help: string;
    readonly read: () => number;
  },
): NumberMetric {
  return { kind, name, help, read: () => [{ labels: {}, value: read() }] };
}

/** How often values fell where, in one series. */
export class Histogram {
  /** Per bound, values at most as large and larger than the bound before; the last: beyond all. */
  readonly counts: number[];
  sum = 0;
  /** Told of every value; undefined: nobody else is interested. */
  tap: ((value: number) => void) | undefined;

  constructor(readonly bounds: readonly number[]) {
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  /** Takes one value (ME1). Cost: one comparison per bound below it. */
  observe(value: number): void {
    const { bounds, counts } = this;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] as number)) at++;
    counts[at] = (counts[at] as number) + 1;
    this.sum += value;
    this.tap?.(value);
  }
}

/** One series of a histogram metric. */
export interface HistogramSample {
  readonly labels: Labels;
  readonly histogram: Histogram;
}

/** A metric of distributions. `bounds` are ascending, in the unit that the name ends with. */
export class HistogramMetric {
  readonly kind = "histogram";
  readonly name: string;
  readonly help: string;
  readonly bounds: readonly number[];
  readonly #series: HistogramSample[] = [];
  #listen: ((labels: Labels) => (value: number) => void) | undefined;

  constructor({ name, help, bounds }: {
    readonly name: string;
    readonly help: string;
    readonly bounds: readonly number[];
  }) {
    this.name = name;
    this.help = help;
    this.bounds = bounds;
  }

  /** A new series. Whoever observes holds it: asking twice for the same labels would make two. */
  series(labels: Labels = {}): Histogram {
    const histogram = new Histogram(this.bounds);
    histogram.tap = this.#listen?.(labels);
    this.#series.push({ labels, histogram });
    return histogram;
  }

  read(): readonly HistogramSample[] {
    return this.#series;
  }

  /** From now on every value of a series is told to what `listen` makes for its labels; undefined ends that. */
  listen(listen: ((labels: Labels) => (value: number) => void) | undefined): void {
    this.#listen = listen;
    for (const { labels, histogram } of this.#series) histogram.tap = listen?.(labels);
  }
}

/** What a metric of plain numbers says now; nothing when it cannot be read (ME3). */
export async function readSamples(metric: NumberMetric): Promise<readonly Sample[]> {
  try {
    return await metric.read();
  } catch {
    return [];
  }
}
