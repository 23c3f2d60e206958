/**
 * Traces: what tracing costs a node: one without, and ones that keep every trace, a tenth of them, and none.
 *
 * A node as users start it, on an embedded store, takes jobs in over HTTP and runs them at the same time; the other
 * figures are of backlogs that are sent in batches. The collector takes everything and reads nothing, on the same
 * cores. The settings follow one another within each round, in another order each time. Beside the clock's figure is
 * the processor's: what the node's processes used for a job, exporter included, whatever else the machine did.
 * @module
 */
import { Process } from "../harness/process.ts";
import type { LoadOrder, LoadResult } from "../load/load_main.ts";
import { type NodeProcess, processorMs, startNodeProcess } from "../orrery/node_process.ts";
import { median, ratios } from "../stats.ts";

const SETTINGS = [
  { title: "off", env: {} },
  { title: "on, every trace", env: { OTEL_TRACES_SAMPLER: "parentbased_always_on" } },
  {
    title: "on, a tenth of the traces",
    env: { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.1" },
  },
  // What is left then is the platform's.
  { title: "on, no trace", env: { OTEL_TRACES_SAMPLER: "always_off" } },
] as const;
const WARM_UP_SECONDS = 1;
const CONNECTIONS = 64;
const BATCH = 1_000;
const BATCHES = 20;
const OPEN = "default";
const LOOK_EVERY_MS = 20;

/** One figure of one run. */
interface Cost {
  /** From the first request to the end of the last job. */
  readonly jobsPerSecond: number;
  /** Processor time of the node and its hosts, µs a job. */
  readonly processorUs: number;
}

const FIGURES = [
  { key: "http", title: `one by one over HTTP, ${CONNECTIONS} connections` },
  { key: "inline", title: `${BATCH * BATCHES} in batches of ${BATCH}, inline` },
  { key: "sandboxed", title: `${BATCH * BATCHES} in batches of ${BATCH}, sandboxed` },
] as const;
type Costs = Readonly<Record<(typeof FIGURES)[number]["key"], Cost>>;

/** Runs it; the lines of a Markdown table. */
export async function measureTraces(
  options: { readonly pairs: number; readonly seconds: number },
): Promise<string[]> {
  const runs = SETTINGS.map((): Costs[] => []);
  using collector = new Collector();
  for (let round = 0; round < options.pairs; round++) {
    for (let turn = 0; turn < SETTINGS.length; turn++) {
      const at = (round + turn) % SETTINGS.length;
      const { title, env } = SETTINGS[at] as (typeof SETTINGS)[number];
      const costs = await costsWith(at === 0 ? {} : { ...collector.env, ...env }, options.seconds);
      runs[at]?.push(costs);
      console.error(`traces ${round + 1}/${options.pairs}: ${title}: ${JSON.stringify(costs)}`);
    }
  }
  return [
    "| jobs taken in and run | traces | jobs/s | of that without | target | processor, µs a job | of that without |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...FIGURES.flatMap(({ key, title }) =>
      rowsOf(runs.map((of) => of.map((costs) => costs[key])), title)
    ),
  ];
}

function rowsOf(runs: readonly (readonly Cost[])[], title: string): string[] {
  return runs.map((of, at) => {
    const cellsOf = (read: (cost: Cost) => number): [string, string] => {
      const values = of.map(read);
      const beside = runs[0]?.map(read) ?? [];
      const pairs = values.map((ours, round) => ({ ours, theirs: beside[round] ?? NaN }));
      const { median: middle, min, max } = ratios(pairs);
      const range = `${middle.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
      return [median(values).toFixed(0), at === 0 ? "" : range];
    };
    const rate = cellsOf(({ jobsPerSecond }) => jobsPerSecond);
    const processor = cellsOf(({ processorUs }) => processorUs);
    const cells = [at === 0 ? title : "", SETTINGS[at]?.title, ...rate, at === 0 ? "" : "≥ 0.9"];
    return `| ${[...cells, ...processor].join(" | ")} |`;
  });
}

/** Measures a node with these variables in its environment. */
async function costsWith(
  env: Readonly<Record<string, string>>,
  seconds: number,
): Promise<Costs> {
  const dir = await Deno.makeTempDir({ prefix: "orrery-bench-" });
  const node = await startNodeProcess(`sqlite:${dir}/orrery.db`, { env });
  try {
    const http = await httpCost(node, seconds);
    const inline = await backlogCost(node, "noop");
    return { http, inline, sandboxed: await backlogCost(node, "bench-worker") };
  } finally {
    await node.stop("SIGTERM");
    await Deno.remove(dir, { recursive: true });
  }
}

/** What it costs to do `work`, which is over when as many jobs are as it says. */
async function costOf({ pid }: NodeProcess, work: () => Promise<number>): Promise<Cost> {
  const usedMs = processorMs(pid);
  const beganMs = performance.now();
  const jobs = await work();
  return {
    jobsPerSecond: jobs / (performance.now() - beganMs) * 1_000,
    processorUs: (processorMs(pid) - usedMs) / jobs * 1_000,
  };
}

async function httpCost(node: NodeProcess, seconds: number): Promise<Cost> {
  const load = new Process(["run", "--allow-all", "bench/load/load_main.ts"]);
  const order: Omit<LoadOrder, "seconds"> = {
    ...{ host: node.url.hostname, port: Number(node.url.port), path: "/job", headers: {} },
    body: JSON.stringify({ name: "noop", payload: { filler: "x".repeat(64) } }),
    connections: CONNECTIONS,
  };
  try {
    const warm = await load.ask({ ...order, seconds: WARM_UP_SECONDS }) as LoadResult;
    await completed(node, OPEN, warm.accepted);
    return await costOf(node, async () => {
      const { accepted, refused } = await load.ask({ ...order, seconds }) as LoadResult;
      if (refused > 0) throw new Error(`${refused} requests were refused`);
      await completed(node, OPEN, warm.accepted + accepted);
      return accepted;
    });
  } finally {
    await load.stop();
  }
}

/** The jobs are held back until all have been sent. */
async function backlogCost(node: NodeProcess, name: string): Promise<Cost> {
  const queue = `held-${name}`;
  const body = Array.from({ length: BATCH }, () => ({ name, queue }));
  await send(node, "PUT", `/queue/${queue}`, { paused: true });
  return await costOf(node, async () => {
    for (let sent = 0; sent < BATCHES; sent++) await send(node, "POST", "/jobs", body);
    await send(node, "PUT", `/queue/${queue}`, { paused: false });
    await completed(node, queue, BATCH * BATCHES);
    return BATCH * BATCHES;
  });
}

async function completed(node: NodeProcess, queue: string, jobs: number): Promise<void> {
  for (;;) {
    const { queues } = await send(node, "GET", "/jobs/counts") as {
      readonly queues: Readonly<Record<string, Readonly<Record<string, number>>>>;
    };
    if ((queues[queue]?.["completed"] ?? 0) >= jobs) return;
    await new Promise((resume) => setTimeout(resume, LOOK_EVERY_MS));
  }
}

async function send(
  node: NodeProcess,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(new URL(path, node.url), {
    method,
    ...(body !== undefined && {
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

/** Takes what nodes export, and forgets it. */
class Collector implements Disposable {
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async ({ body }) => {
      for await (const _ of body ?? []);
      return new Response(new Uint8Array(0));
    },
  );

  /** What has a node export to it. */
  get env(): Readonly<Record<string, string>> {
    const endpoint = `http://127.0.0.1:${this.#server.addr.port}`;
    return { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
  }

  [Symbol.dispose](): void {
    void this.#server.shutdown();
  }
}
