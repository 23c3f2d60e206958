/**
 * Bulk: one command on every job of a filter, page by page.
 *
 * Bounds: as many jobs as the request says, `BULK_COMMANDS_IN_FLIGHT_MAX` commands at once (enough to fill the
 * store's commits), `BULK_PAGES_MAX` pages of search; the cursor goes on from there.
 * @module
 */
import { JOB_KIND } from "../../actors/job/codec.ts";
import type { ActorId } from "../../runtime/ids.ts";
import { FIND_LIMIT_MAX } from "../../runtime/limits.ts";
import type { ActorSystem } from "../../runtime/system/surface.ts";
import type { CommandOutcome, JobFilter } from "../service.ts";
import { searchOf } from "./search.ts";

/** Commands of one bulk request that wait for their commit. */
export const BULK_COMMANDS_IN_FLIGHT_MAX = 128;
/** Pages of one bulk request: each may be a time slice of the store (~20 ms) without a match. */
export const BULK_PAGES_MAX = 50;

/** What a bulk request came to; `refused` counts every job that was not, or not surely, changed. */
export interface BulkResult {
  readonly matched: number;
  readonly done: number;
  readonly refused: number;
  readonly cursor: string | null;
}

/** Applies `command` to up to `limit` jobs of `filter`. Rejects with `Fault` when a page can't be read. */
export async function applyToAll(
  system: Pick<ActorSystem, "find">,
  request: { readonly filter: JobFilter; readonly limit: number; readonly cursor?: string },
  command: (id: ActorId) => Promise<CommandOutcome>,
): Promise<BulkResult> {
  let matched = 0;
  let done = 0;
  let cursor: string | null | undefined = request.cursor;
  for (let pages = 0; pages < BULK_PAGES_MAX && matched < request.limit; pages++) {
    const page = await system.find({
      kind: JOB_KIND,
      ...searchOf(request.filter),
      order: "oldest",
      limit: Math.min(FIND_LIMIT_MAX, request.limit - matched),
      ...(cursor === undefined ? {} : { cursor }),
    });
    matched += page.snapshots.length;
    done += await countDone(page.snapshots.map((snapshot) => snapshot.id), command);
    cursor = page.cursor;
    if (cursor === null) break;
  }
  return { matched, done, refused: matched - done, cursor: cursor ?? null };
}

/** Runs `command` on all of `ids`, a bounded number at a time. */
async function countDone(
  ids: readonly ActorId[],
  command: (id: ActorId) => Promise<CommandOutcome>,
): Promise<number> {
  let done = 0;
  const queue = ids.values();
  const lane = async () => {
    for (const id of queue) {
      const { kind } = await command(id);
      if (kind === "done" || kind === "stopping") done++;
    }
  };
  const lanes = Math.min(BULK_COMMANDS_IN_FLIGHT_MAX, ids.length);
  await Promise.all(Array.from({ length: lanes }, lane));
  return done;
}
