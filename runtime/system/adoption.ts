/**
 * Adoption: tells actors that were at work under an earlier owner that this node has them now.
 *
 * Intuition: an actor that had an attempt running is not in the due index; its new owner finds it by
 * the label that its kind names, and sends it the kind's message.
 *
 * Invariants: A1. After shards were gained, every actor of theirs that carries the label is told at
 * least once, however often the store fails meanwhile, unless the node ends first. A2. One search at a time, page
 * by page: shards that are gained meanwhile wait for the next, and share it.
 * @module
 */
import type { Clock } from "../clock.ts";
import type { ActorId, ShardId } from "../ids.ts";
import { ADOPTED_PAGE_MAX, STORE_RETRY_MAX_MS } from "../limits.ts";
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

/** Adopts what lives in the shards that a node gains. */
export class Adopter {
  readonly #kinds: Adopting[] = [];
  readonly #waiting = new Set<ShardId>();
  #searching = false;

  constructor(private readonly options: AdoptionOptions) {}

  /** Makes a kind known. */
  register(adopting: Adopting): void {
    this.#kinds.push(adopting);
  }

  /** Adopts what lives in `shards`, now or when the search under way has ended (A2). */
  adopt(shards: readonly ShardId[]): void {
    for (const shard of shards) this.#waiting.add(shard);
    if (!this.#searching) void this.#search();
  }

  async #search(): Promise<void> {
    this.#searching = true;
    while (this.#waiting.size > 0) {
      const shards = [...this.#waiting];
      this.#waiting.clear();
      for (const adopting of this.#kinds) await adopt(adopting, shards, this.options);
    }
    this.#searching = false;
  }
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
        limit: ADOPTED_PAGE_MAX,
        ...(cursor === "" ? {} : { cursor }),
      });
    } catch {
      await new Promise<void>((resume) => options.clock.after(STORE_RETRY_MAX_MS, resume));
    }
  }
}
