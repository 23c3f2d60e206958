/**
 * GatedSubmission: unique jobs, debounce and throttle over the actor system.
 *
 * Intuition: read who holds the key, decide (actors/unique/gate.ts), do it, and begin again where another one
 * was faster meanwhile: the key's gatekeeper admits a job only in the place of the one that was read, and a job
 * gets another spec only before it has started. Submissions without a key never come here.
 *
 * Invariant: U3. `accepted` and `merged` are answered only after the job, and that it holds the key, are durable.
 * @module
 */
import { createHash } from "node:crypto";
import { decodeJob, JOB_KIND, newJob } from "../../actors/job/codec.ts";
import type { JobMessage, JobReply } from "../../actors/job/messages.ts";
import type { JobSpec } from "../../actors/job/spec.ts";
import { decide, type Gate, type Holder, type Verdict } from "../../actors/unique/gate.ts";
import {
  decodeGatekeeper,
  draftOfGatekeeper,
  GATEKEEPER_KIND,
  gatekeeperId,
  type GatekeeperMessage,
  type GatekeeperReply,
} from "../../actors/unique/gatekeeper.ts";
import type { AskOutcome } from "../../runtime/actor/behaviour.ts";
import { Fault, unreachable } from "../../runtime/fault.ts";
import { type ActorId, actorId } from "../../runtime/ids.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import { changeOf } from "../feed.ts";
import type { JobRecord, SubmitOutcome } from "../service.ts";
import { recordOf, recordOfState } from "./record.ts";
import type { SubmissionDeps } from "./submission.ts";

/** Looks at a key before the submission is given up: each time another one of the key was faster. */
const TRIES_MAX = 50;
/** How long a submission waits, in pauses, for the owner of a shard that moves, or whose node died, ms. */
const BUSY_MS_MAX = 5_000;
const BUSY_PAUSE_MS = 100;

/** How each gate calls it when a job gets another spec. */
const MERGED = { unique: "replaced", debounce: "debounced", throttle: "throttled" } as const;

/** A submission to a gate. */
interface Gated {
  readonly gate: Gate;
  readonly spec: JobSpec;
  /** Stands before the `@` of the gatekeeper's id and of its jobs'. */
  readonly hash: string;
}

/** Who holds the key, as read. */
interface Found {
  readonly exists: boolean;
  readonly holder: Holder | null;
  readonly job: Snapshot | null;
}

/** Submits `spec` by the rule of `gate` (U3). Rejects with `Fault`. */
export async function submitGated(
  deps: SubmissionDeps,
  spec: JobSpec,
  gate: Gate,
): Promise<SubmitOutcome> {
  const gated = { gate, spec: keptAsLong(spec, gate), hash: hashOf(gate) };
  for (let tries = 0, waitedMs = 0; tries < TRIES_MAX && waitedMs < BUSY_MS_MAX;) {
    const outcome = await attempt(deps, gated);
    if (outcome === "outrun") tries++;
    else if (outcome !== "busy") return outcome;
    else {
      await new Promise<void>((resume) => deps.clock.after(BUSY_PAUSE_MS, resume));
      waitedMs += BUSY_PAUSE_MS;
    }
  }
  throw new Fault("job.submit", "overloaded", { message: `${gate.mode} key: too many at once` });
}

/** Names a key: 44 characters, the same on every node. */
function hashOf({ mode, key }: Gate): string {
  return mode[0] + createHash("sha256").update(key).digest("base64url");
}

/** A job that is over may hold its key: it must not be swept before. */
function keptAsLong(spec: JobSpec, gate: Gate): JobSpec {
  if (gate.mode !== "unique" || gate.windowMs === null) return spec;
  const completedMs = Math.max(spec.retention.completedMs, gate.windowMs);
  return { ...spec, retention: { ...spec.retention, completedMs } };
}

/** What a look leads to. `outrun`: another one was faster; `busy`: nobody took it; look again. */
type Attempt = SubmitOutcome | "outrun" | "busy";

