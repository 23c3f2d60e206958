/**
 * Holdings: which shards are ours and under which epoch, which should be, and which are on their way out.
 *
 * Intuition: the book that ownership keeps. What it says is ours was granted by the store; what should be ours
 * is a wish that may change at any time, and the difference between both is the work to be done.
 *
 *     wanted, not ours ──took──▶ ours ──leave──▶ ours, leaving ──gone──▶ leaving ──released──▶ not ours
 *
 * Invariants: HO1. An epoch never becomes an older one. HO2. What leaves is not asked for before it was released,
 * even when it is wanted again: its next owner may already have been told. HO3. What was lost while it was
 * leaving is not released: it is another's, or will be ours anew.
 * Not here: the store, and whom to tell (ownership_driver.ts, handover_driver.ts).
 * @module
 */
import type { BootId, NodeName, ShardId } from "../ids.ts";
import type { AcquireOutcome, Fence } from "../store/port.ts";

/** Who should have a shard that we give up; null: nobody is known. */
export type HeirOf = (shard: ShardId) => NodeName | null;

/** The book of one node. Cost of its lists: O(shards). */
export class Holdings {
  readonly #epochs = new Map<ShardId, number>();
  /** Being given up: still ours while writes end, then not ours and not yet released. */
  readonly #leaving = new Set<ShardId>();
  #wanted: ReadonlySet<ShardId>;
  #heirOf: HeirOf = () => null;

  constructor(wanted: Iterable<ShardId>) {
    this.#wanted = new Set(wanted);
  }

  /** The epoch of our last acquisition of `shard`, while it is ours. */
  epochOf(shard: ShardId): number | undefined {
    return this.#epochs.get(shard);
  }

  /** Shards that are ours. */
  get count(): number {
    return this.#epochs.size;
  }

  /** The shards that are ours. */
  owned(): ShardId[] {
    return [...this.#epochs.keys()];
  }

  /** True when `shard` is ours or should be. */
  concerns(shard: ShardId): boolean {
    return this.#epochs.has(shard) || this.#wanted.has(shard);
  }

  /** How many shards should be ours and are not. */
  get missing(): number {
    let count = 0;
    for (const shard of this.#wanted) if (!this.#epochs.has(shard)) count++;
    return count;
  }

  /** From now on these should be ours; true when others were before. */
  want(shards: Iterable<ShardId>, heirOf: HeirOf): boolean {
    const before = this.#wanted;
    this.#wanted = new Set(shards);
    this.#heirOf = heirOf;
    return before.size !== this.#wanted.size || [...before].some((one) => !this.#wanted.has(one));
  }

  /** What is to be asked for (HO2). */
  claimable(): ShardId[] {
    return [...this.#wanted].filter((shard) =>
      !this.#epochs.has(shard) && !this.#leaving.has(shard)
    );
  }

  /** What is to be given up, what waits for its release first; at most `limit`. */
  surplus(limit: number): ShardId[] {
    const begun = [...this.#leaving];
    const unwanted = this.owned().filter((shard) =>
      !this.#wanted.has(shard) && !this.#leaving.has(shard)
    );
    return [...begun, ...unwanted].slice(0, limit);
  }

  /** Notes what was acquired (HO1); the shards that are news. */
  took(outcomes: readonly AcquireOutcome[]): ShardId[] {
    const news: ShardId[] = [];
    for (const outcome of outcomes) {
      if (outcome.kind !== "acquired") continue;
      const known = this.#epochs.get(outcome.shard);
      if (known === undefined) news.push(outcome.shard);
      this.#epochs.set(outcome.shard, Math.max(known ?? 0, outcome.epoch));
    }
    return news;
  }

  /** Gives up `shard`; true when it was ours (HO3). */
  lose(shard: ShardId): boolean {
    if (!this.#epochs.delete(shard)) return false;
    this.#leaving.delete(shard);
    return true;
  }

  /** Gives up everything; what was ours. */
  loseAll(): ShardId[] {
    const owned = this.owned();
    this.#epochs.clear();
    this.#leaving.clear();
    return owned;
  }

  /**
   * Gives up the shards whose fences are no longer ours; these. Fences may have been read before our last
   * acquisition. `doubtful`: our session was not open all the time, so an epoch of ours that we did not
   * hear of counts as moved as well; else its answer is still under way.
   */
  compare(fences: readonly Fence[], { boot, doubtful }: { boot: BootId; doubtful: boolean }) {
    const gone: ShardId[] = [];
    for (const { shard, epoch, owner } of fences) {
      const known = this.#epochs.get(shard);
      if (known === undefined || epoch < known) continue;
      if (owner?.boot === boot && (epoch === known || !doubtful)) continue;
      this.lose(shard);
      gone.push(shard);
    }
    return gone;
  }

  /** These are being given up. */
  leave(shards: readonly ShardId[]): void {
    for (const shard of shards) this.#leaving.add(shard);
  }

  /** Nothing of ours writes to these any more: those among them that are no longer ours by that. */
  gone(shards: readonly ShardId[]): ShardId[] {
    return shards.filter((shard) => this.#leaving.has(shard) && this.#epochs.delete(shard));
  }

  /** Those of `shards` that wait for their release, by who should have them next. */
  unreleased(shards: readonly ShardId[]): Map<NodeName | null, ShardId[]> {
    const found = new Map<NodeName | null, ShardId[]>();
    for (const shard of shards) {
      if (!this.#leaving.has(shard) || this.#epochs.has(shard)) continue;
      const heir = this.#heirOf(shard);
      const others = found.get(heir);
      if (others) others.push(shard);
      else found.set(heir, [shard]);
    }
    return found;
  }

  /** These were released. */
  released(shards: readonly ShardId[]): void {
    for (const shard of shards) this.#leaving.delete(shard);
  }

  /** Our session has lapsed: what waited for its release is free by that. */
  lapsed(): void {
    for (const shard of this.#leaving) if (!this.#epochs.has(shard)) this.#leaving.delete(shard);
  }
}
