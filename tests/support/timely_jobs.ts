/**
 * TimelyJobs: jobs due at moments spread evenly over a time, handed in ahead of it: how late each of them was
 * started shows what the cluster's jobs felt of whatever happened meanwhile.
 * @module
 */
import type { ActorId } from "../../runtime/ids.ts";
import { shardOf } from "../../runtime/ids.ts";
import type { LedgerLine } from "./audit.ts";
import type { Client } from "./client.ts";
import { SHARDS } from "./cluster_rig.ts";

/** A job of them, and how it fared. */
export interface TimelyLag {
  readonly shard: number;
  readonly dueMs: number;
  /** How late its first attempt began, ms; Infinity: none did. */
  readonly lagMs: number;
}

/** What is handed in. */
export interface TimelySpan {
  readonly prefix: string;
  /** By the wall clock. */
  readonly fromMs: number;
  readonly forMs: number;
  readonly everyMs: number;
}

/** What one test hands in. */
export class TimelyJobs {
  /** Due times by id, as `audit` takes them. */
  readonly accepted = new Map<string, number>();
  /** Nothing else waits in it. */
  readonly queue: string;
  readonly #job: { readonly payload: { readonly ms: number }; readonly delivery: string };

  /** Jobs that last for `ms`; `delivery` as the API has it, and a queue for each kind. */
  constructor({ delivery = "at-least-once", ms = 0 } = {}) {
    this.queue = `timely-${delivery}`;
    this.#job = { payload: { ms }, delivery };
  }

  /** Hands in one job for every `everyMs` of the time. */
  async submit(client: Client, { prefix, fromMs, forMs, everyMs }: TimelySpan): Promise<void> {
    const jobs = Array.from({ length: Math.floor(forMs / everyMs) }, (_, at) => ({
      id: `${prefix}-${at}`,
      ...this.#job,
      name: "ledger",
      queue: this.queue,
      runAt: new Date(fromMs + at * everyMs).toISOString(),
    }));
    const { status, body } = await client.bulk(jobs);
    if (status !== 202 || body.accepted !== jobs.length) {
      throw new Error(`not accepted: ${status} ${JSON.stringify(body.errors)}`);
    }
    for (const { id, runAt } of jobs) this.accepted.set(id, Date.parse(runAt));
  }

  /** How those due in a span fared, in the order of their times. */
  lags(
    ledger: readonly LedgerLine[],
    [fromMs, toMs]: readonly [number, number] = [0, Infinity],
  ): TimelyLag[] {
    const first = firstStarts(ledger);
    return [...this.accepted]
      .filter(([, dueMs]) => dueMs >= fromMs && dueMs < toMs)
      .map(([id, dueMs]) => ({
        shard: shardOf(id as ActorId, SHARDS),
        dueMs,
        lagMs: (first.get(id) ?? Infinity) - dueMs,
      }))
      .sort((one, other) => one.dueMs - other.dueMs);
  }
}

/** When each job's handler was first called, by the wall clock. */
export function firstStarts(ledger: readonly LedgerLine[]): Map<string, number> {
  const first = new Map<string, number>();
  for (const { what, jobId, atMs } of ledger) {
    if (what === "start" && atMs < (first.get(jobId) ?? Infinity)) first.set(jobId, atMs);
  }
  return first;
}

/** The value that a `part` of `values` does not exceed; 0 without any. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0;
}

/** The lags in words. */
export function described(lagsMs: readonly number[]): string {
  const at = (part: number) => percentile(lagsMs, part);
  return `lag p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms of ${lagsMs.length}`;
}
