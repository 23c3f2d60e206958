/**
 * Parked jobs: due jobs whose handler was not loaded wait, without a wake-up, until it appears.
 *
 * Invariant: Z1. After the handlers were (re)loaded, every parked job of every loaded name is told.
 * @module
 */
import type { Clock } from "../../runtime/clock.ts";
import type { ActorId } from "../../runtime/ids.ts";
import { FIND_LIMIT_MAX, STORE_RETRY_MAX_MS } from "../../runtime/limits.ts";
import type { ActorSystem } from "../../runtime/system/surface.ts";
import { JOB_KIND, label, LABEL_PARKED } from "../job/codec.ts";
import type { JobMessage } from "../job/messages.ts";

/** What is needed to find and tell parked jobs. */
export interface UnparkOptions {
  readonly clock: Clock;
  readonly system: Pick<ActorSystem, "find">;
  readonly signal: (
    id: ActorId,
    message: JobMessage,
    settle: (settled: { readonly kind: string }) => void,
  ) => void;
}

/** Tells the parked jobs of these handler names that they can run (Z1); tells how many there were. */
export async function unpark(names: readonly string[], options: UnparkOptions): Promise<number> {
  let told = 0;
  for (const name of names) {
    let cursor: string | undefined;
    do {
      const page = await findParked({ name, cursor }, options);
      await Promise.all(page.snapshots.map(({ id }) => tell(id, options)));
      told += page.snapshots.length;
      cursor = page.cursor ?? undefined;
    } while (cursor !== undefined);
  }
  return told;
}

/** Resolves when the job has handled it: a node that is only starting does not own it yet (Z1). */
function tell(id: ActorId, options: UnparkOptions): Promise<void> {
  return new Promise((told) => {
    const attempt = () =>
      options.signal(id, { kind: "handler-known" }, ({ kind }) => {
        if (kind === "busy" || kind === "unknown") options.clock.after(STORE_RETRY_MAX_MS, attempt);
        else told();
      });
    attempt();
  });
}

async function findParked(
  query: { name: string; cursor: string | undefined },
  options: UnparkOptions,
) {
  while (true) {
    try {
      return await options.system.find({
        kind: JOB_KIND,
        labels: [LABEL_PARKED, label.name(query.name)],
        order: "oldest",
        limit: FIND_LIMIT_MAX,
        ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
      });
    } catch {
      await new Promise<void>((resume) => options.clock.after(STORE_RETRY_MAX_MS, resume));
    }
  }
}
