/**
 * Lines: the due actors that are held in memory, lane by lane, and whose turn it is.
 *
 * Intuition: a line (a queue) has one lane for what carries no key, and one for each key. Lines take turns, one
 * entry each, and within a line its lanes do: neither a long queue nor a busy key holds the others back. Only
 * lanes that something happened to are looked at, so that tens of thousands of them that rest cost nothing.
 *
 * A lane: in turn (it may have something to take) → shut (it found no room of its own) → in turn (opened), or at
 * rest (nothing to take until something comes).
 * Invariants: R1–R4 (ready_lane.ts), and
 *   L1. Between two entries of one lane, each other lane of its line that has one and finds room gives one; the
 *       same between two entries of one line.
 *   L2. A shut lane is not asked again before it is opened.
 *   L3. At most `lanesMax` lanes are held, besides those without a key; a line's lanes together hold about
 *       `lineReadyMax` entries, whatever their number. Of lanes that find no place here each gets its turn at last:
 *       while there are such, a lane is let go of after its turn, and shut ones at each rescan.
 *   L4. At most `LANE_READS_MAX` lanes are being read at once.
 * @module
 */
import { LANE_READS_MAX, LANES_PAGE_MAX } from "../limits.ts";
import { type DueEntry, hasKey, lineOfLane } from "../snapshot.ts";
import type { Room } from "./gate.ts";
import { ReadyLane } from "./ready_lane.ts";
import type { WindowBounds } from "./window_events.ts";

/** What the lines are made with. */
export interface LinesOptions<Entry> {
  readonly bounds: WindowBounds;
  /** Whether an entry is still meant. */
  readonly isLive: (entry: Entry) => boolean;
  /** Told of every entry that is left to the store (R4). */
  readonly left: (entry: Entry) => void;
}

/** How entries are taken. */
export interface TakeOptions<Entry> {
  readonly count: number;
  /** The lane's best entry that can be taken now. */
  readonly best: (lane: ReadyLane<Entry & DueEntry>) => Entry | undefined;
  readonly reserve: (entry: Entry) => Room;
}

/** One line. */
class Line<Entry extends DueEntry> {
  readonly lanes = new Set<ReadyLane<Entry>>();
  /** Lanes that may have something to take, in the order of their turns. */
  readonly turns = new Set<ReadyLane<Entry>>();
  readonly shut = new Set<ReadyLane<Entry>>();

  constructor(private readonly bounds: WindowBounds) {}

  /** Entries that each lane may hold (L3). */
  get readyMax(): number {
    const { laneReadyMax, lineReadyMax } = this.bounds;
    return Math.max(2, Math.min(laneReadyMax, Math.floor(lineReadyMax / this.lanes.size)));
  }
}

/** The lines of one window. */
export class Lines<Entry extends DueEntry> {
  readonly #options: LinesOptions<Entry>;
  readonly #lines = new Map<string, Line<Entry>>();
  readonly #lanes = new Map<string, ReadyLane<Entry>>();
  /** Lines that may have something to take, in the order of their turns. */
  readonly #turns = new Set<Line<Entry>>();
  /** Lanes to which something happened that may call for a read, or for their end. */
  readonly #touched = new Set<ReadyLane<Entry>>();
  /** Lanes to be read, first come first served. */
  readonly #wanting = new Set<ReadyLane<Entry>>();
  /** Names of the lanes being read. */
  readonly #reading = new Set<string>();
  /** Lanes that the store was said to have, until there is place to look at them. */
  readonly #named = new Set<string>();
  #crowded = false;
  #madePlace = false;

  constructor(options: LinesOptions<Entry>) {
    this.#options = options;
  }

  /** True when others can be named: all that were are being read, and there is reason to look for more. */
  get keepsUp(): boolean {
    return this.#named.size === 0 && this.#wanting.size === 0;
  }

  /** True when lanes that found no place can be named again. */
  get hasPlaceForOthers(): boolean {
    return this.#crowded && this.#madePlace && this.#hasPlace;
  }

  /** The store has these lanes: each may have entries that nobody told us of. `first`: of all that it has. */
  name(lanes: readonly string[], { first }: { first: boolean }): void {
    if (first) this.#crowded = false;
    this.#madePlace = false;
    for (const lane of lanes) this.#named.add(lane);
  }

  /** Takes an entry in, or leaves it to the store; `scanned`: it is part of what was read of its lane. */
  offer(entry: Entry, options: { scanned: boolean }): void {
    const lane = this.#lane(entry.lane);
    if (lane === undefined) {
      this.#crowded = true;
      return this.#options.left(entry);
    }
    for (const left of lane.offer(entry, options)) this.#options.left(left);
    this.#touched.add(lane);
    this.#rouse(lane);
  }

  /** An entry of this lane is no longer meant. */
  touch(name: string): void {
    const lane = this.#lanes.get(name);
    if (lane) this.#touched.add(lane);
  }

  /** What was read of a lane, already offered, ended with `last`; `whole`: there was no more. */
  scanDone(name: string, { last, whole }: { last: DueEntry | undefined; whole: boolean }): void {
    this.#reading.delete(name);
    const lane = this.#lane(name);
    if (lane === undefined) return;
    lane.scanDone(last, whole);
    this.#touched.add(lane);
    this.#rouse(lane);
  }

  /** A read of a lane failed. */
  scanFailed(name: string): void {
    this.#reading.delete(name);
    const lane = this.#lane(name);
    if (lane === undefined) return;
    lane.scanFailed();
    this.#touched.add(lane);
  }

