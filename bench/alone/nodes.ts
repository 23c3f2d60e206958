/**
 * Nodes: how fast one, two and three nodes on one Redis get through a backlog, on the cores of one machine.
 *
 * They share the cores, so more nodes do not run more: what is measured is what it costs to be several.
 * @module
 */
import { freePort, startRedis } from "../harness/redis.ts";
import { type NodeProcess, startNodeProcess } from "../orrery/node_process.ts";
import { median } from "../stats.ts";

const NODES = [1, 2, 3] as const;
const BATCH = 1_000;
const QUEUE = "backlog";
const LOOK_EVERY_MS = 20;

/** Runs it; the lines of a Markdown table. */
export async function measureNodes(
  options: { readonly jobs: number; readonly pairs: number },
): Promise<string[]> {
  const jobs = Math.min(options.jobs, 20_000);
  const rates = NODES.map((): number[] => []);
  for (let round = 1; round <= options.pairs; round++) {
    for (const [at, count] of NODES.entries()) {
      rates[at]?.push(await drainRate(count, jobs));
      console.error(
        `nodes ${round}/${options.pairs}: ${count} at ${rates[at]?.at(-1)?.toFixed(0)}`,
      );
    }
  }
  const ofOne = (list: readonly number[]) =>
    median(list.map((rate, round) => rate / (rates[0]?.[round] ?? NaN)));
  return [
    `| drain of ${jobs} no-ops, inline, nodes on one Redis | jobs/s | of one node | target |`,
    "| --- | --- | --- | --- |",
    ...rates.map((list, at) =>
      `| ${NODES[at]} | ${median(list).toFixed(0)} | ${ofOne(list).toFixed(2)} | ${
        at === 2 ? "≥ 0.9" : ""
      } |`
    ),
  ];
}

/** Jobs a second that `count` nodes run of a backlog. */
async function drainRate(count: number, jobs: number): Promise<number> {
  const redis = await startRedis();
  if (redis === undefined) throw new Error("redis-server is not installed");
  const nodes = await startNodes(count, `redis://127.0.0.1:${redis.port}`);
  try {
    const [first] = nodes as [NodeProcess];
    await send(first, "PUT", `/queue/${QUEUE}`, { paused: true });
    await submit(first, { name: "bench-inline", queue: QUEUE }, jobs);
    await Promise.all(nodes.map((node) => owning(node, count)));
    const beganMs = performance.now();
    await send(first, "PUT", `/queue/${QUEUE}`, { paused: false });
    while (await completed(first) < jobs) await pause(LOOK_EVERY_MS);
    return jobs / (performance.now() - beganMs) * 1_000;
  } finally {
    await Promise.all(nodes.map((node) => node.stop("SIGTERM")));
    await redis.stop();
  }
}

async function startNodes(count: number, store: string): Promise<NodeProcess[]> {
  if (count === 1) return [await startNodeProcess(store)];
  const peers = Array.from({ length: count }, () => `127.0.0.1:${freePort()}`);
  return await Promise.all(
    peers.map((peer, at) =>
      startNodeProcess(store, {
        more: ["--id", `n${at}`, "--peer", peer, "--seeds", peers.join(",")],
      })
    ),
  );
}

/** Resolves when `node` knows of its part of the shards. */
async function owning(node: NodeProcess, count: number): Promise<void> {
  for (;;) {
    const { nodes } = await send(node, "GET", "/cluster") as {
      readonly nodes: readonly { readonly shards: number }[];
    };
    if (nodes.length === count && nodes.every(({ shards }) => shards > 0)) return;
    await pause(LOOK_EVERY_MS);
  }
}

async function submit(node: NodeProcess, job: unknown, jobs: number): Promise<void> {
  for (let sent = 0; sent < jobs; sent += BATCH) {
    const size = Math.min(BATCH, jobs - sent);
    await send(node, "POST", "/jobs", Array.from({ length: size }, () => job));
  }
}

async function completed(node: NodeProcess): Promise<number> {
  const { queues } = await send(node, "GET", "/jobs/counts") as {
    readonly queues: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
  return queues[QUEUE]?.["completed"] ?? 0;
}

/** Asks until it is answered: shards that are just moving are nobody's for a moment. */
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
  if (response.ok) return JSON.parse(text);
  if (response.status !== 503) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  await pause(LOOK_EVERY_MS);
  return await send(node, method, path, body);
}

function pause(ms: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, ms));
}
