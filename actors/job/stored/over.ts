/**
 * Over: what a stored job tells those who wait for its end.
 * @module
 */
import type { Snapshot } from "../../../runtime/snapshot.ts";
import { decodeJob } from "../codec.ts";

/** Tells whether a job has come to its end: one that is gone has, and one that cannot be read will never tell. */
export function isOver(snapshot: Snapshot | undefined): boolean {
  if (snapshot === undefined) return true;
  try {
    return decodeJob(snapshot).finishedAtMs !== null;
  } catch {
    return true;
  }
}
