/**
 * NearWindow: which actors this node must wake next, out of a due index that may hold millions.
 *
 * Intuition: the store's index is the truth. Memory holds its next minute: entries not yet due in
 * one heap by time, due ones in their lanes by rank. Beyond the horizon the store is asked in time.
 * Whatever does not fit stays in the store and is fetched when there is room, so that a backlog of
 * any size costs the same, and a lane that is closed (paused, full) holds nobody else back.
 *
 * Entries: unknown → future (read or told) → ready (its time came) → taken (a wake-up is made of it).
 * Invariants:
 *   W1. Every entry of the index that wakes before the horizon is held, taken, or in a lane that is cut.
 *   W2. No entry is taken before its wake time less the arming span, wherever the clock jumps.
 *   W3. An entry is taken at most once until its wake-up has ended and it is told or read again.
 *   W4. Memory is bounded: the future (twice its bound for a moment), R3 for each lane.
 *   W6. What is told of an actor goes before what a read of the time ahead says that was under way
 *       meanwhile. A lane's answer may be stale: it never moves what is held, and a wake-up for nothing is harmless.
 * Not here: reading the store and timers (wakeups_driver.ts), who has room (the gate).
 * @module
 */
import { ARM_AHEAD_MS, WINDOW_AHEAD_MS, WINDOW_RECENT_MS } from "../limits.ts";
import { unreachable } from "../fault.ts";
import type { ActorId } from "../ids.ts";
import type { DueEntry } from "../snapshot.ts";
import { Heap } from "./heap.ts";
import type { LanesPage } from "../store/port.ts";
import type { Room } from "./gate.ts";
import { LaneRounds } from "./lane_rounds.ts";
import { Lines } from "./lines.ts";
import type { ReadyLane } from "./ready_lane.ts";
import {
  WINDOW_BOUNDS,
  type WindowBounds,
  type WindowEvent,
  type WindowRead,
} from "./window_events.ts";

/** An entry that is held, in the future or in its lane. */
interface Held extends DueEntry {
  /** It was not due yet when it came, and nobody was told since that it is: see `overdue`. */
  cameEarly: boolean;
  /** False once it was moved, removed or taken: heaps drop it when they come to it. */
  live: boolean;
}

/** A read of the time ahead that is under way. */
interface ReadingAhead {
  readonly fromMs: number;
  /** Less than what was asked for when the window was cut meanwhile. */
  readonly untilMs: number;
  /** The actors of which something was told since it was sent (W6): as many as change during one read. */
  readonly told: Set<ActorId>;
}

const NO_READS: readonly WindowRead[] = [];

/** The window of one node. */
export class NearWindow {
  readonly #held = new Map<ActorId, Held>();
  readonly #future = new Heap<Held>((left, right) => left.wakeAtMs < right.wakeAtMs);
  readonly #lines: Lines<Held>;
  /** Wake-ups under way, each with what was told of its actor since it was taken (W3). */
  readonly #waking = new Map<ActorId, DueEntry | null>();
  /** Told entries from here on are left to the store (W1). */
  #horizonMs: number;
  #readingAhead: ReadingAhead | null = null;
  /** A horizon that no read can move: more entries wake at that moment than a read holds. */
  #blockedAtMs: number | null = null;
  readonly #rounds = new LaneRounds();
  #recent: "none" | "wanted" | "under-way" = "none";

  constructor(nowMs: number, private readonly bounds: WindowBounds = WINDOW_BOUNDS) {
    this.#horizonMs = nowMs;
    this.#lines = new Lines({ bounds, isLive, left: ({ id }) => this.#drop(id) });
  }

  /** Entries held: future and ready. */
  get size(): number {
    return this.#held.size;
  }

