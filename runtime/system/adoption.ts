/**
 * Adoption: tells actors that were at work under an earlier owner that this node has them now.
 *
 * Intuition: an actor that had an attempt running is not in the due index; its new owner finds it by
 * the label that its kind names, and sends it the kind's message.
 *
 * Invariant: A1. After shards were gained, every actor of theirs that carries the label is told at
 * least once, however often the store fails meanwhile, unless the node ends first.
 * @module
 */
import type { Clock } from "../clock.ts";
import type { ActorId, ShardId } from "../ids.ts";
import { FIND_LIMIT_MAX, STORE_RETRY_MAX_MS } from "../limits.ts";
import type { Store } from "../store/port.ts";

/** A kind whose actors are adopted. */
export interface Adopting {
  readonly kind: string;
  readonly label: string;
  readonly message: unknown;
}

/** What adoption needs of its node. */
export interface AdoptionOptions {
  readonly clock: Clock;
  readonly store: Pick<Store, "find">;
  readonly tell: (
    to: { kind: string; id: ActorId; shard: ShardId },
    message: unknown,
  ) => void;
  /** True once the node has ended. */
  readonly ended: () => boolean;
}

/** Tells all actors of `shards` that carry the label (A1). Cost: O(labelled actors of the store). */
export async function adopt(
  adopting: Adopting,
  shards: readonly ShardId[],
  options: AdoptionOptions,
): Promise<void> {
  const ours = new Set(shards);
  const { kind, label, message } = adopting;
  let cursor: string | null = "";
  while (cursor !== null) {
    const page = await findPage({ kind, label, cursor }, options);
    if (!page) return;
    for (const { id, shard } of page.snapshots) {
      if (ours.has(shard)) options.tell({ kind, id, shard }, message);
    }
    cursor = page.cursor;
  }
}

async function findPage(
  query: { kind: string; label: string; cursor: string },
  options: AdoptionOptions,
) {
  const { kind, label, cursor } = query;
  while (!options.ended()) {
    try {
      return await options.store.find({
        kind,
        labels: [label],
        order: "oldest",
        limit: FIND_LIMIT_MAX,
        ...(cursor === "" ? {} : { cursor }),
      });
    } catch {
      await new Promise<void>((resume) => options.clock.after(STORE_RETRY_MAX_MS, resume));
    }
  }
}
