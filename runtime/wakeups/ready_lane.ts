/**
 * ReadyLane: the due actors of one lane that are held in memory, best first.
 *
 * Intuition: a backlog may hold millions; memory holds the best few thousand. Once entries had to be
 * left out, the lane remembers the worst it kept (its rim): whatever is better than the rim is surely
 * here, whatever is worse is in the store only, and the lane asks for more when it runs low.
 *
 * States: whole (everything due is here) → cut (overflow, or never read) → whole (a scan reached the end).
 * Invariants:
 *   R1. Entries leave by rank, highest first, then by wake time.
 *   R2. While cut, every due entry of the lane that is before the rim is here, being handled, or in a scan under way.
 *   R3. At most `2 × WINDOW_LANE_READY_MAX` entries are held.
 * @module
 */
import { WINDOW_LANE_READY_MAX } from "../limits.ts";
import type { DueEntry } from "../snapshot.ts";
import { Heap } from "./heap.ts";

/** The order among the due: R1, ties by id. */
export function goesBefore(left: DueEntry, right: DueEntry): boolean {
  if (left.rank !== right.rank) return left.rank > right.rank;
  if (left.wakeAtMs !== right.wakeAtMs) return left.wakeAtMs < right.wakeAtMs;
  return left.id < right.id;
}

/** One lane's due entries. `isLive` tells whether an entry is still meant (it may have moved since). */
export class ReadyLane {
  readonly #heap = new Heap<DueEntry>(goesBefore);
  /** The first entry beyond memory, or "all": nothing was read yet; null: the lane is whole. */
  #rim: DueEntry | "all" | null = null;
  #scanning = false;
  #missedDuringScan = false;

  constructor(
    readonly name: string,
    private readonly isLive: (entry: DueEntry) => boolean,
  ) {}

  /** Entries held, dead ones included. */
  get size(): number {
    return this.#heap.size;
  }

  /** True when the store holds more than memory does, and a scan should fetch it. */
  get wantsScan(): boolean {
    return this.#rim !== null && !this.#scanning && this.#heap.size < WINDOW_LANE_READY_MAX / 2;
  }

  /** True when the lane is whole and empty: it can be forgotten. */
  get isSpent(): boolean {
    return this.#rim === null && !this.#scanning && this.#heap.size === 0;
  }

  /** Forgets how far memory reaches: a scan must tell. */
  distrust(): void {
    this.#rim = "all";
    this.#missedDuringScan = this.#scanning;
  }

  /** A scan for the best entries was sent. */
  scanSent(): void {
    this.#scanning = true;
    this.#missedDuringScan = false;
  }

  /** Its answer, already offered entry by entry, ended with `last`; `whole`: there was no more. */
  scanDone(last: DueEntry | undefined, whole: boolean): void {
    this.#scanning = false;
    if (whole) this.#rim = this.#missedDuringScan ? "all" : null;
    else this.#rim = last ?? "all";
  }

  /** The scan failed: what it would have told is still unknown. */
  scanFailed(): void {
    this.#scanning = false;
  }

  /** Takes an entry in, or leaves it to the store when it lies beyond the rim (R2, R3). */
  offer(entry: DueEntry, options: { scanned: boolean }): boolean {
    if (!options.scanned && this.#beyondRim(entry)) {
      this.#missedDuringScan = true;
      return false;
    }
    this.#heap.push(entry);
    if (this.#heap.size > 2 * WINDOW_LANE_READY_MAX) {
      const rim = this.#heap.truncate(WINDOW_LANE_READY_MAX, this.isLive);
      if (rim) this.#rim = rim;
    }
    return true;
  }

  /** The best live entry, left in place; dead ones before it are dropped (R1). */
  peek(): DueEntry | undefined {
    for (let entry = this.#heap.peek(); entry; entry = this.#heap.peek()) {
      if (this.isLive(entry)) return entry;
      this.#heap.pop();
    }
    return undefined;
  }

  /** Removes what `peek` showed. */
  pop(): void {
    this.#heap.pop();
  }

  #beyondRim(entry: DueEntry): boolean {
    if (this.#rim === null) return false;
    return this.#rim === "all"
      ? this.#heap.size >= WINDOW_LANE_READY_MAX
      : goesBefore(this.#rim, entry);
  }
}
