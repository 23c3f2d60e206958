/**
 * WakeupsDriver: runs the {@link NearWindow} on the real clock and store.
 *
 * Intuition: every cause (a new entry, room, time) leads to one `pump`, at most one per turn of the
 * event loop. A pump takes what may be woken and sets one timer for what comes next.
 *
 * Invariants: K1. However a read or a wake-up ends, the next pump is certain: by a timer, a change, or
 * the rescan every `WINDOW_RESCAN_MS`. Nothing due waits for somebody to add something new.
 * K2. What was of no use is not tried again at once: neither a wake-up that reached nobody, nor a read
 * that told of nothing new.
 * @module
 */
import type { Clock, Timer } from "../clock.ts";
import type { ActorId, ShardId } from "../ids.ts";
import {
  ARM_AHEAD_MS,
  LANE_AWAKE_MAX,
  LANES_PAGE_MAX,
  OVERDUE_AFTER_MS,
  OVERDUE_BATCH_MAX,
  OVERDUE_EVERY_MS,
  STORE_RETRY_MIN_MS,
  WINDOW_READ_MAX,
  WINDOW_RESCAN_MS,
} from "../limits.ts";
import { type DueEntry, hasKey } from "../snapshot.ts";
import type { Store } from "../store/port.ts";
import type { WakeGate } from "./gate.ts";
import { NearWindow } from "./near_window.ts";
import type { WakeEnd, WindowBounds, WindowEvent, WindowRead } from "./window_events.ts";

/** Wake-ups begun in one pump; the rest follow after the event loop had its turn. */
const PUMP_WAKES_MAX = 512;

/** What the driver needs of its node. */
export interface WakeupsOptions {
  readonly clock: Clock;
  readonly store: Pick<Store, "lanes" | "dueInLane" | "dueBetween">;
  readonly gate: WakeGate;
  /** False while this node must not start anything: not trusted, draining, closed. */
  readonly mayWake: () => boolean;
  /** True while an actor is in memory: what a lane's read says of it may be older than what it knows. */
  readonly isActive: (id: ActorId) => boolean;
  /** The shards whose actors are ours to wake; absent: all. */
  readonly owned?: () => readonly ShardId[];
  /** Actors in memory. */
  readonly activeCount: () => number;
  /** Wakes an actor; `settle` is called once when its handling ended, or when nobody was there to handle it. */
  readonly wake: (entry: DueEntry, settle: (end: WakeEnd) => void) => void;
  /** Tells an actor that it became due and waits. */
  readonly overdue: (entry: DueEntry) => void;
  /** How much the window may hold; those of limits.ts unless given. */
  readonly bounds?: WindowBounds | undefined;
}

/** The wake-ups of one node. */
export class WakeupsDriver {
  readonly #options: WakeupsOptions;
  readonly #window: NearWindow;
  /** Entries of one read: as many as fill a lane. */
  readonly #readMax: number;
  readonly #timers = new Map<"next" | "rescan" | "overdue", Timer>();
  /** Actors that could not be woken: left alone until the next rescan, which finds them again (K2). */
  readonly #unreached = new Set<ActorId>();
  #nextAtMs = Infinity;
  #pumping = false;
  #closed = false;

  constructor(options: WakeupsOptions) {
    this.#options = options;
    this.#window = new NearWindow(options.clock.wallMs(), options.bounds);
    this.#readMax = options.bounds?.laneReadyMax ?? WINDOW_READ_MAX;
  }

  /** Entries held in memory. */
  get size(): number {
    return this.#window.size;
  }

  /** Begins to read the index and to wake. */
  start(): void {
    this.#every("rescan", WINDOW_RESCAN_MS, () => this.rescan());
    this.#every("overdue", OVERDUE_EVERY_MS, () => this.#tellOverdue());
    this.#feed({ kind: "tick" });
  }

  /** An entry was committed or moved. */
  scheduled(entry: DueEntry): void {
    this.#feed({ kind: "scheduled", entry });
  }

  /** An actor no longer waits to be woken. */
  unscheduled(id: ActorId): void {
    this.#feed({ kind: "unscheduled", id });
  }

  /** There may be room in a lane that found none, or in all lanes of a line: wakes what can be woken, soon. */
  opened(name: string): void {
    this.#feed({ kind: "opened", name });
  }

