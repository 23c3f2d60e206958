/**
 * SqliteStore: the store in one file, for one machine. Its calls run in a thread of their own,
 * because SQLite blocks while the disk writes; this side only packs, sends and unpacks.
 *
 * Keeps S4 by the engine's commits (D3), S5 because one thread serves one call after another.
 * @module
 */
import type { ActorId, ShardId } from "../../ids.ts";
import type { DueEntry, Snapshot } from "../../snapshot.ts";
import type {
  AcquireOutcome,
  Claimant,
  DueRange,
  Fence,
  FindQuery,
  FoundPage,
  JournalLine,
  LaneQuery,
  LanesPage,
  LanesQuery,
  RangeQuery,
  Renewal,
  Reservation,
  Session,
  Store,
  Write,
  WriteOutcome,
} from "../port.ts";
import { Channel, type ThreadPort } from "./channel.ts";
import type { DatabaseOptions } from "./engine/database.ts";
import type { Engine } from "./engine/engine.ts";
import {
  type EngineOp,
  type Flat,
  packWrites,
  unpackOutcomes,
  unpackSnapshots,
} from "./protocol.ts";

/** The driver. One per file and machine: a second one is refused with `unavailable`. */
export class SqliteStore implements Store {
  readonly #channel: Channel;
  #closing: Promise<void> | undefined;

  private constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Opens or creates the store; rejects with the `Fault` that says what is wrong with it. */
  static async open(
    options: DatabaseOptions,
    startThread: () => ThreadPort = startWorker,
  ): Promise<SqliteStore> {
    const channel = new Channel(startThread());
    try {
      await channel.call("open", options);
      return new SqliteStore(channel);
    } catch (error) {
      channel.end("the store could not be opened");
      throw error;
    }
  }

  async apply(batch: readonly Write[]): Promise<readonly WriteOutcome[]> {
    return unpackOutcomes(await this.#channel.call("apply", packWrites(batch)) as number[]);
  }

  async load(ids: readonly ActorId[]): Promise<readonly (Snapshot | undefined)[]> {
    return unpackSnapshots(await this.#channel.call("load", ids) as Flat);
  }

  async find(query: FindQuery): Promise<FoundPage> {
    const page = await this.#channel.call("find", query) as {
      snapshots: Flat;
      cursor: string | null;
    };
    return { snapshots: unpackSnapshots(page.snapshots) as Snapshot[], cursor: page.cursor };
  }

  tallies(kind: string): Promise<ReadonlyMap<string, number>> {
    return this.#call("tallies", kind);
  }

  journal(
    query: { id: ActorId; stream: string; after: number; limit: number },
  ): Promise<readonly JournalLine[]> {
    return this.#call("journal", query);
  }

  lanes(query: LanesQuery): Promise<LanesPage> {
    return this.#call("lanes", query);
  }

  dueInLane(query: LaneQuery): Promise<readonly DueEntry[]> {
    return this.#call("dueInLane", query);
  }

  dueBetween(query: RangeQuery): Promise<DueRange> {
    return this.#call("dueBetween", query);
  }

  sweep(query: { nowMs: number; limit: number }): Promise<number> {
    return this.#call("sweep", query);
  }

  renew(claimant: Claimant, options: { ttlMs: number; opening: boolean }): Promise<Renewal> {
    return this.#call("renew", { claimant, ...options });
  }

  leave(claimant: Claimant): Promise<void> {
    return this.#call("leave", claimant);
  }

  sessions(): Promise<readonly Session[]> {
    return this.#call("sessions");
  }

  acquire(claimant: Claimant, shards: readonly ShardId[]): Promise<readonly AcquireOutcome[]> {
    return this.#call("acquire", { claimant, shards });
  }

  release(
    claimant: Claimant,
    shards: readonly ShardId[],
    reservation?: Reservation,
  ): Promise<void> {
    return this.#call("release", { claimant, shards, ...(reservation ? { reservation } : {}) });
  }

  fences(): Promise<readonly Fence[]> {
    return this.#call("fences");
  }

  /** Calls sent before are answered first; then the file is let go. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    const closed = this.#channel.call("close", null);
    this.#channel.refuse("the store is closed");
    try {
      await closed;
    } finally {
      this.#channel.end("the store is closed");
    }
  }

  async #call<O extends EngineOp>(
    op: O,
    ...argument: Parameters<Engine[O]>
  ): Promise<ReturnType<Engine[O]>> {
    return await this.#channel.call(op, argument[0]) as ReturnType<Engine[O]>;
  }
}

function startWorker(): ThreadPort {
  return new Worker(new URL("./thread.ts", import.meta.url), { type: "module", name: "store" });
}
