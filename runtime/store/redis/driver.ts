/**
 * RedisStore: the store of a cluster, in Redis.
 *
 * Intuition: every call is one script for each storage group that it concerns, so that what it reads and writes there
 * is one moment. A batch of writes is one script call and one entry of the append-only file: batching, not cleverness,
 * is where throughput comes from. Times of sessions are Redis's own clock.
 *
 * Invariants: S1 to S7 of the port, S5 for what lies in one group. RS1 and RS2: see calls.ts. RS3: see connection.ts.
 * RS4. A node that can't renew its session in one group renews it in none: it would hold shards in vain.
 *
 * Known limit: durability is the server's: with `appendfsync everysec`, Redis's default, a crash of its machine can
 * lose the last second; `appendfsync always` loses nothing that was acknowledged.
 * @module
 */
import { Fault } from "../../fault.ts";
import type { ActorId, ShardId } from "../../ids.ts";
import {
  FIND_LIMIT_MAX,
  JOURNAL_LINES_MAX,
  REDIS_COMMIT_WRITES_MAX,
  REDIS_DUE_MAX,
  REDIS_GROUPS_MAX,
  REDIS_OPEN_MS,
  REDIS_PLACES_MAX,
  REDIS_SWEEP_MAX,
  SWEEP_ACTORS_MAX,
} from "../../limits.ts";
import type { DueEntry, Snapshot } from "../../snapshot.ts";
import { checkBatch, checkLimit, checkLoad, insertsOf } from "../batch.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
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
  StoreBirth,
  Write,
  WriteOutcome,
} from "../port.ts";
import { parseRedisUrl } from "./address.ts";
import { RedisCalls } from "./calls.ts";
import type { NumberedWrite } from "./codec.ts";
import { clientFor } from "./connection.ts";
import { byWake, type Due, firstOf, type PartSource } from "./due_parts.ts";
import { faultOf } from "./faults.ts";
import { pageOf, serialBehind } from "./found_parts.ts";
import { greet } from "./greeting.ts";
import { StorageGroup } from "./group.ts";
import { allOf, type GroupPart, groupPrefixes, inPlace, Spread } from "./groups.ts";

/** How a Redis store is opened. */
export interface RedisOptions extends StoreBirth {
  /** See address.ts. */
  readonly url: string;
  /** `local` (default): a write counts when the primary answers; `replicated`: when a replica has it too. */
  readonly durability?: "local" | "replicated";
  /** Storage groups that the shards are spread over, for a Redis Cluster; 1 (default) to `REDIS_GROUPS_MAX`. */
  readonly groups?: number;
  /** Told what is not as it should be but works, such as persistence that is off. */
  readonly warn: (message: string) => void;
}

/** The driver. */
export class RedisStore implements Store {
  readonly commitWritesMax: number;
  readonly #calls: RedisCalls;
  readonly #groups: readonly StorageGroup[];
  readonly #spread: Spread;
  readonly #shards: readonly ShardId[];
  /** The highest serial we know of. */
  #newest = 0;
  /** The group whose renewal failed last (RS4). */
  #doubtful = 0;

  private constructor(calls: RedisCalls, { shards, groups = 1 }: RedisOptions) {
    this.#calls = calls;
    this.#groups = groupPrefixes(groups).map((prefix) => new StorageGroup(calls, prefix));
    this.#spread = new Spread(shards, groups);
    this.#shards = Array.from({ length: shards }, (_, shard) => shard as ShardId);
    this.commitWritesMax = REDIS_COMMIT_WRITES_MAX * groups;
  }

  /** Connects and checks that the servers are fit and the store this cluster's; rejects with a `Fault` (`store.open`). */
  static async open(options: RedisOptions): Promise<RedisStore> {
    const { url, shards, warn, durability = "local", groups = 1 } = options;
    const address = parseRedisUrl(url);
    if (durability === "replicated" && address.kind === "cluster") {
      const message = "store.durability replicated needs redis:// or redis-sentinel://";
      throw new Fault("store.open", "mismatch", { message });
    }
    if (groups < 1 || groups > REDIS_GROUPS_MAX) {
      const message = `store.groups is 1 to ${REDIS_GROUPS_MAX}, not ${groups}`;
      throw new Fault("store.open", "mismatch", { message });
    }
    const redis = clientFor(address);
    // What the server said when it refused the connection; the command only knows that it was closed.
    let refusal: unknown;
    redis.on("error", (error) => refusal = error);
    const calls = new RedisCalls(redis, { replicated: durability === "replicated" });
    try {
      await answering(redis.connect());
      await greet(redis, { shards, groups, warn });
      const store = new RedisStore(calls, options);
      store.#newest = Math.max(...await store.#inAll("open", (group) => group.newest()));
      return store;
    } catch (error) {
      calls.close();
      throw faultOf("store.open", error instanceof Fault ? error : refusal ?? error, {
        writes: false,
      });
    }
  }

