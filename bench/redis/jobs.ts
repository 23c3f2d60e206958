/**
 * Jobs: what the benchmark of the Redis store writes, as the job codec writes it.
 * @module
 */
import { encodeJob, JOB_KIND, newJob } from "../../actors/job/codec.ts";
import { type JobSpec, RETENTION_DEFAULT, RETRY_DEFAULT } from "../../actors/job/spec.ts";
import type { JobState } from "../../actors/job/state.ts";
import { encodeBody } from "../../actors/job/stored/body.ts";
import { type ActorId, IdMaker, shardOf } from "../../runtime/ids.ts";
import type { Write } from "../../runtime/store/port.ts";

/** What every job is given: 100 bytes of JSON. */
export const PAYLOAD = { d: "x".repeat(92) };

function specOf(runAtMs: number): JobSpec {
  return {
    name: "noop",
    payload: JSON.stringify(PAYLOAD),
    queue: "default",
    priority: 5,
    runAtMs,
    retry: RETRY_DEFAULT,
    timeoutMs: null,
    sla: { startWithinMs: null, finishWithinMs: null },
    delivery: "at-least-once",
    tags: [],
    retention: RETENTION_DEFAULT,
    concurrencyKey: null,
    traceId: null,
    fingerprint: null,
  };
}

/** Some jobs with a payload of 100 bytes, one due each millisecond; the names alone are kept. */
export class Jobs {
  readonly #ids: ActorId[];

  constructor(readonly count: number, readonly nowMs: number, readonly shards: number) {
    const maker = new IdMaker((bytes) => crypto.getRandomValues(new Uint8Array(bytes)));
    this.#ids = Array.from({ length: count }, (_, at) => maker.next(nowMs + at));
  }

  insertion(at: number): Write {
    const { id, shard, job } = this.#job(at);
    const { head, index } = encodeJob(job);
    const { createdAtMs } = job;
    const body = encodeBody(job.spec, createdAtMs);
    return { kind: "insert", draft: { id, shard, kind: JOB_KIND, createdAtMs, head, body, index } };
  }

  transition(at: number, version: number, change: Partial<JobState>): Write {
    const { id, shard, job } = this.#job(at);
    const { head, index } = encodeJob({ ...job, ...change });
    return { kind: "transition", id, shard, epoch: 1, expectedVersion: version, head, index };
  }

  #job(at: number) {
    const id = this.#ids[at] as ActorId;
    const job = newJob(specOf(this.nowMs + at), this.nowMs);
    return { id, shard: shardOf(id, this.shards), job };
  }
}
