/**
 * Record: a stored job as the gateway shows it: with its misses up to now, and why it waits.
 * @module
 */
import { decodeJob, JOB_KIND, laneOf } from "../../actors/job/codec.ts";
import { withBreaches } from "../../actors/job/sla.ts";
import type { JobState } from "../../actors/job/state.ts";
import type { Refusal } from "../../actors/limiter/limits.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import type { JobRecord, JobWaiting } from "../service.ts";
import type { QueueBook } from "./queue_book.ts";

/** A due job that has waited this long for a slot says so, ms: shorter waits are nobody's worry. */
export const SLOT_WAIT_SHOWN_MS = 1_000;

/** What a record is seen with. */
export interface Sight {
  readonly nowMs: number;
  readonly queues: QueueBook;
  /** Which limit jobs of this lane have been refused for lately, as far as this node knows; absent: it does not. */
  readonly refusalOf?: ((lane: string) => Refusal | null) | undefined;
}

/** The record of a stored job; undefined when the snapshot is none of a job. Throws `corrupt` faults. */
export function recordOf(snapshot: Snapshot, sight: Sight): JobRecord | undefined {
  if (snapshot.kind !== JOB_KIND) return undefined;
  return recordOfState(decodeJob(snapshot), snapshot, sight);
}

/** The record of a job whose state is at hand already. */
export function recordOfState(
  job: JobState,
  { id, version, shard }: Pick<Snapshot, "id" | "version" | "shard">,
  sight: Sight,
): JobRecord {
  return {
    id,
    version,
    job: withBreaches(job, sight.nowMs),
    shard,
    waiting: waitingOf(job, sight),
  };
}

/** Why a due job does not run; null when it runs, is not due or has not waited for long. */
export function waitingOf(job: JobState, sight: Sight): JobWaiting | null {
  const { name, queue } = job.spec;
  const { nowMs, queues } = sight;
  if (job.waiting === "handler") {
    return {
      reason: "handler-unknown",
      detail: `no handler named "${name}" is loaded; it runs when one appears`,
    };
  }
  const waits = job.state === "pending" || job.state === "scheduled" || job.state === "retrying";
  if (!waits || job.runAtMs > nowMs) return null;
  if (queues.isPaused(queue)) {
    return { reason: "queue-paused", detail: `queue "${queue}" is paused` };
  }
  if (nowMs - job.runAtMs <= SLOT_WAIT_SHOWN_MS) return null;
  return waitingForRoom(job, sight);
}

/** What was refused here lately says it; else the limits that there are. */
function waitingForRoom({ spec }: JobState, { queues, refusalOf }: Sight): JobWaiting {
  const { queue, concurrencyKey: key } = spec;
  const { concurrency, rate, perKey } = queues.settings(queue);
  const atOnce = [
    ...(concurrency === null ? [] : [`queue "${queue}" runs at most ${concurrency} at once`]),
    ...(key === null || perKey.concurrency === null
      ? []
      : [`each key of queue "${queue}" at most ${perKey.concurrency}`]),
  ];
  const paced = rate !== null || (key !== null && perKey.rate !== null);
  const why = refusalOf?.(laneOf(queue, key)) ??
    (atOnce.length > 0 ? "concurrency" : paced ? "rate" : null);
  if (why === "rate") {
    return { reason: "rate-limit", detail: `as many as its rate allows have started lately` };
  }
  if (why === "concurrency") {
    const detail = `${atOnce.join(", ") || "as many run as may"}, or every slot is taken`;
    return { reason: "concurrency-limit", detail };
  }
  return { reason: "no-free-slot", detail: "every slot is taken by jobs before it" };
}
