/**
 * MissingTimes: which nominal times of a range have no job, for backfills.
 * @module
 */
import { fireId } from "../../actors/schedule/ids.ts";
import type { Recurrence } from "../../actors/schedule/recurrence/occurrence.ts";
import { LOAD_IDS_MAX } from "../../runtime/limits.ts";
import type { ActorSystem } from "../../runtime/system/surface.ts";

/** One look at a range. */
export interface Look {
  readonly missingMs: readonly number[];
  /** Where the range goes on; null: it is done. */
  readonly nextMs: number | null;
}

/** The range, and whose it is. */
export interface LookRange {
  readonly id: string;
  /** Both included, ms. */
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Reads which of the next `LOAD_IDS_MAX` times of the range that fire have no job. Rejects with a `Fault`.
 * Cost: as many steps of the recurrence, and one read.
 */
export async function lookForMissing(
  system: Pick<ActorSystem, "readAll">,
  recurrence: Recurrence,
  { id, fromMs, toMs }: LookRange,
): Promise<Look> {
  const timesMs: number[] = [];
  let looked = 0;
  let next = recurrence.after(fromMs - 1);
  for (; next !== null && next.atMs <= toMs && looked < LOAD_IDS_MAX; looked++) {
    if (next.fires) timesMs.push(next.atMs);
    next = recurrence.after(next.atMs);
  }
  const jobs = await system.readAll(timesMs.map((ms) => fireId(id, ms)));
  const missingMs = timesMs.filter((_, at) => jobs[at] === undefined);
  return { missingMs, nextMs: next !== null && next.atMs <= toMs ? next.atMs : null };
}
