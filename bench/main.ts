/**
 * `deno task bench [--only NAME,…] [--side orrery|bullmq] [--pairs N] [--seconds N] [--store sqlite|redis]`
 *
 * Orrery, embedded and durable (or on the competitor's own Redis, with `--store redis`), and BullMQ on a local Redis do the same work in turn, each run in a
 * new process on an empty store. Prints a Markdown table: medians with their ranges, and the
 * median of the pairwise ratios. `--only memory` measures what a million pending jobs cost a node,
 * `--only nodes` what it costs to be several,
 * `--only telemetry` what measuring itself costs a node, `--only traces` what it costs to be traced,
 * `--only schedules` how late the fires of a hundred thousand schedules are,
 * `--only dashboard` what a million jobs cost whoever looks at them.
 * @module
 */
import { installBullMq } from "./bullmq/install.ts";
import { PACKAGES } from "./bullmq/library.ts";
import { type Contest, CONTESTS, contestsOn } from "./contests.ts";
import { startRedis } from "./harness/redis.ts";
import { measureDashboard } from "./alone/dashboard.ts";
import { measureMemory } from "./alone/memory.ts";
import { measureNodes } from "./alone/nodes.ts";
import { type BenchOptions, parseOptions } from "./options.ts";
import { rowsOf, TABLE_HEAD } from "./report.ts";
import { measure, type RunOptions, type Side } from "./runs.ts";
import { measureTelemetry } from "./alone/telemetry.ts";
import { measureSchedules } from "./alone/schedules.ts";
import { measureTraces } from "./alone/traces.ts";
import type { Figures } from "./workloads.ts";

/** What is measured of Orrery alone. */
const ALONE: Readonly<Record<string, (options: BenchOptions) => Promise<string[]>>> = {
  memory: measureMemory,
  nodes: measureNodes,
  telemetry: measureTelemetry,
  traces: measureTraces,
  schedules: measureSchedules,
  dashboard: measureDashboard,
};

async function run(contest: Contest, options: BenchOptions & Pick<RunOptions, "redis">) {
  const figures: Record<Side, Figures[]> = { orrery: [], bullmq: [] };
  for (let pair = 1; pair <= options.pairs; pair++) {
    for (const side of options.sides) {
      const result = await measure(contest, { ...options, side });
      figures[side].push(result);
      console.error(`${contest.name} ${pair}/${options.pairs} ${side}: ${JSON.stringify(result)}`);
    }
  }
  return { contest, ours: figures.orrery, theirs: figures.bullmq };
}

async function main(options: BenchOptions): Promise<void> {
  const contests = contestsOn(options.store).filter(({ name }) => options.wants(name));
  const comparing = contests.length > 0 && options.sides.includes("bullmq");
  if (comparing) await installBullMq();
  const redis = comparing || options.store === "redis" ? await startRedis() : undefined;
  try {
    const rows: string[] = [];
    for (const contest of contests) rows.push(...rowsOf(await run(contest, { ...options, redis })));
    console.log(
      `Deno ${Deno.version.deno}, BullMQ ${PACKAGES.bullmq}, Redis ${redis?.version ?? "–"}; ` +
        `${navigator.hardwareConcurrency} cores; ${options.pairs} pairs of ${options.seconds} s; ` +
        "median (min–max)\n",
    );
    if (rows.length > 0) console.log([TABLE_HEAD, ...rows].join("\n"));
    if (!options.sides.includes("orrery")) return;
    for (const [name, measureAlone] of Object.entries(ALONE)) {
      if (options.wants(name)) console.log((await measureAlone(options)).join("\n"));
    }
  } finally {
    await redis?.stop();
  }
}

const names = [...CONTESTS.map((contest) => contest.name), ...Object.keys(ALONE)];
const parsed = parseOptions(Deno.args, names);
if (typeof parsed === "string") {
  console.error(parsed);
  Deno.exit(2);
}
await main(parsed);
