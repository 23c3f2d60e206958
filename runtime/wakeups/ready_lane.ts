/**
 * ReadyLane: the due actors of one lane that are held in memory, best first.
 *
 * Intuition: a backlog may hold millions; memory holds the best few thousand. Once entries had to be
 * left to the store, the lane remembers the best of them (its rim): whatever is better than the rim is
 * surely here, and the lane asks for more when it runs low.
 *
 * States: whole (everything due is here) → cut (something was left out) or unsure (nobody told us of
 * everything) → whole (a scan reached the end).
 * Invariants:
 *   R1. Entries leave by rank, highest first, then by wake time.
 *   R2. While sure, every due entry of the lane that is before the rim is here, being handled, or in a scan under way.
 *   R3. At most twice the bound is held.
 *   R4. Every entry that is offered and not kept is handed back: nothing is dropped in silence.
 * @module
 */
import type { DueEntry } from "../snapshot.ts";
import { Heap } from "./heap.ts";

/** The order among the due: R1, ties by id. */
export function goesBefore(left: DueEntry, right: DueEntry): boolean {
  if (left.rank !== right.rank) return left.rank > right.rank;
  if (left.wakeAtMs !== right.wakeAtMs) return left.wakeAtMs < right.wakeAtMs;
  return left.id < right.id;
}

const NONE: readonly never[] = [];

/** One lane's due entries. `isLive` tells whether an entry is still meant (it may have moved since). */
export class ReadyLane<Entry extends DueEntry = DueEntry> {
  readonly #heap = new Heap<Entry>(goesBefore);
  /** Nothing before this entry was left to the store; null: nothing was left at all. */
  #rim: DueEntry | null = null;
  /** The store may hold entries before the rim that nobody told us of: a scan must tell. */
  #unsure = false;
  #scanning = false;
  /** The best entry that was left to the store since the scan under way was sent. */
  #leftMeanwhile: DueEntry | null = null;

  constructor(
    readonly name: string,
    private readonly isLive: (entry: Entry) => boolean,
    /** How much it may hold; may change. */
    private readonly bounds: { readonly readyMax: number },
  ) {}

  /** Entries held, dead ones included. */
  get size(): number {
    return this.#heap.size;
  }

  /**
   * True when the store may hold better entries than memory does, or just more and there is room for
   * them, and nobody is reading it. Better ones are asked for however much is held: they go first (R1).
   */
  get wantsScan(): boolean {
    if (this.#scanning) return false;
    if (this.#unsure) return true;
    if (this.#rim === null) return false;
    // Before the size is looked at: this drops the dead in front, of which a lane may be full.
    const best = this.#best();
    return this.#heap.size < this.bounds.readyMax / 2 || this.#isBeyondRim(best);
  }

  /** True when the lane is whole and empty: it can be forgotten. */
  get isSpent(): boolean {
    if (this.#rim !== null || this.#unsure || this.#scanning) return false;
    return this.#best() === undefined;
  }

  /** There may be entries that nobody told us of. */
  distrust(): void {
    this.#unsure = true;
  }

  /** A scan for the best entries was sent. */
  scanSent(): void {
    this.#scanning = true;
    this.#unsure = false;
    this.#leftMeanwhile = null;
  }

  /** Its answer, already offered entry by entry, ended with `last`; `whole`: there was no more (R2). */
  scanDone(last: DueEntry | undefined, whole: boolean): void {
    this.#scanning = false;
    const end = whole ? null : last ?? null;
    this.#rim = better(end, this.#leftMeanwhile);
    if (!whole && end === null) this.#unsure = true;
  }

  /** The scan failed: what it would have told is still unknown. */
  scanFailed(): void {
    this.#scanning = false;
    this.#unsure = true;
  }

  /**
   * Takes an entry in, or leaves it to the store when it lies beyond the rim (R2); too many are cut to
   * the best (R3). Returns what was left to the store (R4). `scanned`: it is part of a scan's answer.
   */
  offer(entry: Entry, options: { scanned: boolean }): readonly Entry[] {
    if (!options.scanned && this.#isBeyondRim(entry)) {
      this.#leave(entry);
      return [entry];
    }
    this.#heap.push(entry);
    const { readyMax } = this.bounds;
    if (this.#heap.size <= 2 * readyMax) return NONE;
    const left = this.#heap.truncate(readyMax, this.isLive);
    if (left[0]) this.#leave(left[0]);
    return left;
  }

  /**
   * The best live entry, left in place; dead ones before it are dropped. None while the best at hand
   * lies beyond the rim: the store may hold a better one, and a scan is wanted or under way (R1).
   */
  peek(): Entry | undefined {
    const best = this.#best();
    return this.#isBeyondRim(best) ? undefined : best;
  }

  #isBeyondRim(entry: Entry | undefined): boolean {
    return this.#rim !== null && entry !== undefined && goesBefore(this.#rim, entry);
  }

  #best(): Entry | undefined {
    for (let entry = this.#heap.peek(); entry; entry = this.#heap.peek()) {
      if (this.isLive(entry)) return entry;
      this.#heap.pop();
    }
    return undefined;
  }

  /** Hands back all that is held and live, in no order: whoever lets go of the lane reads it again later (R4). */
  clear(): readonly Entry[] {
    return this.#heap.truncate(0, this.isLive);
  }

  /** Removes what `peek` showed. */
  pop(): void {
    this.#heap.pop();
  }

  #leave(entry: DueEntry): void {
    this.#rim = better(this.#rim, entry);
    // The scan under way may have read the lane before this entry was in it.
    if (this.#scanning) this.#leftMeanwhile = better(this.#leftMeanwhile, entry);
  }
}

function better(left: DueEntry | null, right: DueEntry | null): DueEntry | null {
  if (left === null || right === null) return left ?? right;
  return goesBefore(right, left) ? right : left;
}