  async apply(batch: readonly Write[]): Promise<readonly WriteOutcome[]> {
    checkBatch(batch, this.#spread.shards);
    const parts = this.#spread.parts(this.#numbered(batch), ({ write }) => {
      return this.#spread.ofShard(write.kind === "insert" ? write.draft.shard : write.shard);
    });
    return await this.#byGroup("apply", parts, async (group, writes) => {
      const { outcomes, newest } = await group.apply(writes);
      this.#newest = Math.max(this.#newest, newest);
      return outcomes;
    });
  }

  /** Gives inserts their serials, later than all we know of (SG3). */
  #numbered(batch: readonly Write[]): NumberedWrite[] {
    if (this.#groups.length === 1) return batch.map((write) => ({ write, serial: 0 }));
    return batch.map((write) => {
      const [inserts, serial] = [insertsOf(write), this.#newest + 1];
      this.#newest += inserts;
      return { write, serial: inserts === 0 ? 0 : serial };
    });
  }

  async load(ids: readonly ActorId[]): Promise<readonly (Snapshot | undefined)[]> {
    checkLoad(ids);
    const parts = this.#spread.parts(ids, (id) => this.#spread.ofActor(id));
    return await this.#byGroup("load", parts, (group, some) => group.load(some));
  }

  async find(query: FindQuery): Promise<FoundPage> {
    const { limit, order, cursor } = query;
    checkLimit(limit, FIND_LIMIT_MAX);
    const place = cursor === undefined ? null : decodeCursor(cursor);
    const groups = this.#groups.length;
    const { snapshots, reached } = pageOf(
      await this.#inAll("find", (one, group) => {
        return one.find(query, place === null ? -1 : serialBehind(place, { group, groups, order }));
      }),
      query,
    );
    return { snapshots, cursor: reached === null ? null : encodeCursor(reached) };
  }

  async tallies(kind: string): Promise<ReadonlyMap<string, number>> {
    const sums = new Map<string, number>();
    for (
      const [tally, count] of (await this.#inAll("tallies", (one) => one.tallies(kind))).flat()
    ) {
      sums.set(tally, (sums.get(tally) ?? 0) + count);
    }
    return sums;
  }

  async journal(
    query: { id: ActorId; stream: string; after: number; limit: number },
  ): Promise<readonly JournalLine[]> {
    checkLimit(query.limit, JOURNAL_LINES_MAX);
    return await this.#group(this.#spread.ofActor(query.id)).journal(query);
  }

  /** Those with keys group by group: a page is named by its group and by where Redis goes on. */
  async lanes({ after, limit }: LanesQuery): Promise<LanesPage> {
    if (after === null) {
      const lanes = new Set((await this.#inAll("lanes", (group) => group.lanes())).flat());
      return { lanes: [...lanes], next: "0:0" };
    }
    const [group, place = "0"] = after.split(":");
    const page = await this.#group(Number(group)).keyedLanes({ after: place, limit });
    if (page.next !== null) return { ...page, next: `${group}:${page.next}` };
    const following = Number(group) + 1;
    return { ...page, next: following < this.#groups.length ? `${following}:0` : null };
  }

  /** In parts, so that no script takes long; what changes between two of them may be missed, as in any read. */
  dueInLane(query: LaneQuery): Promise<readonly DueEntry[]> {
    const sources: PartSource[] = [];
    for (const { group, items } of this.#shardParts(query.shards ?? this.#shards)) {
      for (let from = 0; from < items.length; from += REDIS_PLACES_MAX) {
        const some = items.slice(from, from + REDIS_PLACES_MAX);
        sources.push(this.#group(group).laneSource(query, some));
      }
    }
    return firstOf(sources, { limit: query.limit, partMax: REDIS_DUE_MAX });
  }

  async dueBetween({ fromMs, untilMs, limit, shards }: RangeQuery): Promise<DueRange> {
    // Fewer than asked for is a right answer: it says how far it goes.
    const most = Math.min(limit, REDIS_DUE_MAX);
    let found: Due[] = [];
    let completeToMs = untilMs;
    for (const { group, items } of this.#shardParts(shards ?? this.#shards)) {
      for (let left = items; left.length > 0;) {
        // What wakes together is told by age: of the moment where the range ends so far, too.
        const toMs = Math.min(untilMs, completeToMs + 1);
        const part = await this.#group(group).stretch({ fromMs, toMs, most }, left);
        left = left.slice(part.dealtWith);
        found = [...found, ...part.found].sort(byWake);
        completeToMs = Math.min(
          part.completeToMs < toMs ? part.completeToMs : completeToMs,
          found[most]?.entry.wakeAtMs ?? Infinity,
          completeToMs,
        );
        found = found.slice(0, most);
      }
    }
    return { entries: found.map(({ entry }) => entry), completeToMs };
  }

  async sweep({ nowMs, limit }: { nowMs: number; limit: number }): Promise<number> {
    checkLimit(limit, SWEEP_ACTORS_MAX);
    let swept = 0;
    for (const untilMs of await this.#sweepsUntil({ nowMs, limit })) {
      for (const group of this.#groups) {
        while (swept < limit) {
          const most = Math.min(REDIS_SWEEP_MAX, limit - swept);
          const count = await group.sweep({ nowMs: untilMs, most });
          swept += count;
          if (count < most) break;
        }
      }
    }
    return swept;
  }

  /** The moments up to which to sweep, one after the other, so that the longest expired of all groups go first. */
  async #sweepsUntil({ nowMs, limit }: { nowMs: number; limit: number }): Promise<number[]> {
    if (this.#groups.length === 1) return [nowMs];
    const expired = await this.#inAll("sweep", (group) => group.expired({ nowMs, most: limit }));
    const firstToStay = expired.flat().sort((one, other) => one - other)[limit];
    return firstToStay === undefined ? [nowMs] : [firstToStay - 1, firstToStay];
  }

  /** The clock is the first group's, as in `sessions`. */
  async renew(
    claimant: Claimant,
    options: { ttlMs: number; opening: boolean },
  ): Promise<Renewal> {
    const renewIn = async (at: number): Promise<readonly [number, Renewal]> => {
      try {
        return [at, await this.#group(at).renew(claimant, options)];
      } catch (error) {
        this.#doubtful = at;
        throw error;
      }
    };
    const others = [...this.#groups.keys()].filter((at) => at !== this.#doubtful);
    const doubtful = await renewIn(this.#doubtful); // (RS4)
    const rest = await allOf("renew", others.map(renewIn), { writes: true });
    const renewals = new Map([doubtful, ...rest]);
    const kinds = new Set([...renewals.values()].map(({ kind }) => kind));
    const { storeNowMs } = renewals.get(0) as Renewal;
    for (const kind of ["replaced", "lapsed"] as const) {
      if (kinds.has(kind)) return { kind, storeNowMs };
    }
    return { kind: "live", storeNowMs };
  }

  async leave(claimant: Claimant): Promise<void> {
    await this.#inAll("leave", (group) => group.leave(claimant), { writes: true });
  }

  sessions(): Promise<readonly Session[]> {
    return this.#group(0).sessions();
  }

  async acquire(
    claimant: Claimant,
    shards: readonly ShardId[],
  ): Promise<readonly AcquireOutcome[]> {
    return await this.#byGroup("acquire", this.#shardParts(shards), (group, some) => {
      return group.acquire(claimant, some);
    });
  }

  async release(
    claimant: Claimant,
    shards: readonly ShardId[],
    reservation?: Reservation,
  ): Promise<void> {
    const released = this.#shardParts(shards).map(({ group, items }) => {
      return this.#group(group).release(claimant, items, reservation);
    });
    await allOf("release", released, { writes: true });
  }

  async fences(): Promise<readonly Fence[]> {
    return (await this.#inAll("fences", (group) => group.fences())).flat()
      .sort((one, other) => one.shard - other.shard);
  }

  close(): Promise<void> {
    this.#calls.close();
    return Promise.resolve();
  }

  #group(at: number): StorageGroup {
    return this.#groups[at] as StorageGroup;
  }

  #shardParts(shards: readonly ShardId[]): GroupPart<ShardId>[] {
    return this.#spread.parts(shards, (shard) => this.#spread.ofShard(shard));
  }

  #inAll<Answer>(
    op: string,
    ask: (group: StorageGroup, at: number) => Promise<Answer>,
    { writes }: { readonly writes: boolean } = { writes: false },
  ): Promise<Answer[]> {
    return allOf(op, this.#groups.map((group, at) => ask(group, at)), { writes });
  }

  /** Asks each group for its items; the answers are in the items' order. */
  async #byGroup<Item, Answer>(
    op: string,
    parts: readonly GroupPart<Item>[],
    ask: (group: StorageGroup, items: readonly Item[]) => Promise<readonly Answer[]>,
  ): Promise<Answer[]> {
    const asked = parts.map(({ group, items }) => ask(this.#group(group), items));
    return inPlace(parts, await allOf(op, asked, { writes: op !== "load" }));
  }
}

/** `connected`, or a rejection after `REDIS_OPEN_MS`: the client of a cluster would try for ever. */
async function answering(connected: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`no answer within ${REDIS_OPEN_MS} ms`);
    timer = setTimeout(() => reject(error), REDIS_OPEN_MS);
  });
  try {
    await Promise.race([connected, late]);
  } finally {
    clearTimeout(timer);
  }
}
