/**
 * Submission: how a new job gets its id, and what an id that exists already means.
 *
 * Intuition: there is no second index for idempotency. A key becomes the job's id, so the store's own
 * rule (insert only if absent) finds the replay, on any node and after any crash.
 *
 * Invariants: U1. `accepted` is answered only after the insert is durable (promise P1).
 * U2. The same key and request, however often, make one job.
 * @module
 */
import { createHash } from "node:crypto";
import { draftOfDeadline } from "../../actors/deadline/behaviour.ts";
import { draftOfState, newJob } from "../../actors/job/codec.ts";
import type { JobSpec } from "../../actors/job/spec.ts";
import type { JobState } from "../../actors/job/state.ts";
import type { Clock } from "../../runtime/clock.ts";
import { Fault } from "../../runtime/fault.ts";
import { type ActorId, actorId, isActorId } from "../../runtime/ids.ts";
import type { ActorSystem } from "../../runtime/system/surface.ts";
import { changeOf, type NodeFeed } from "../feed.ts";
import type { JobNaming, JobRecord, SubmitOutcome } from "../service.ts";
import { submitGated } from "./gated_submission.ts";
import { whyReserved } from "./job_ids.ts";
import type { QueueBook } from "./queue_book.ts";
import { recordOf, recordOfState } from "./record.ts";

/** Tries to find a free generated id, or to catch a job that is swept between insert and read. */
const NAMING_TRIES_MAX = 3;

/** What submissions need of the node. */
export interface SubmissionDeps {
  readonly system: Pick<ActorSystem, "create" | "read" | "ref" | "shardOf">;
  readonly clock: Pick<Clock, "wallMs" | "after">;
  readonly ids: { next(nowMs: number): ActorId };
  readonly feed: NodeFeed;
  readonly queues: QueueBook;
}

/** Accepts `spec` under the name that `naming` gives it (U1, U2). Rejects with `Fault`. */
export function submit(
  deps: SubmissionDeps,
  spec: JobSpec,
  naming: JobNaming,
): Promise<SubmitOutcome> {
  switch (naming.kind) {
    case "generated":
      return submitGenerated(deps, spec);
    case "own":
      return submitOwn(deps, spec, naming.id);
    case "idempotent":
      return submitIdempotent(deps, spec, keyId(naming.key));
    case "gated":
      return submitGated(deps, spec, naming.gate);
  }
}

/** The id of the job that an Idempotency-Key names: 44 characters, the same on every node. */
export function keyId(key: string): ActorId {
  return actorId("k" + createHash("sha256").update(key).digest("base64url"));
}

async function submitGenerated(deps: SubmissionDeps, spec: JobSpec): Promise<SubmitOutcome> {
  for (let tries = 0; tries < NAMING_TRIES_MAX; tries++) {
    const job = newJob(spec, deps.clock.wallMs());
    const record = await insert(deps, job, deps.ids.next(job.createdAtMs));
    if (record !== undefined) return { kind: "accepted", record };
  }
  throw new Fault("job.submit", "unavailable", { message: "no generated id was free" });
}

async function submitOwn(deps: SubmissionDeps, spec: JobSpec, id: string): Promise<SubmitOutcome> {
  if (!isActorId(id) || whyReserved(id) !== null) return { kind: "taken", id };
  const record = await insert(deps, newJob(spec, deps.clock.wallMs()), id);
  return record === undefined ? { kind: "taken", id } : { kind: "accepted", record };
}

async function submitIdempotent(
  deps: SubmissionDeps,
  spec: JobSpec,
  id: ActorId,
): Promise<SubmitOutcome> {
  for (let tries = 0; tries < NAMING_TRIES_MAX; tries++) {
    const record = await insert(deps, newJob(spec, deps.clock.wallMs()), id);
    if (record !== undefined) return { kind: "accepted", record };
    const snapshot = await deps.system.read(id);
    // Its retention ran out in between: the key is free again.
    if (snapshot === undefined) continue;
    const sight = { nowMs: deps.clock.wallMs(), queues: deps.queues };
    const existing = recordOf(snapshot, sight);
    const same = existing !== undefined && spec.fingerprint !== null &&
      existing.job.spec.fingerprint === spec.fingerprint;
    return same ? { kind: "replayed", record: existing } : { kind: "key-reused", id };
  }
  throw new Fault("job.submit", "unavailable", { message: `${id} comes and goes` });
}

/** Inserts a job and tells the feed; undefined when the id is taken. */
async function insert(
  deps: SubmissionDeps,
  job: JobState,
  id: ActorId,
): Promise<JobRecord | undefined> {
  const deadline = draftOfDeadline(job.spec, { id, nowMs: job.createdAtMs });
  if (deadline !== undefined) await deps.system.create(deadline); // (DL2)
  const outcome = await deps.system.create(draftOfState(job, id));
  if (outcome.kind === "exists") return undefined;
  const { snapshot } = outcome;
  const atMs = job.createdAtMs;
  deps.feed.publish(changeOf(job, { jobId: id, version: snapshot.version, atMs }));
  return recordOfState(job, snapshot, { nowMs: atMs, queues: deps.queues });
}