  /** There may be room in this lane, or in all lanes of the line of this name. */
  open(name: string): void {
    const lane = this.#lanes.get(name);
    if (lane) this.#rouse(lane, { shut: false });
    else if (this.#crowded && hasKey(name)) this.#named.add(name);
    for (const shut of this.#lines.get(name)?.shut ?? []) this.#rouse(shut, { shut: false });
  }

  /** There may be room in every lane; some that found none make place for others (L3). */
  openAll(): void {
    let places = this.#isFull ? LANES_PAGE_MAX : 0;
    for (const line of this.#lines.values()) {
      for (const lane of line.shut) {
        if (places-- > 0) this.#letGo(lane);
        else this.#rouse(lane, { shut: false });
      }
    }
  }

  /** Takes up to `count` entries by turns, as long as there is room for them (L1, L2). */
  take(options: TakeOptions<Entry>): Entry[] {
    const taken: Entry[] = [];
    const full: Line<Entry>[] = [];
    while (taken.length < options.count) {
      const line = firstOf(this.#turns);
      if (line === undefined) break;
      this.#turns.delete(line);
      const entry = this.#takeFrom(line, options);
      if (entry === "no-line") full.push(line);
      else if (entry !== undefined) {
        taken.push(entry);
        this.#turns.add(line);
      }
    }
    for (const line of full) this.#turns.add(line);
    return taken;
  }

  /** The lanes whose reads must begin now (L4); each is to be answered by `scanDone` or `scanFailed`. */
  reads(): { readonly lane: string; readonly most: number }[] {
    this.#lookAtNamed();
    for (const lane of this.#touched) {
      if (lane.isSpent) this.#forget(lane);
      else if (lane.wantsScan) this.#wanting.add(lane);
    }
    this.#touched.clear();
    const begun: { lane: string; most: number }[] = [];
    for (const lane of this.#wanting) {
      if (this.#reading.size >= LANE_READS_MAX) break;
      this.#wanting.delete(lane);
      if (!lane.wantsScan || this.#reading.has(lane.name)) continue;
      lane.scanSent();
      this.#reading.add(lane.name);
      begun.push({ lane: lane.name, most: this.#lineOf(lane).readyMax });
    }
    return begun;
  }

  #takeFrom(line: Line<Entry>, { best, reserve }: TakeOptions<Entry>): Entry | "no-line" | void {
    for (let lane = firstOf(line.turns); lane; lane = firstOf(line.turns)) {
      const entry = best(lane);
      if (entry === undefined) {
        line.turns.delete(lane);
        this.#touched.add(lane);
        continue;
      }
      const room = reserve(entry);
      if (room === "no-line") return room;
      line.turns.delete(lane);
      if (room === "no-lane") {
        line.shut.add(lane);
        continue;
      }
      lane.pop();
      line.turns.add(lane);
      this.#touched.add(lane);
      if (this.#isFull && hasKey(lane.name)) this.#letGo(lane);
      return entry;
    }
  }

  /** Puts a lane in turn; not one that is shut, unless it no longer is. */
  #rouse(lane: ReadyLane<Entry>, { shut = true } = {}): void {
    const line = this.#lineOf(lane);
    if (shut && line.shut.has(lane)) return;
    line.shut.delete(lane);
    line.turns.add(lane);
    this.#turns.add(line);
  }

  get #hasPlace(): boolean {
    return this.#lanes.size < this.#options.bounds.lanesMax;
  }

  /** True while lanes find no place. */
  get #isFull(): boolean {
    return !this.#hasPlace && (this.#crowded || this.#named.size > 0);
  }

  /** Takes in lanes that were named, as long as there is place. */
  #lookAtNamed(): void {
    for (const name of this.#named) {
      const lane = this.#lane(name);
      if (lane === undefined) return;
      this.#named.delete(name);
      lane.distrust();
      this.#touched.add(lane);
    }
  }

  /** The lane of this name; undefined when there is no place for it (L3). */
  #lane(name: string): ReadyLane<Entry> | undefined {
    const known = this.#lanes.get(name);
    if (known) return known;
    if (!this.#hasPlace && hasKey(name)) return undefined;
    const line = this.#line(lineOfLane(name));
    const lane = new ReadyLane<Entry>(name, this.#options.isLive, line);
    // What it held before, or was not let hold, is in the store.
    if (this.#crowded) lane.distrust();
    line.lanes.add(lane);
    this.#lanes.set(name, lane);
    return lane;
  }

  #line(name: string): Line<Entry> {
    let line = this.#lines.get(name);
    if (line === undefined) {
      line = new Line(this.#options.bounds);
      this.#lines.set(name, line);
    }
    return line;
  }

  #lineOf(lane: ReadyLane<Entry>): Line<Entry> {
    return this.#line(lineOfLane(lane.name));
  }

  /** Leaves all of a lane to the store. */
  #letGo(lane: ReadyLane<Entry>): void {
    for (const entry of lane.clear()) this.#options.left(entry);
    this.#crowded = true;
    this.#madePlace = true;
    this.#forget(lane);
  }

  #forget(lane: ReadyLane<Entry>): void {
    const name = lineOfLane(lane.name);
    const line = this.#line(name);
    for (const set of [line.lanes, line.turns, line.shut, this.#touched, this.#wanting]) {
      set.delete(lane);
    }
    this.#lanes.delete(lane.name);
    if (line.lanes.size > 0) return;
    this.#lines.delete(name);
    this.#turns.delete(line);
  }
}

function firstOf<Item>(items: ReadonlySet<Item>): Item | undefined {
  for (const item of items) return item;
  return undefined;
}