  /** There may be room, or a reason to look: wakes what can be woken, soon. */
  pump(): void {
    if (this.#pumping || this.#closed) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#pumpNow();
    });
  }

  /** Reads the index again: it may hold what nobody told us of, or what we could not wake. */
  rescan(): void {
    for (const id of this.#unreached) this.#feed({ kind: "woken", id }, { pump: false });
    this.#unreached.clear();
    this.#window.distrust();
    this.#feed({ kind: "tick" });
  }

  /** More actors are ours to wake than before. */
  gained(): void {
    this.#feed({ kind: "gained" });
    this.rescan();
  }

  /** These actors are no longer ours to wake. */
  lost(isLost: (id: ActorId) => boolean): void {
    this.#feed({ kind: "lost", isLost });
  }

  /** Wakes nothing more. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #pumpNow(): void {
    const { clock, gate, mayWake, wake } = this.#options;
    if (this.#closed || !mayWake()) return;
    const nowMs = clock.wallMs();
    const taken = this.#window.take(
      { nowMs, count: PUMP_WAKES_MAX },
      (entry) => gate.reserve(entry),
    );
    for (const entry of taken) wake(entry, (end) => this.#woken(entry, end));
    this.#feed({ kind: "tick" }, { pump: false });
    if (taken.length === PUMP_WAKES_MAX) this.#options.clock.after(0, () => this.pump());
    this.#setNextTimer();
  }

  #woken(entry: DueEntry, end: WakeEnd): void {
    this.#options.gate.settled(entry);
    if (end === "handled") this.#feed({ kind: "woken", id: entry.id });
    else this.#unreached.add(entry.id);
  }

  #feed(event: WindowEvent, options: { pump: boolean } = { pump: true }): void {
    if (this.#closed) return;
    for (const read of this.#window.step(event, this.#options.clock.wallMs())) {
      void this.#read(read);
    }
    if (options.pump) this.pump();
  }

  async #read(read: WindowRead): Promise<void> {
    try {
      const event = await this.#answer(read);
      if (event) this.#feed(event);
      else this.#readAgain(read);
    } catch {
      // The store's own health is watched elsewhere; here it only matters to ask again (K1).
      this.#readAgain(read);
    }
  }

  #readAgain(read: WindowRead): void {
    this.#options.clock.after(
      STORE_RETRY_MIN_MS,
      () => this.#feed({ kind: "read-failed", read }),
    );
  }

  /** What the store says; null when it had nothing to tell but of actors that are at work already. */
  async #answer(read: WindowRead): Promise<WindowEvent | null> {
    const { store, clock, isActive, activeCount, owned } = this.#options;
    const shards = owned?.();
    const ours = shards === undefined ? {} : { shards };
    if (read.kind === "read-lanes") {
      const page = await store.lanes({ after: read.after, limit: LANES_PAGE_MAX });
      return { kind: "lanes-read", after: read.after, ...page };
    }
    if (read.kind === "read-recent") {
      const span = { fromMs: read.fromMs, untilMs: clock.wallMs(), limit: this.#readMax };
      const { entries } = await store.dueBetween({ ...span, ...ours });
      return {
        kind: "recent-read",
        entries: entries.filter(({ id }) => !isActive(id) && !this.#unreached.has(id)),
      };
    }
    if (read.kind === "read-lane") {
      // The best may all be awake, their starts uncommitted, or out of reach: room for as many beside them.
      const awake = activeCount() + this.#unreached.size;
      const query = {
        lane: read.lane,
        untilMs: clock.wallMs() + ARM_AHEAD_MS,
        limit: read.most + (hasKey(read.lane) ? Math.min(awake, LANE_AWAKE_MAX) : awake),
        ...ours,
      };
      const found = await store.dueInLane(query);
      const entries = found.filter(({ id }) => !isActive(id) && !this.#unreached.has(id));
      const whole = found.length < query.limit;
      // Asked again at once, it would say the same, for as long as their commits take.
      if (entries.length === 0 && !whole) return null;
      return { kind: "lane-read", lane: read.lane, entries, whole };
    }
    const { fromMs, untilMs } = read;
    const range = await store.dueBetween({ fromMs, untilMs, limit: this.#readMax, ...ours });
    // Actors in memory too: whether what is told of them is newer, the window knows (W6).
    return { kind: "ahead-read", ...range };
  }

  #tellOverdue(): void {
    const dueBeforeMs = this.#options.clock.wallMs() - OVERDUE_AFTER_MS;
    const overdue = this.#window.overdue({ dueBeforeMs, limit: OVERDUE_BATCH_MAX });
    for (const entry of overdue) this.#options.overdue(entry);
  }

  #setNextTimer(): void {
    const atMs = this.#window.nextTakeAtMs() ?? Infinity;
    if (atMs === this.#nextAtMs && this.#timers.has("next")) return;
    this.#timers.get("next")?.cancel();
    this.#timers.delete("next");
    this.#nextAtMs = atMs;
    if (atMs === Infinity) return;
    const delayMs = atMs - this.#options.clock.wallMs();
    this.#timers.set(
      "next",
      this.#options.clock.after(delayMs, () => {
        this.#timers.delete("next");
        this.pump();
      }),
    );
  }

  #every(name: "rescan" | "overdue", everyMs: number, act: () => void): void {
    const again = () => {
      if (this.#closed) return;
      this.#timers.set(name, this.#options.clock.after(everyMs, again));
      act();
    };
    this.#timers.set(name, this.#options.clock.after(everyMs, again));
  }
}
