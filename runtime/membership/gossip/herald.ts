/**
 * Herald: what this node tells others, with which message, and when it gossips.
 *
 * Intuition: every message is a parcel that takes news along: first what the receiver must hear about itself,
 * then the least told news, then loads. Fresh news of members sets off a round of gossip almost at
 * once, so that it crosses the cluster in a few short steps; what was told before waits for the usual round.
 *
 * Invariants:
 *   H1. A parcel holds at most `PIGGYBACK_UPDATES_MAX` updates, what is said of its receiver, and `PIGGYBACK_LOADS_MAX` loads.
 *   H2. Rounds are at least `GOSSIP_SOON_MS` apart, so the messages of a period are bounded whatever happens.
 *   H3. This node's load is told at most every `LOAD_EVERY_MS`, the latest in the end.
 * @module
 */
import type { BootId } from "../../ids.ts";
import {
  GOSSIP_EVERY_MS,
  GOSSIP_SOON_MS,
  LOAD_EVERY_MS,
  PIGGYBACK_CHARS_MAX,
  PIGGYBACK_LOADS_MAX,
  PIGGYBACK_UPDATES_MAX,
  SYNC_MEMBERS_MAX,
} from "../../limits.ts";
import type { Load, LoadReport, MemberRecord, Parcel, SwimMessage } from "../messages.ts";
import { GossipQueue } from "./gossip_queue.ts";

/** A member's record and load, as a view shows them. */
export interface Portrait {
  readonly record: MemberRecord;
  readonly load: Load | null;
  readonly loadVersion: number;
}

/** The news of one node. */
export class Herald {
  readonly #boot: BootId;
  /** The cluster's size. */
  readonly #members: () => number;
  readonly #updates = new GossipQueue<MemberRecord>((record) => JSON.stringify(record).length);
  readonly #loads = new GossipQueue<LoadReport>(() => 1);
  /** This node's load, when it was not told yet (H3). */
  #untold: Load | null = null;
  #load: Load | null = null;
  #loadVersion = 0;
  #loadAtMs: number;
  #roundAtMs: number;
  #lastRoundMs = -Infinity;

  constructor(boot: BootId, members: () => number, nowMs: number) {
    this.#boot = boot;
    this.#members = members;
    this.#loadAtMs = this.#roundAtMs = nowMs;
  }

  /** This node's load. */
  get load(): Load | null {
    return this.#load;
  }

  /** Raised each time this node's load is told. */
  get loadVersion(): number {
    return this.#loadVersion;
  }

  /** True while there is something to gossip about. */
  get hasNews(): boolean {
    return this.#updates.size > 0 || this.#loads.size > 0;
  }

  /** Passes on what is known of a member, soon (H2). */
  tell(record: MemberRecord, nowMs: number): void {
    this.#updates.put(record.boot, record);
    this.#soon(nowMs);
  }

  /** Passes on a member's load, when there is room. */
  tellLoad(report: LoadReport): void {
    this.#loads.put(report.boot, report);
  }

  /** This node is now so busy. */
  loaded(load: Load): void {
    const { running, waiting } = this.#load ?? { running: -1, waiting: -1 };
    if (load.running === running && load.waiting === waiting) return;
    this.#load = this.#untold = load;
  }

  /** When `tick` has something to do next, ms; Infinity: nothing. */
  nextTickMs(): number {
    const roundAtMs = this.hasNews ? this.#roundAtMs : Infinity;
    return this.#untold === null ? roundAtMs : Math.min(roundAtMs, this.#loadAtMs);
  }

  /** Queues this node's load when its time has come; true when a round of gossip is due. */
  tick(nowMs: number): boolean {
    if (this.#untold !== null && this.#loadAtMs <= nowMs) {
      this.tellLoad({ boot: this.#boot, version: ++this.#loadVersion, load: this.#untold });
      this.#untold = null;
      this.#loadAtMs = nowMs + LOAD_EVERY_MS;
    }
    return this.hasNews && this.#roundAtMs <= nowMs;
  }

  /** A round of gossip was sent: what nobody was told yet goes into one that follows soon. */
  roundDone(nowMs: number): void {
    this.#lastRoundMs = nowMs;
    this.#roundAtMs = nowMs + GOSSIP_EVERY_MS;
    if (this.#updates.hasFresh) this.#soon(nowMs);
  }

  /** What a message to `to` takes along (H1). Unless it is thought alive, it hears what is said of it. */
  parcel(to?: MemberRecord): Parcel {
    const members = this.#members();
    const updates = this.#updates.take({
      count: PIGGYBACK_UPDATES_MAX,
      chars: PIGGYBACK_CHARS_MAX,
      members,
    });
    if (to !== undefined && to.status !== "alive") updates.unshift(to);
    const bounds = { count: PIGGYBACK_LOADS_MAX, chars: PIGGYBACK_LOADS_MAX, members };
    return { from: this.#boot, updates, loads: this.#loads.take(bounds) };
  }

  /** A whole view in parts of at most `SYNC_MEMBERS_MAX`; the last one asks for an answer, if any does. */
  viewParts(portraits: readonly Portrait[], ask: boolean): SwimMessage[] {
    const parts: SwimMessage[] = [];
    for (let at = 0; at < portraits.length; at += SYNC_MEMBERS_MAX) {
      const part = portraits.slice(at, at + SYNC_MEMBERS_MAX);
      parts.push({
        kind: "sync",
        ask: ask && at + SYNC_MEMBERS_MAX >= portraits.length,
        from: this.#boot,
        updates: part.map(({ record }) => record),
        loads: part.flatMap(reportOf),
      });
    }
    return parts;
  }

  #soon(nowMs: number): void {
    const soonMs = Math.max(nowMs, this.#lastRoundMs + GOSSIP_SOON_MS);
    this.#roundAtMs = Math.min(this.#roundAtMs, soonMs);
  }
}

function reportOf({ record, load, loadVersion }: Portrait): LoadReport[] {
  return load === null ? [] : [{ boot: record.boot, version: loadVersion, load }];
}

/** What must be told of a member so that it can contradict: nothing of those that are thought alive. */
export function accusation(record: MemberRecord): MemberRecord | undefined {
  return record.status === "alive" ? undefined : record;
}

/** A parcel that tells of `record` first. */
export function including(parcel: Parcel, record: MemberRecord | undefined): Parcel {
  return record === undefined ? parcel : { ...parcel, updates: [record, ...parcel.updates] };
}
