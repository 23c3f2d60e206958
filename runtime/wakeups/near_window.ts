/**
 * NearWindow: which actors this node must wake next, out of a due index that may hold millions.
 *
 * Intuition: the store's index is the truth. Memory holds its next minute: entries not yet due in
 * one heap by time, due ones in their lanes by rank. Beyond the horizon the store is asked in time.
 * Whatever does not fit stays in the store and is fetched when there is room, so that a backlog of
 * any size costs the same, and a lane that is closed (paused, full) holds nobody else back.
 *
 * Entries: unknown → future (read or told) → ready (its time came) → taken (a wake-up was made of it).
 * Invariants:
 *   W1. Every entry of the index that wakes before the horizon is held, taken, or in a lane that is cut.
 *   W2. No entry is taken before its wake time less the arming span.
 *   W3. An entry is taken at most once until it is told or read again.
 *   W4. Memory is bounded: `WINDOW_FUTURE_MAX` future entries (twice that for a moment), R3 for each lane.
 * Not here: reading the store and timers (wakeups_driver.ts), who has room (the gate).
 * @module
 */
import { ARM_AHEAD_MS, WINDOW_AHEAD_MS, WINDOW_FUTURE_MAX } from "../limits.ts";
import { unreachable } from "../fault.ts";
import type { ActorId } from "../ids.ts";
import type { DueEntry } from "../snapshot.ts";
import { Heap } from "./heap.ts";
import { ReadyLane } from "./ready_lane.ts";

/** What the window is told. */
export type WindowEvent =
  /** An entry was committed, or its wake time, lane or rank changed. */
  | { readonly kind: "scheduled"; readonly entry: DueEntry }
  /** An actor no longer waits to be woken. */
  | { readonly kind: "unscheduled"; readonly id: ActorId }
  /** The lanes that the store's due index has now: each may hold due entries that we don't. */
  | { readonly kind: "lanes-read"; readonly lanes: readonly string[] }
  /** The answer to `read-lane`; `whole`: there was no more than this. */
  | {
    readonly kind: "lane-read";
    readonly lane: string;
    readonly entries: readonly DueEntry[];
    readonly whole: boolean;
  }
  /** The answer to `read-ahead`. */
  | {
    readonly kind: "ahead-read";
    readonly entries: readonly DueEntry[];
    readonly completeToMs: number;
  }
  /** A read failed; it is asked again. */
  | { readonly kind: "read-failed"; readonly read: WindowRead }
  /** Time passed. */
  | { readonly kind: "tick" };

/** What the window wants read from the store. */
export type WindowRead =
  | { readonly kind: "read-lanes" }
  | { readonly kind: "read-lane"; readonly lane: string }
  | { readonly kind: "read-ahead"; readonly fromMs: number; readonly untilMs: number };

/** An entry on its way from the future to its lane. */
interface Held {
  readonly entry: DueEntry;
  /** It was not due yet when it came: it becomes due while it is here. */
  readonly cameEarly: boolean;
}

/** The window of one node. */
export class NearWindow {
  readonly #held = new Map<ActorId, Held>();
  readonly #future = new Heap<DueEntry>((left, right) => left.wakeAtMs < right.wakeAtMs);
  readonly #lanes = new Map<string, ReadyLane>();
  /** Told entries from here on are left to the store (W1). */
  #horizonMs: number;
  #readingAheadToMs: number | null = null;
  #readingLanes = false;
  #lanesUnknown = true;
  /** Where the next round of `take` begins, so that no lane is always first. */
  #turn = 0;

  constructor(nowMs: number) {
    this.#horizonMs = nowMs;
  }

  /** Entries held: future and ready. */
  get size(): number {
    return this.#held.size;
  }