/** One look and what follows from it. */
async function attempt(deps: SubmissionDeps, gated: Gated): Promise<Attempt> {
  const { gate, spec } = gated;
  const found = await find(deps, gated.hash);
  const nowMs = deps.clock.wallMs();
  const job = found.job === null ? null : decodeJob(found.job);
  const verdict = decide(gate, { holder: found.holder, job }, { nowMs, runAtMs: spec.runAtMs });
  switch (verdict.kind) {
    case "admit":
      return await admit(deps, gated, { found, verdict });
    case "merge":
      return await merge(deps, gated, { found, dueAtMs: verdict.dueAtMs });
    case "keep": {
      const record = found.job && recordOf(found.job, { nowMs, queues: deps.queues });
      return record ? { kind: "kept", record } : "outrun";
    }
    case "refuse":
      return { kind: "key-held", id: found.holder?.jobId ?? "", why: verdict.why };
    default:
      return unreachable(verdict);
  }
}

async function find({ system }: SubmissionDeps, hash: string): Promise<Found> {
  const snapshot = await system.read(gatekeeperId(hash));
  if (snapshot === undefined) return { exists: false, holder: null, job: null };
  const { holder } = decodeGatekeeper(snapshot);
  if (holder === null) return { exists: true, holder, job: null };
  return { exists: true, holder, job: await system.read(actorId(holder.jobId)) ?? null };
}

/** A job of its own, in the place of the holder that was read. */
async function admit(
  deps: SubmissionDeps,
  { hash, spec }: Gated,
  { found, verdict }: {
    readonly found: Found;
    readonly verdict: Extract<Verdict, { readonly kind: "admit" }>;
  },
): Promise<Attempt> {
  const { system, clock, ids } = deps;
  const nowMs = clock.wallMs();
  const keeper = gatekeeperId(hash);
  if (!found.exists) await system.create(draftOfGatekeeper(keeper, nowMs));
  const id = actorId(`${hash}@${ids.next(nowMs)}`);
  const due: JobSpec = { ...spec, runAtMs: verdict.holder.dueAtMs };
  const outcome = await system.ref<GatekeeperMessage, GatekeeperReply>(GATEKEEPER_KIND, keeper)
    .ask({
      kind: "admit",
      instead: found.holder?.jobId ?? null,
      holder: { jobId: id, ...verdict.holder },
      spec: due,
    });
  if (outcome.kind !== "replied") return unreplied(outcome.kind);
  const { reply } = outcome;
  if (reply.kind !== "admitted") return "outrun";
  return { kind: "accepted", record: made(deps, due, { id, atMs: reply.atMs }) };
}

/** The job as it was made in the gatekeeper's commit; listeners are told. */
function made(
  deps: SubmissionDeps,
  spec: JobSpec,
  { id, atMs }: { readonly id: ActorId; readonly atMs: number },
): JobRecord {
  const job = newJob(spec, atMs);
  deps.feed.publish(changeOf(job, { jobId: id, version: 1, atMs }));
  const snapshot = { id, version: 1, shard: deps.system.shardOf(id) };
  return recordOfState(job, snapshot, { nowMs: atMs, queues: deps.queues });
}

/** The holder's job gets the spec, unless it has started meanwhile. */
async function merge(
  { system, clock, queues }: SubmissionDeps,
  { gate, spec }: Gated,
  { found, dueAtMs }: { readonly found: Found; readonly dueAtMs: number },
): Promise<Attempt> {
  if (found.holder === null) return "outrun";
  const ref = system.ref<JobMessage, JobReply>(JOB_KIND, actorId(found.holder.jobId));
  const outcome = await ref.ask({ kind: "supersede", spec: { ...spec, runAtMs: dueAtMs } });
  if (outcome.kind !== "replied") return unreplied(outcome.kind);
  if (outcome.reply.kind === "refused") return "outrun";
  const record = recordOf(outcome.snapshot, { nowMs: clock.wallMs(), queues });
  return record === undefined ? "outrun" : { kind: "merged", record, how: MERGED[gate.mode] };
}

/** A crashed actor is restarted and may be given the message again: no one can say yet, as after a deadline. */
function unreplied(kind: Exclude<AskOutcome<never>["kind"], "replied">): "outrun" | "busy" {
  if (kind === "missing") return "outrun";
  if (kind === "busy") return "busy";
  throw new Fault("job.submit", "timeout", { message: `the key's gatekeeper or job: ${kind}` });
}
