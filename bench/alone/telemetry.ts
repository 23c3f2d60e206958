/**
 * Telemetry: what it costs a node to measure itself: the same work without, with metrics that are scraped every
 * second, and with metrics and traces that are pushed to a collector, in turn.
 *
 * Rates of the clock say nothing on a machine that is shared; processor time per job does.
 * The collector is this process: it takes everything and keeps nothing.
 * @module
 */
import { Process } from "../harness/process.ts";
import { judge, type Pair, ratios, summarize } from "../stats.ts";
import type { Figures, Workload } from "../workloads.ts";

const SLOTS = 100;
/** Jobs of one run for each second that it should take about: all runs do the same work, however long it takes them. */
const JOBS_PER_SECOND = 10_000;
/** What telemetry may cost, of what there is without. */
const MOST = 1.1;
const MAIN = ["run", "--allow-all", "bench/orrery/contestant_main.ts", "bench-inline", `${SLOTS}`];
const VARIANTS = ["off", "scraped", "pushed"] as const;
type Variant = typeof VARIANTS[number];
const TITLES: Readonly<Record<Exclude<Variant, "off">, string>> = {
  scraped: "metrics scraped every second",
  pushed: "metrics and traces pushed by OTLP",
};

/** What is compared: less is better. */
const MEASURES: readonly { readonly title: string; readonly of: (figures: Figures) => number }[] = [
  {
    title: "processor time of a job, submitted and run, µs",
    of: ({ cpuSeconds = NaN, jobs = NaN }) => cpuSeconds / jobs * 1e6,
  },
  {
    title: "time of a job in a drain, µs",
    of: ({ jobsPerSecond = NaN }) => 1e6 / jobsPerSecond,
  },
];

/** Runs it; the lines of a Markdown table. */
export async function measureTelemetry(
  { pairs, seconds }: { readonly pairs: number; readonly seconds: number },
): Promise<string[]> {
  const collector = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, swallow);
  const figures: Record<Variant, Figures[]> = { off: [], scraped: [], pushed: [] };
  for (let pair = 1; pair <= pairs; pair++) {
    for (const variant of VARIANTS) {
      const env = variant === "pushed" ? otlpTo(collector.addr.port) : {};
      const result = await run({ variant, env, seconds });
      figures[variant].push(result);
      console.error(`telemetry ${pair}/${pairs} ${variant}: ${JSON.stringify(result)}`);
    }
  }
  await collector.shutdown();
  return [
    "| telemetry | on | off | on ÷ off | target | |",
    "| --- | --- | --- | --- | --- | --- |",
    ...MEASURES.flatMap(({ title, of }) =>
      (["scraped", "pushed"] as const).map((variant) => {
        const compared = figures[variant].map((on, at) => ({
          ours: of(on),
          theirs: of(figures.off[at] ?? {}),
        }));
        return rowOf(`${title}, ${TITLES[variant]}`, compared);
      })
    ),
  ];
}

function rowOf(title: string, compared: readonly Pair[]): string {
  const on = summarize(compared.map(({ ours }) => ours)).median;
  const off = summarize(compared.map(({ theirs }) => theirs)).median;
  const ratio = ratios(compared);
  const range = `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`;
  const verdict = compared.length < 5 ? "undecided" : judge(ratio, { most: MOST });
  return `| ${title} | ${on.toFixed(0)} | ${off.toFixed(0)} | ${range} | ≤ ${MOST} | ${verdict} |`;
}

/** One process on an empty store, warmed up and measured. */
async function run(
  { variant, env, seconds }: {
    readonly variant: Variant;
    readonly env: Readonly<Record<string, string>>;
    readonly seconds: number;
  },
): Promise<Figures> {
  const dir = await Deno.makeTempDir({ prefix: "orrery-bench-" });
  const metrics = variant === "pushed" ? "on" : variant;
  const child = new Process([...MAIN, `sqlite:${dir}/orrery.db`, metrics], env);
  try {
    await child.ask(drainOf(JOBS_PER_SECOND));
    return await child.ask(drainOf(JOBS_PER_SECOND * seconds)) as Figures;
  } finally {
    await child.stop();
    await Deno.remove(dir, { recursive: true });
  }
}

/** One round, whatever time it takes. */
function drainOf(jobs: number): Workload {
  return { kind: "drain", seconds: Number.MIN_VALUE, jobs, slots: SLOTS };
}

function otlpTo(port: number): Record<string, string> {
  return {
    OTEL_DENO: "true",
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_METRIC_EXPORT_INTERVAL: "1000",
  };
}

async function swallow(request: Request): Promise<Response> {
  await request.arrayBuffer();
  return new Response();
}