  /** Handles one event; the reads that it calls for. */
  step(event: WindowEvent, nowMs: number): WindowRead[] {
    switch (event.kind) {
      case "scheduled":
        this.#schedule(event.entry, nowMs);
        break;
      case "unscheduled":
        this.#held.delete(event.id);
        break;
      case "lanes-read":
        this.#readingLanes = false;
        this.#lanesUnknown = false;
        for (const lane of event.lanes) this.#lane(lane).distrust();
        break;
      case "lane-read":
        this.#laneRead(event);
        break;
      case "ahead-read":
        this.#aheadRead(event, nowMs);
        break;
      case "read-failed":
        this.#readFailed(event.read);
        break;
      case "tick":
        break;
      default:
        unreachable(event);
    }
    this.#advance(nowMs);
    return this.#reads(nowMs);
  }

  /** Makes the window read the index again, for entries that nobody told us of. */
  distrust(): void {
    this.#lanesUnknown = true;
  }

  /**
   * Takes up to `count` entries whose time has come, lane by lane in turns, as long as `reserve`
   * finds room for the lane's next one (W2, W3, R1).
   */
  take(
    options: { nowMs: number; count: number },
    reserve: (entry: DueEntry) => boolean,
  ): DueEntry[] {
    this.#advance(options.nowMs);
    const taken: DueEntry[] = [];
    let open = [...this.#lanes.values()];
    if (open.length > 1) {
      const first = this.#turn++ % open.length;
      open = [...open.slice(first), ...open.slice(0, first)];
    }
    while (open.length > 0 && taken.length < options.count) {
      open = open.filter((lane) => {
        const entry = taken.length < options.count ? lane.peek() : undefined;
        if (!entry || !reserve(entry)) return false;
        lane.pop();
        this.#held.delete(entry.id);
        taken.push(entry);
        return true;
      });
    }
    return taken;
  }

  /** When the next future entry can be taken (ms), or undefined when none is held. */
  nextTakeAtMs(): number | undefined {
    const next = this.#peekFuture();
    return next && next.wakeAtMs - ARM_AHEAD_MS;
  }

  /** Up to `limit` entries that became due here and have waited for room since before `dueBeforeMs`. */
  overdue(options: { dueBeforeMs: number; limit: number }): DueEntry[] {
    const found: DueEntry[] = [];
    for (const [id, { entry, cameEarly }] of this.#held) {
      if (found.length === options.limit) break;
      if (!cameEarly || entry.wakeAtMs >= options.dueBeforeMs) continue;
      this.#held.set(id, { entry, cameEarly: false });
      found.push(entry);
    }
    return found;
  }

  #schedule(entry: DueEntry, nowMs: number): void {
    const knownToMs = Math.max(this.#horizonMs, this.#readingAheadToMs ?? 0, nowMs + ARM_AHEAD_MS);
    if (entry.wakeAtMs < knownToMs) this.#hold(entry, nowMs, { scanned: false });
    else this.#held.delete(entry.id);
  }

  #hold(entry: DueEntry, nowMs: number, options: { scanned: boolean }): void {
    const known = this.#held.get(entry.id);
    if (known && sameEntry(known.entry, entry)) return;
    if (entry.wakeAtMs > nowMs + ARM_AHEAD_MS) {
      this.#held.set(entry.id, { entry, cameEarly: true });
      this.#future.push(entry);
      if (this.#future.size > 2 * WINDOW_FUTURE_MAX) this.#cutFuture();
      return;
    }
    this.#held.set(entry.id, { entry, cameEarly: entry.wakeAtMs > nowMs });
    if (!this.#lane(entry.lane).offer(entry, options)) this.#held.delete(entry.id);
  }

  /** Drops the far half of the future, and moves the horizon to where it was cut (W1, W4). */
  #cutFuture(): void {
    const first = this.#future.truncate(WINDOW_FUTURE_MAX, this.#isLive);
    if (!first) return;
    this.#horizonMs = Math.min(this.#horizonMs, first.wakeAtMs);
    if (this.#readingAheadToMs !== null) {
      this.#readingAheadToMs = Math.min(this.#readingAheadToMs, first.wakeAtMs);
    }
    for (const [id, { entry }] of this.#held) {
      if (entry.wakeAtMs >= first.wakeAtMs) this.#held.delete(id);
    }
  }

  #aheadRead(event: { entries: readonly DueEntry[]; completeToMs: number }, nowMs: number): void {
    for (const entry of event.entries) this.#hold(entry, nowMs, { scanned: true });
    // A cut meanwhile has lowered what may be believed of this read.
    const completeToMs = Math.min(event.completeToMs, this.#readingAheadToMs ?? nowMs);
    this.#horizonMs = Math.max(this.#horizonMs, completeToMs);
    this.#readingAheadToMs = null;
  }

  #laneRead(event: { lane: string; entries: readonly DueEntry[]; whole: boolean }): void {
    const lane = this.#lane(event.lane);
    for (const entry of event.entries) {
      if (this.#held.has(entry.id)) continue;
      this.#held.set(entry.id, { entry, cameEarly: false });
      lane.offer(entry, { scanned: true });
    }
    lane.scanDone(event.entries.at(-1), event.whole);
  }

  /** Moves what has become due to its lane. */
  #advance(nowMs: number): void {
    const untilMs = nowMs + ARM_AHEAD_MS;
    for (
      let next = this.#peekFuture();
      next && next.wakeAtMs <= untilMs;
      next = this.#peekFuture()
    ) {
      this.#future.pop();
      if (!this.#lane(next.lane).offer(next, { scanned: false })) this.#held.delete(next.id);
    }
    if (this.#horizonMs < nowMs) this.#fallBehind(nowMs);
  }

  /** The horizon was overtaken by time: what lies between is due, and only the store knows it (W1). */
  #fallBehind(nowMs: number): void {
    if (this.#readingAheadToMs !== null) return;
    this.#horizonMs = nowMs;
    this.#lanesUnknown = true;
  }

  #reads(nowMs: number): WindowRead[] {
    const reads: WindowRead[] = [];
    if (this.#lanesUnknown && !this.#readingLanes) {
      this.#readingLanes = true;
      reads.push({ kind: "read-lanes" });
    }
    const untilMs = nowMs + WINDOW_AHEAD_MS;
    const low = this.#future.size < WINDOW_FUTURE_MAX / 2;
    if (this.#readingAheadToMs === null && low && this.#horizonMs < nowMs + WINDOW_AHEAD_MS / 2) {
      this.#readingAheadToMs = untilMs;
      reads.push({ kind: "read-ahead", fromMs: this.#horizonMs, untilMs });
    }
    for (const lane of this.#lanes.values()) {
      if (lane.isSpent) this.#lanes.delete(lane.name);
      if (!lane.wantsScan) continue;
      lane.scanSent();
      reads.push({ kind: "read-lane", lane: lane.name });
    }
    return reads;
  }

  #readFailed(read: WindowRead): void {
    if (read.kind === "read-lanes") this.#readingLanes = false;
    else if (read.kind === "read-ahead") this.#readingAheadToMs = null;
    else this.#lane(read.lane).scanFailed();
  }

  #peekFuture(): DueEntry | undefined {
    for (let next = this.#future.peek(); next; next = this.#future.peek()) {
      if (this.#isLive(next)) return next;
      this.#future.pop();
    }
    return undefined;
  }

  #lane(name: string): ReadyLane {
    let lane = this.#lanes.get(name);
    if (!lane) {
      lane = new ReadyLane(name, this.#isLive);
      this.#lanes.set(name, lane);
    }
    return lane;
  }

  #isLive = (entry: DueEntry): boolean => this.#held.get(entry.id)?.entry === entry;
}

function sameEntry(left: DueEntry, right: DueEntry): boolean {
  return left.wakeAtMs === right.wakeAtMs && left.lane === right.lane && left.rank === right.rank;
}