  /** Handles one event; the reads that it calls for. What is told is cheap: its reads come with the next tick. */
  step(event: WindowEvent, nowMs: number): readonly WindowRead[] {
    switch (event.kind) {
      case "scheduled":
        this.#schedule(event.entry, nowMs);
        return NO_READS;
      case "unscheduled":
        this.#unschedule(event.id);
        return NO_READS;
      case "woken":
        this.#woken(event.id, nowMs);
        return NO_READS;
      case "lanes-read":
        this.#lanesRead(event);
        break;
      case "lane-read":
        this.#laneRead(event);
        break;
      case "recent-read":
        this.#recentRead(event.entries);
        break;
      case "ahead-read":
        this.#aheadRead(event, nowMs);
        break;
      case "read-failed":
        this.#readFailed(event.read);
        break;
      case "opened":
        this.#lines.open(event.name);
        return NO_READS;
      case "gained":
        this.#rounds.wantAll();
        this.#blockedAtMs = null;
        this.#cutHorizon(nowMs);
        break;
      case "lost":
        for (const id of [...this.#held.keys()]) if (event.isLost(id)) this.#drop(id);
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
    this.#rounds.wantSome();
    if (this.#rounds.hasKeys && this.#recent === "none") this.#recent = "wanted";
    this.#lines.openAll();
  }

  /**
   * Takes up to `count` entries whose time has come, by turns, as long as `reserve` finds room for the next
   * one (W2, W3, R1, L1). Each must be followed by a `woken`.
   */
  take(
    { nowMs, count }: { nowMs: number; count: number },
    reserve: (entry: DueEntry) => Room,
  ): DueEntry[] {
    this.#advance(nowMs);
    const taken = this.#lines.take({ count, best: (lane) => this.#best(lane, nowMs), reserve });
    for (const { id } of taken) {
      this.#drop(id);
      this.#waking.set(id, null);
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
    for (const held of this.#held.values()) {
      if (found.length === options.limit) break;
      if (!held.cameEarly || held.wakeAtMs >= options.dueBeforeMs) continue;
      held.cameEarly = false;
      found.push(held);
    }
    return found;
  }

  #schedule(entry: DueEntry, nowMs: number): void {
    this.#readingAhead?.told.add(entry.id);
    if (this.#waking.has(entry.id)) return void this.#waking.set(entry.id, entry);
    const readToMs = this.#readingAhead?.untilMs ?? -Infinity;
    const knownToMs = Math.max(this.#horizonMs, readToMs, nowMs + ARM_AHEAD_MS);
    if (entry.wakeAtMs < knownToMs) this.#hold(entry, nowMs);
    else this.#drop(entry.id);
  }

  #unschedule(id: ActorId): void {
    this.#readingAhead?.told.add(id);
    if (this.#waking.has(id)) this.#waking.set(id, null);
    this.#drop(id);
  }

  #woken(id: ActorId, nowMs: number): void {
    const told = this.#waking.get(id);
    this.#waking.delete(id);
    if (told) this.#schedule(told, nowMs);
  }

  #hold(entry: DueEntry, nowMs: number): void {
    const known = this.#held.get(entry.id);
    if (known && sameEntry(known, entry)) return;
    const held = this.#put(entry, entry.wakeAtMs > nowMs);
    if (held.wakeAtMs <= nowMs + ARM_AHEAD_MS) return this.#lines.offer(held, { scanned: false });
    this.#future.push(held);
    if (this.#future.size > 2 * this.bounds.futureMax) this.#cutFuture();
  }

  #put({ id, wakeAtMs, lane, rank }: DueEntry, cameEarly: boolean): Held {
    this.#drop(id);
    const held: Held = { id, wakeAtMs, lane, rank, cameEarly, live: true };
    this.#held.set(id, held);
    return held;
  }

  #drop(id: ActorId): void {
    const held = this.#held.get(id);
    if (!held) return;
    held.live = false;
    this.#held.delete(id);
    this.#lines.touch(held.lane);
  }

  /** Leaves the far half of the future to the store, and moves the horizon to where it was cut (W1, W4). */
  #cutFuture(): void {
    const left = this.#future.truncate(this.bounds.futureMax, isLive);
    if (!left[0]) return;
    const cutMs = left[0].wakeAtMs;
    for (const { id } of left) this.#drop(id);
    this.#cutHorizon(cutMs);
  }

  /** From `cutMs` on the store must be read again, and what is being read of it is not all (W1). */
  #cutHorizon(cutMs: number): void {
    this.#horizonMs = Math.min(this.#horizonMs, cutMs);
    if (this.#readingAhead && this.#readingAhead.untilMs > cutMs) {
      this.#readingAhead = { ...this.#readingAhead, untilMs: cutMs };
    }
  }

  #aheadRead(event: { entries: readonly DueEntry[]; completeToMs: number }, nowMs: number): void {
    const told = this.#readingAhead?.told;
    for (const entry of event.entries) {
      if (!told?.has(entry.id) && !this.#waking.has(entry.id)) this.#hold(entry, nowMs);
    }
    const { fromMs, untilMs } = this.#readingAhead ?? { fromMs: nowMs, untilMs: nowMs };
    this.#readingAhead = null;
    if (event.completeToMs <= fromMs) this.#blockedAtMs = fromMs;
    this.#horizonMs = Math.max(this.#horizonMs, Math.min(event.completeToMs, untilMs));
  }

  #laneRead(event: { lane: string; entries: readonly DueEntry[]; whole: boolean }): void {
    for (const entry of event.entries) {
      if (this.#held.has(entry.id) || this.#waking.has(entry.id)) continue;
      this.#lines.offer(this.#put(entry, false), { scanned: true });
    }
    this.#lines.scanDone(event.lane, { last: event.entries.at(-1), whole: event.whole });
  }

  #lanesRead(page: LanesPage & { readonly after: string | null }): void {
    this.#lines.name(page.lanes, { first: this.#rounds.read(page) });
  }

