/**
 * Drafts: all that is inserted for a job, by whoever makes one in a commit of its own: flows, schedules.
 * @module
 */
import type { ActorId } from "../../runtime/ids.ts";
import type { Draft } from "../../runtime/snapshot.ts";
import { draftOfJob } from "../job/codec.ts";
import type { JobSpec } from "../job/spec.ts";
import { draftOfDeadline } from "./behaviour.ts";

/** Actors that {@link draftsOfJob} makes of one job at most. */
export const DRAFTS_OF_JOB_MAX = 2;

/** The deadline first, if the job has any (DL2), then the job. */
export function draftsOfJob(
  spec: JobSpec,
  naming: { readonly id: ActorId; readonly nowMs: number },
): readonly Omit<Draft, "shard">[] {
  const deadline = draftOfDeadline(spec, naming);
  const job = draftOfJob(spec, naming);
  return deadline === undefined ? [job] : [deadline, job];
}
