/**
 * Telemetry: what it costs a node to measure itself: its throughput and processor time, on ÷ off.
 *
 * Intuition: on a machine that is shared the same work takes half as long again a moment later. So all variants live
 * at once, each in a process and on a store of its own, and take turns of a fraction of a second: whatever else the
 * machine does, it does to all of them. A pair is a set of processes; its figures are the sums of its turns.
 * The collector is this process: it takes everything and keeps nothing.
 *
 * A variant is a row of {@link VARIANTS}; the first one is what the others are compared with.
 * @module
 */
import { Process } from "../harness/process.ts";
import { judge, type Pair, ratios, summarize } from "../stats.ts";
import type { Figures, Workload } from "../workloads.ts";

const SLOTS = 100;
/** Jobs of one turn, and of the warm-up. */
const TURN_JOBS = 4_000;
/** Turns for each second that a run should take about: all runs do the same work, however long it takes them. */
const TURNS_PER_SECOND = 2;
const MAIN = ["run", "--allow-all", "bench/orrery/contestant_main.ts", "bench-inline", `${SLOTS}`];

/** One way to run a node. */
interface Variant {
  readonly title: string;
  /** As `contestant_main.ts` takes it. */
  readonly metrics: "off" | "scraped" | "on";
  /** Further variables, given where a collector listens. */
  readonly env: (collector: string) => Readonly<Record<string, string>>;
}

const NONE = () => ({});
const VARIANTS: readonly Variant[] = [
  { title: "off", metrics: "off", env: NONE },
  { title: "metrics scraped every second", metrics: "scraped", env: NONE },
  { title: "metrics pushed by OTLP every second", metrics: "on", env: otlpTo },
];

/** What is compared, and within which bound of what it is without. */
const MEASURES: readonly {
  readonly title: string;
  readonly of: (sums: Sums) => number;
  readonly target: { readonly least: number } | { readonly most: number };
}[] = [
  {
    title: "throughput of a drain, jobs/s",
    of: ({ jobs, seconds }) => jobs / seconds,
    target: { least: 0.9 },
  },
  {
    title: "processor time of a job, submitted and run, µs",
    of: ({ jobs, cpuSeconds }) => cpuSeconds / jobs * 1e6,
    target: { most: 1.1 },
  },
];

/** What one process did in all its turns. */
interface Sums {
  jobs: number;
  seconds: number;
  cpuSeconds: number;
}

/** Runs it; the lines of a Markdown table. */
export async function measureTelemetry(
  { pairs, seconds }: { readonly pairs: number; readonly seconds: number },
): Promise<string[]> {
  const collector = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, swallow);
  const sums: Sums[][] = [];
  for (let pair = 1; pair <= pairs; pair++) {
    const url = `http://127.0.0.1:${collector.addr.port}`;
    const run = await runAll(url, seconds * TURNS_PER_SECOND);
    sums.push(run);
    console.error(`telemetry ${pair}/${pairs}: ${JSON.stringify(run)}`);
  }
  await collector.shutdown();
  const others = VARIANTS.keys().drop(1).toArray();
  return [
    "| telemetry | on | off | on ÷ off | target | |",
    "| --- | --- | --- | --- | --- | --- |",
    ...MEASURES.flatMap((measure) => others.map((variant) => rowOf(variant, measure, sums))),
  ];
}

function rowOf(variant: number, measure: typeof MEASURES[number], sums: readonly Sums[][]): string {
  const { title, of, target } = measure;
  const compared = sums.map((run): Pair => ({
    ours: of(run[variant] as Sums),
    theirs: of(run[0] as Sums),
  }));
  const on = summarize(compared.map(({ ours }) => ours)).median;
  const off = summarize(compared.map(({ theirs }) => theirs)).median;
  const ratio = ratios(compared);
  const range = `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`;
  const verdict = compared.length < 5 ? "undecided" : judge(ratio, target);
  const bound = "least" in target ? `≥ ${target.least}` : `≤ ${target.most}`;
  const name = `${title}, ${VARIANTS[variant]?.title}`;
  return `| ${name} | ${on.toFixed(0)} | ${off.toFixed(0)} | ${range} | ${bound} | ${verdict} |`;
}

/** A process for each variant, each on an empty store and warmed up, taking turns; what each did. */
async function runAll(collector: string, turns: number): Promise<Sums[]> {
  const dir = await Deno.makeTempDir({ prefix: "orrery-bench-" });
  const children = VARIANTS.map(({ metrics, env }, at) =>
    new Process([...MAIN, `sqlite:${dir}/${at}.db`, metrics], env(collector))
  );
  const sums = VARIANTS.map((): Sums => ({ jobs: 0, seconds: 0, cpuSeconds: 0 }));
  try {
    for (const child of children) await child.ask(DRAIN);
    for (let turn = 0; turn < turns; turn++) {
      // Whoever was first is last the next time: what a turn leaves behind is not always the same one's to bear.
      const order = turn % 2 === 0 ? [...children.keys()] : [...children.keys()].reverse();
      for (const at of order) add(sums[at] as Sums, await children[at]?.ask(DRAIN) as Figures);
    }
    return sums;
  } finally {
    for (const child of children) await child.stop();
    await Deno.remove(dir, { recursive: true });
  }
}

/** One round, whatever time it takes. */
const DRAIN: Workload = {
  ...{ kind: "drain", seconds: Number.MIN_VALUE },
  ...{ jobs: TURN_JOBS, slots: SLOTS },
};

function add(sums: Sums, { jobs = NaN, jobsPerSecond = NaN, cpuSeconds = NaN }: Figures): void {
  sums.jobs += jobs;
  sums.seconds += jobs / jobsPerSecond;
  sums.cpuSeconds += cpuSeconds;
}

function otlpTo(collector: string): Record<string, string> {
  return {
    OTEL_DENO: "true",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector,
    OTEL_METRIC_EXPORT_INTERVAL: "1000",
  };
}

async function swallow(request: Request): Promise<Response> {
  await request.arrayBuffer();
  return new Response();
}
