/**
 * Schedules: many of them on one node, each firing every minute.
 *
 * They are made over one minute, so that they fire evenly; how late each run starts is counted over two more.
 * @module
 */
import { RETENTION_DEFAULT, RETRY_DEFAULT } from "../../actors/job/spec.ts";
import { SCHEDULE_DEFAULTS, type ScheduleSpec } from "../../actors/schedule/spec.ts";
import { FIRE_LISTENER } from "../orrery/handlers/bench_fire.ts";
import { startNode } from "../orrery/start_node.ts";
import { quantile } from "../stats.ts";

/** How many, unless fewer are asked for. */
const SCHEDULES_MAX = 100_000;
const MINUTE_MS = 60_000;
const MINUTES = 2;
/** Schedules that are made at once. */
const BATCH = 100;
const SLOTS = 1_000;

const SPEC: ScheduleSpec = {
  ...SCHEDULE_DEFAULTS,
  rule: { kind: "every", everyMs: MINUTE_MS },
  job: {
    name: "bench-fire",
    payload: "null",
    queue: "default",
    priority: 0,
    retry: RETRY_DEFAULT,
    timeoutMs: null,
    sla: { startWithinMs: null, finishWithinMs: null },
    delivery: "at-least-once",
    tags: [],
    // Kept for a moment only: what is measured is not the disk.
    retention: { ...RETENTION_DEFAULT, completedMs: 1_000 },
    concurrencyKey: null,
  },
};

/** Runs it; the lines of a Markdown table. */
export async function measureSchedules(options: { readonly jobs: number }): Promise<string[]> {
  const count = Math.min(options.jobs, SCHEDULES_MAX);
  const dir = await Deno.makeTempDir({ prefix: "orrery-bench-" });
  const lags: number[] = [];
  let listening = false;
  Reflect.set(
    globalThis,
    FIRE_LISTENER,
    (forMs: number) => listening && lags.push(Date.now() - forMs),
  );
  const node = await startNode({
    store: `sqlite:${dir}/orrery.db`,
    handlersDir: "bench/orrery/handlers",
    slots: SLOTS,
  });
  const emptyMiB = residentMiB();
  const beganMs = performance.now();
  for (let made = 0; made < count; made += BATCH) {
    const size = Math.min(BATCH, count - made);
    await Promise.all(Array.from({ length: size }, () => node.schedules.create(SPEC, null)));
    const aheadMs = (made + size) / count * MINUTE_MS - (performance.now() - beganMs);
    if (aheadMs > 0) await pause(aheadMs);
  }
  listening = true;
  await pause(MINUTES * MINUTE_MS);
  listening = false;
  const fullMiB = residentMiB();
  await node.close();
  await Deno.remove(dir, { recursive: true });
  const [p50, p99] = [quantile(lags, 0.5), quantile(lags, 0.99)];
  return [
    `| with ${count} schedules, each every minute | | target |`,
    "| --- | --- | --- |",
    `| fires in ${MINUTES} minutes | ${lags.length} | ${count * MINUTES} |`,
    `| start lag p50, p99, max | ${p50}, ${p99}, ${quantile(lags, 1)} ms | p99 ≤ 1000 |`,
    `| memory of the node over an empty one | ${(fullMiB - emptyMiB).toFixed(0)} MiB | bounded |`,
  ];
}

function residentMiB(): number {
  return Deno.memoryUsage().rss / 1_048_576;
}

function pause(ms: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, ms));
}
