/**
 * Memory: what a million pending jobs cost a node: memory, disk, rate of submission, time to start.
 *
 * @module
 */
import { Process } from "../harness/process.ts";
import type { LoadResult } from "../load/load_main.ts";
import { residentMiB, startNodeProcess } from "../orrery/node_process.ts";
import { countStored } from "../runs.ts";

const BATCH = 1_000;
const CONNECTIONS = 64;
/** Time for caches and timers to settle before memory is read. */
const SETTLE_MS = 3_000;

/** Runs it; the lines of a Markdown table. */
export async function measureMemory(
  options: { readonly seconds: number; readonly jobs: number },
): Promise<string[]> {
  const dir = await Deno.makeTempDir({ prefix: "orrery-bench-" });
  const databasePath = `${dir}/orrery.db`;
  const node = await startNodeProcess(`sqlite:${databasePath}`);
  const runAt = new Date(Date.now() + 30 * 86_400_000).toISOString();
  await settle();
  const emptyMiB = residentMiB(node.pid);
  const emptyRate = await submitRate(node.url, { ...options, runAt });
  await fill(node.url, { upTo: options.jobs, runAt });
  await settle();
  const stored = await countStored(node.url);
  const fullMiB = residentMiB(node.pid);
  const bytes = await sizeOf(dir);
  const fullRate = await submitRate(node.url, { ...options, runAt });
  await node.stop("SIGKILL");
  const again = await startNodeProcess(`sqlite:${databasePath}`);
  await again.stop("SIGTERM");
  await Deno.remove(dir, { recursive: true });
  return [
    `| with ${stored} pending jobs | | target |`,
    "| --- | --- | --- |",
    `| memory of the node over an empty one | ${(fullMiB - emptyMiB).toFixed(0)} MiB | ≤ 100 |`,
    `| disk per job | ${(bytes / stored).toFixed(0)} bytes | ≤ 350 |`,
    `| submit rate, of that at none | ${(fullRate / emptyRate).toFixed(2)} | ≥ 0.8 |`,
    `| ready again after SIGKILL | ${(again.readyMs / 1_000).toFixed(2)} s | ≤ 3 |`,
  ];
}

function bodyOf(runAt: string) {
  return { name: "noop", runAt, payload: { filler: "x".repeat(86) } };
}

async function submitRate(
  url: URL,
  options: { readonly seconds: number; readonly runAt: string },
): Promise<number> {
  const load = new Process(["run", "--allow-all", "bench/load/load_main.ts"]);
  try {
    const order = {
      host: url.hostname,
      port: Number(url.port),
      path: "/job",
      body: JSON.stringify(bodyOf(options.runAt)),
      connections: CONNECTIONS,
    };
    await load.ask({ ...order, seconds: 1 });
    return (await load.ask({ ...order, seconds: options.seconds }) as LoadResult).requestsPerSecond;
  } finally {
    await load.stop();
  }
}

async function fill(url: URL, options: { upTo: number; runAt: string }): Promise<void> {
  const body = JSON.stringify(Array.from({ length: BATCH }, () => bodyOf(options.runAt)));
  let missing = options.upTo - await countStored(url);
  const lane = async () => {
    while (missing > 0) {
      missing -= BATCH;
      const headers = { "content-type": "application/json" };
      const response = await fetch(new URL("/jobs", url), { method: "POST", headers, body });
      const { accepted } = await response.json() as { readonly accepted: number };
      missing += BATCH - accepted;
    }
  };
  await Promise.all([lane(), lane()]);
}

async function sizeOf(dir: string): Promise<number> {
  let bytes = 0;
  for await (const entry of Deno.readDir(dir)) {
    bytes += (await Deno.stat(`${dir}/${entry.name}`)).size;
  }
  return bytes;
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}