  /** It may be stale, as a lane's read: it moves nothing that is held. */
  #recentRead(entries: readonly DueEntry[]): void {
    this.#recent = "none";
    for (const entry of entries) {
      if (this.#held.has(entry.id) || this.#waking.has(entry.id)) continue;
      this.#lines.offer(this.#put(entry, false), { scanned: false });
    }
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
      this.#lines.offer(next, { scanned: false });
    }
    const overtaken = this.#horizonMs < nowMs;
    const blocked = this.#horizonMs === this.#blockedAtMs && this.#horizonMs <= untilMs;
    if (overtaken || blocked) this.#fallBehind(nowMs);
  }

  /** Time has come to the horizon: what lies there is due, and only the lanes' reads can tell it (W1). */
  #fallBehind(nowMs: number): void {
    if (this.#readingAhead !== null) return;
    this.#horizonMs = Math.max(nowMs, this.#horizonMs + 1);
    this.#rounds.wantAll();
  }

  #reads(nowMs: number): WindowRead[] {
    const reads: WindowRead[] = [];
    const lanes = this.#lines.reads();
    // Lanes are named no faster than they can be read.
    const page = this.#lines.keepsUp && this.#rounds.next({ more: this.#lines.hasPlaceForOthers });
    if (page) reads.push(page);
    if (this.#recent === "wanted") {
      this.#recent = "under-way";
      reads.push({ kind: "read-recent", fromMs: nowMs - WINDOW_RECENT_MS });
    }
    if (this.#wantsAhead(nowMs)) {
      const fromMs = this.#horizonMs;
      const untilMs = nowMs + WINDOW_AHEAD_MS;
      this.#readingAhead = { fromMs, untilMs, told: new Set() };
      reads.push({ kind: "read-ahead", fromMs, untilMs });
    }
    for (const lane of lanes) reads.push({ kind: "read-lane", ...lane });
    return reads;
  }

  #wantsAhead(nowMs: number): boolean {
    if (this.#readingAhead !== null || this.#horizonMs === this.#blockedAtMs) return false;
    // However much is held beyond it (told during a read that was cut short): a horizon that time has
    // reached must move on, or the lanes would be read instead, again and again.
    if (this.#horizonMs <= nowMs + ARM_AHEAD_MS) return true;
    return this.#horizonMs < nowMs + WINDOW_AHEAD_MS / 2 &&
      this.#future.size < this.bounds.futureMax / 2;
  }

  #readFailed(read: WindowRead): void {
    switch (read.kind) {
      case "read-ahead":
        this.#readingAhead = null;
        return;
      case "read-lane":
        return this.#lines.scanFailed(read.lane);
      case "read-lanes":
        return this.#rounds.failed(read);
      case "read-recent":
        this.#recent = "wanted";
        return;
      default:
        unreachable(read);
    }
  }

  /** The lane's best entry whose time has come; a clock that went back sends others to the future again (W2). */
  #best(lane: ReadyLane<Held>, nowMs: number): Held | undefined {
    for (let entry = lane.peek(); entry; entry = lane.peek()) {
      if (entry.wakeAtMs <= nowMs + ARM_AHEAD_MS) return entry;
      lane.pop();
      this.#future.push(entry);
    }
    return undefined;
  }

  #peekFuture(): Held | undefined {
    for (let next = this.#future.peek(); next; next = this.#future.peek()) {
      if (next.live) return next;
      this.#future.pop();
    }
    return undefined;
  }
}

function isLive(held: Held): boolean {
  return held.live;
}

function sameEntry(left: DueEntry, right: DueEntry): boolean {
  return left.wakeAtMs === right.wakeAtMs && left.lane === right.lane && left.rank === right.rank;
}
