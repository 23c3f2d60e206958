/**
 * Bench: `bench`: how fast the asked node, or its cluster, takes jobs and gets them done.
 *
 * Intuition: many jobs of a handler that does nothing, in a queue of their own, so that the queue's counts tell when
 * all are over. What is measured is what a client sees, network included.
 * @module
 */
import type { AnyHandlers, Client } from "../../client.ts";
import { CHUNK_JOBS_MAX } from "../../client/bulk.ts";
import { EXIT, type Program, type ProgramPlan, readCount, readJson } from "../command.ts";
import { connect } from "../connection.ts";
import { Progress } from "../progress.ts";
import { card } from "../table.ts";
import type { World } from "../world.ts";

/** How often it is looked how many jobs are over, ms. */
const LOOK_EVERY_MS = 200;
/** Jobs whose times are read for the waits, at most. */
const SAMPLE_MAX = 1_000;
const PAGE = 100;
/** Nobody looks at them later, ms. */
const RETENTION_MS = 600_000;
const FINAL = ["completed", "failed", "cancelled"] as const;

/** What is to be done. */
interface BenchTerms {
  readonly count: number;
  readonly batch: number;
  readonly concurrency: number;
  readonly name: string;
  readonly payload: unknown;
  readonly queue: string;
}

interface Pace {
  readonly ms: number;
  readonly perSecond: number;
}

interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** What was measured, as `--json` prints it. */
interface BenchReport {
  readonly name: string;
  readonly queue: string;
  readonly jobs: number;
  readonly failed: number;
  readonly submitted: Pace;
  readonly done: Pace;
  readonly requestMs: Quantiles & { readonly jobsPerRequest: number };
  /** From due to started. */
  readonly startWaitMs: Quantiles & { readonly jobsRead: number };
}

/** Submits, waits for the end, and tells how long it took. */
export const bench: Program = async (plan, world) => {
  const terms = termsOf(plan, world);
  const client = connect(plan, world);
  const before = await over(client, terms.queue);
  const progress = new Progress(world);
  const startedMs = world.nowMs();
  const requestMs = await submitAll(client, { terms, world, progress });
  const submittedMs = world.nowMs() - startedMs;
  for (;;) {
    const done = await over(client, terms.queue) - before;
    progress.show({ done, total: terms.count, note: `${done} of ${terms.count} done` });
    if (done >= terms.count) break;
    await world.wait(LOOK_EVERY_MS);
  }
  const overMs = world.nowMs() - startedMs;
  progress.end();
  const { failed, waitsMs } = await sampled(client, terms.queue);
  const report = {
    ...{ name: terms.name, queue: terms.queue, jobs: terms.count, failed },
    submitted: { ms: Math.round(submittedMs), perSecond: perSecond(terms.count, submittedMs) },
    done: { ms: Math.round(overMs), perSecond: perSecond(terms.count, overMs) },
    requestMs: { jobsPerRequest: terms.batch, ...quantiles(requestMs) },
    startWaitMs: { jobsRead: waitsMs.length, ...quantiles(waitsMs) },
  };
  world.print(plan.json ? JSON.stringify(report) : reportText(report));
  return failed === 0 ? EXIT.done : EXIT.refused;
};

function reportText({ submitted, done, requestMs, startWaitMs, ...rest }: BenchReport): string {
  const pace = ({ ms, perSecond }: Pace) => `${perSecond}/s, all in ${(ms / 1_000).toFixed(1)} s`;
  const spread = ({ p50, p95, p99, max }: Quantiles) =>
    `p50 ${p50} ms  p95 ${p95} ms  p99 ${p99} ms  max ${max} ms`;
  return card({
    ...rest,
    submitted: pace(submitted),
    done: pace(done),
    requests: `${spread(requestMs)}  (${requestMs.jobsPerRequest} jobs each)`,
    starts: `${spread(startWaitMs)} after their time  (the last ${startWaitMs.jobsRead})`,
  });
}

function termsOf({ values }: ProgramPlan, world: World): BenchTerms {
  const { name = "noop", payload, queue } = values;
  const salt = world.randomBytes(4).toHex();
  return {
    count: readCount("count", values.count, { fallback: 10_000, max: 10_000_000 }),
    batch: readCount("batch", values.batch, { fallback: 250, max: CHUNK_JOBS_MAX }),
    concurrency: readCount("concurrency", values.concurrency, { fallback: 4, max: 100 }),
    ...{ name, queue: queue ?? `bench-${salt}` },
    payload: payload === undefined ? null : readJson("--payload", payload, world.readText),
  };
}

/** Sends all jobs, some requests at a time; tells how long each request took, ms. */
async function submitAll(
  client: Client<AnyHandlers>,
  { terms, world, progress }: {
    readonly terms: BenchTerms;
    readonly world: World;
    readonly progress: Progress;
  },
): Promise<readonly number[]> {
  const { count, batch, concurrency, name, payload, queue } = terms;
  const requestMs: number[] = [];
  let taken = 0;
  let accepted = 0;
  const send = async () => {
    while (taken < count) {
      const size = Math.min(batch, count - taken);
      taken += size;
      const sentMs = world.nowMs();
      const job = {
        name,
        payload,
        queue,
        retention: { completed: RETENTION_MS, failed: RETENTION_MS },
      };
      const outcomes = await client.submitMany(Array.from({ length: size }, () => job));
      requestMs.push(world.nowMs() - sentMs);
      const refused = outcomes.find((outcome) => outcome.kind !== "accepted");
      if (refused !== undefined) {
        throw new Error(`a job was refused: ${refused.problem.title}: ${refused.problem.detail}`);
      }
      accepted += size;
      progress.show({ done: accepted, total: count, note: `${accepted} of ${count} accepted` });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, send));
  return requestMs;
}

/** How many jobs of the queue are over. */
async function over(client: Client<AnyHandlers>, queue: string): Promise<number> {
  const states = (await client.counts()).queues[queue];
  return states === undefined ? 0 : FINAL.reduce((sum, state) => sum + states[state], 0);
}

/** From due to started, of the latest jobs, ms; and how many of them failed. */
async function sampled(
  client: Client<AnyHandlers>,
  queue: string,
): Promise<{ readonly failed: number; readonly waitsMs: readonly number[] }> {
  const waitsMs: number[] = [];
  let failed = 0;
  let cursor: string | null = "";
  for (let read = 0; read < SAMPLE_MAX && cursor !== null; read += PAGE) {
    const from: Record<string, string> = cursor === "" ? {} : { cursor };
    const page = await client.jobs({ queue, limit: String(PAGE), ...from });
    for (const { startedAt, runAt, state } of page.jobs) {
      if (state !== "completed") failed++;
      if (startedAt !== null) waitsMs.push(Date.parse(startedAt) - Date.parse(runAt));
    }
    cursor = page.cursor;
  }
  return { failed, waitsMs };
}

function perSecond(count: number, ms: number): number {
  return Math.round(count / Math.max(ms, 1) * 1_000);
}

function quantiles(values: readonly number[]): Quantiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
