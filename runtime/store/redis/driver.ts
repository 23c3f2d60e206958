/**
 * RedisStore: the store of a cluster, in one Redis.
 *
 * Intuition: every call is one script, so that what it reads and writes is one moment. A batch of writes is one
 * script call and one entry of the append-only file: batching, not cleverness, is where throughput comes from.
 * Times of sessions are Redis's own clock.
 *
 * Invariants: S1 to S7 of the port. RS1. Nothing waits for a Redis that is away: a call that cannot be sent is
 * `unavailable` at once, one that got no answer within `REDIS_CALL_MS` is `timeout` if it may have written; beyond
 * `REDIS_CALLS_MAX` calls under way more are `overloaded`.
 * RS2. No message holds a password.
 *
 * Known limit: durability is the server's: with `appendfsync everysec`, Redis's default, a crash of its machine can
 * lose the last second; `appendfsync always` loses nothing that was acknowledged.
 * @module
 */
import type { Redis } from "../../../deps.ts";
import { Fault } from "../../fault.ts";
import type { ActorId, BootId, NodeName, ShardId } from "../../ids.ts";
import {
  FIND_LIMIT_MAX,
  JOURNAL_LINES_MAX,
  REDIS_CALLS_MAX,
  REDIS_COMMIT_WRITES_MAX,
  REDIS_DUE_MAX,
  REDIS_FIND_VISITS_MAX,
  REDIS_OPEN_MS,
  REDIS_PLACES_MAX,
  REDIS_REPLICATE_MS,
  REDIS_SWEEP_MAX,
  SWEEP_ACTORS_MAX,
} from "../../limits.ts";
import type { DueEntry, Snapshot } from "../../snapshot.ts";
import { checkBatch, checkLimit, checkLoad } from "../batch.ts";
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
  RangeQuery,
  Renewal,
  Reservation,
  Session,
  Store,
  StoreBirth,
  Write,
  WriteOutcome,
} from "../port.ts";
import {
  acquiredOf,
  fenceOf,
  outcomesOf,
  pack,
  packWrites,
  renewalOf,
  snapshotOf,
  unpack,
} from "./codec.ts";
import { parseRedisUrl } from "./address.ts";
import { clientFor, type RedisClient } from "./connection.ts";
import { byWake, type Due, dueOf, firstOf, type PartSource } from "./due_parts.ts";
import { faultOf } from "./faults.ts";
import type { ScriptName } from "./scripts.ts";
import { greet } from "./greeting.ts";

/** The one storage group: its braces keep all its keys in one slot of a Redis Cluster. */
const GROUP = "{o0}";
const TEXT = new TextDecoder();

/** How a Redis store is opened. */
export interface RedisOptions extends StoreBirth {
  /** See address.ts. */
  readonly url: string;
  /** `local` (default): a write counts when the primary answers; `replicated`: when a replica has it too. */
  readonly durability?: "local" | "replicated";
  /** Storage groups; one is all there is. */
  readonly groups?: number;
  /** Told what is not as it should be but works, such as persistence that is off. */
  readonly warn: (message: string) => void;
}

type Script = (...args: (string | number | Uint8Array)[]) => Promise<unknown>;

/** The driver. */
export class RedisStore implements Store {
  readonly commitWritesMax = REDIS_COMMIT_WRITES_MAX;
  readonly #redis: RedisClient;
  readonly #replicated: boolean;
  readonly #shards: number;
  #closed = false;
  /** Calls under way. */
  #calls = 0;
  /** How often the client connected anew. */
  #connections = 0;

  private constructor(redis: RedisClient, options: RedisOptions) {
    this.#redis = redis;
    this.#shards = options.shards;
    this.#replicated = options.durability === "replicated";
    redis.on("ready", () => this.#connections++);
  }

  /** Connects and checks that the server is fit and the store this cluster's; rejects with a `Fault` (`store.open`). */
  static async open(options: RedisOptions): Promise<RedisStore> {
    const { url, shards, warn, durability = "local", groups = 1 } = options;
    if (groups !== 1) {
      const message =
        `a store in Redis has one storage group, not ${groups}: set store.groups to 1`;
      throw new Fault("store.open", "mismatch", { message });
    }
    const address = parseRedisUrl(url);
    if (durability === "replicated" && address.kind === "cluster") {
      const message = "store.durability replicated needs redis:// or redis-sentinel://";
      throw new Fault("store.open", "mismatch", { message });
    }
    const redis = clientFor(address);
    // What the server said when it refused the connection; the command only knows that it was closed.
    let refusal: unknown;
    redis.on("error", (error) => refusal = error);
    try {
      await answering(redis.connect());
      await greet(redis, { key: `${GROUP}birth`, shards, warn });
      return new RedisStore(redis, options);
    } catch (error) {
      redis.disconnect();
      throw faultOf("store.open", error instanceof Fault ? error : refusal ?? error, {
        writes: false,
      });
    }
  }

  async apply(batch: readonly Write[]): Promise<readonly WriteOutcome[]> {
    checkBatch(batch, this.#shards);
    if (batch.length === 0) return [];
    return outcomesOf(await this.#run("apply", "apply", [packWrites(batch)]) as number[]);
  }

  async load(ids: readonly ActorId[]): Promise<readonly (Snapshot | undefined)[]> {
    checkLoad(ids);
    if (ids.length === 0) return [];
    const found = await this.#run("load", "load", ids) as (Uint8Array | null)[];
    return ids.map((id, at) => {
      const [packed, body = null, shape = null] = found.slice(3 * at, 3 * at + 3);
      return packed ? snapshotOf(id, packed, { body, shape }) : undefined;
    });
  }

  async find(query: FindQuery): Promise<FoundPage> {
    checkLimit(query.limit, FIND_LIMIT_MAX);
    const { kind, labels, fromMs = -1, toMs = -1, order, limit, cursor } = query;
    const after = cursor === undefined ? -1 : decodeCursor(cursor);
    const asked = [kind, labels, fromMs, toMs, order === "newest", limit, after];
    const answer = await this.#run("find", "find", [pack([...asked, REDIS_FIND_VISITS_MAX])]);
    const [reached, ...found] = answer as [number, ...(Uint8Array | null)[]];
    const snapshots: Snapshot[] = [];
    for (let at = 0; at < found.length; at += 4) {
      const [id, packed, body = null, shape = null] = found.slice(at, at + 4);
      const name = TEXT.decode(id as Uint8Array) as ActorId;
      snapshots.push(snapshotOf(name, packed as Uint8Array, { body, shape }));
    }
    return { snapshots, cursor: reached < 0 ? null : encodeCursor(reached) };
  }

  async tallies(kind: string): Promise<ReadonlyMap<string, number>> {
    const found = await this.#call("tallies", () => this.#redis.hgetall(`${GROUP}t:${kind}`));
    return new Map(Object.entries(found).map(([tally, count]) => [tally, Number(count)]));
  }

  async journal(
    { id, stream, after, limit }: { id: ActorId; stream: string; after: number; limit: number },
  ): Promise<readonly JournalLine[]> {
    checkLimit(limit, JOURNAL_LINES_MAX);
    const answer = await this.#run("journal", "journal", [id, stream, after, limit]);
    const [first, ...lines] = answer as [number, ...Uint8Array[]];
    return lines.map((line, at) => ({ n: first + at, text: TEXT.decode(line) }));
  }

  lanes(): Promise<readonly string[]> {
    return this.#call("lanes", () => this.#redis.hkeys(`${GROUP}lanes`));
  }

  /** In parts, so that no script takes long; what changes between two of them may be missed, as in any read. */
  dueInLane(query: LaneQuery): Promise<readonly DueEntry[]> {
    const shards = query.shards ?? this.#allShards();
    const sources: PartSource[] = [];
    for (let from = 0; from < shards.length; from += REDIS_PLACES_MAX) {
      sources.push(this.#laneSource(query, shards.slice(from, from + REDIS_PLACES_MAX)));
    }
    return firstOf(sources, { limit: query.limit, partMax: REDIS_DUE_MAX });
  }

  #laneSource({ lane, untilMs }: LaneQuery, shards: readonly ShardId[]): PartSource {
    let after: unknown = false;
    return async (most) => {
      const query = [1, lane, 0, untilMs, most, shards, after, REDIS_PLACES_MAX];
      const answer = await this.#run("dueInLane", "due", [pack(query)]);
      const [rest = new Uint8Array(0), ...fields] = answer as Uint8Array[];
      const more = rest.length > 0;
      if (more) after = unpack(rest);
      return { found: dueOf(fields), more };
    };
  }

  async dueBetween({ fromMs, untilMs, limit, shards }: RangeQuery): Promise<DueRange> {
    // Fewer than asked for is a right answer: it says how far it goes.
    const most = Math.min(limit, REDIS_DUE_MAX);
    let found: Due[] = [];
    let completeToMs = untilMs;
    let left = shards ?? this.#allShards();
    while (left.length > 0) {
      // What wakes together is told by age: of the moment where the range ends so far, too.
      const toMs = Math.min(untilMs, completeToMs + 1);
      const query = [2, "", fromMs, toMs, most, left, false, REDIS_PLACES_MAX];
      const answer = await this.#run("dueBetween", "due", [pack(query)]) as Uint8Array[];
      const [dealtWith, cutMs = toMs] = answer.slice(0, 2).map((part) => Number(TEXT.decode(part)));
      left = left.slice(dealtWith);
      found = [...found, ...dueOf(answer.slice(2))].sort(byWake);
      completeToMs = Math.min(
        cutMs < toMs ? cutMs : completeToMs,
        found[most]?.entry.wakeAtMs ?? Infinity,
        completeToMs,
      );
      found = found.slice(0, most);
    }
    return { entries: found.map(({ entry }) => entry), completeToMs };
  }

  async sweep({ nowMs, limit }: { nowMs: number; limit: number }): Promise<number> {
    checkLimit(limit, SWEEP_ACTORS_MAX);
    let swept = 0;
    while (swept < limit) {
      const most = Math.min(REDIS_SWEEP_MAX, limit - swept);
      const count = await this.#run("sweep", "sweep", [nowMs, most]) as number;
      swept += count;
      if (count < most) break;
    }
    return swept;
  }

  async renew(
    { node, boot }: Claimant,
    { ttlMs, opening }: { ttlMs: number; opening: boolean },
  ): Promise<Renewal> {
    const asked = ["renew", node, boot, ttlMs, opening ? "1" : "0"];
    const [kind, now] = await this.#run("renew", "sessions", asked) as [number, Uint8Array];
    return { kind: renewalOf(kind), storeNowMs: Number(TEXT.decode(now)) };
  }

  async leave({ node, boot }: Claimant): Promise<void> {
    await this.#run("leave", "sessions", ["leave", node, boot]);
  }

  async sessions(): Promise<readonly Session[]> {
    const answer = await this.#run("sessions", "sessions", ["list"]) as Uint8Array[];
    const [, ...parts] = answer.map((part) => TEXT.decode(part));
    const sessions: Session[] = [];
    for (let at = 0; at < parts.length; at += 3) {
      const [node, boot, until] = parts.slice(at, at + 3);
      sessions.push({ node: node as NodeName, boot: boot as BootId, leaseUntilMs: Number(until) });
    }
    return sessions;
  }

  async acquire(
    { node, boot }: Claimant,
    shards: readonly ShardId[],
  ): Promise<readonly AcquireOutcome[]> {
    const asked = ["acquire", node, boot, ...shards];
    const outcomes = await this.#run("acquire", "sessions", asked) as Uint8Array[];
    return outcomes.map((packed, at) => acquiredOf(shards[at] as ShardId, packed));
  }

  async release(
    { node, boot }: Claimant,
    shards: readonly ShardId[],
    reservation?: Reservation,
  ): Promise<void> {
    const reserved = reservation ? [reservation.for, reservation.forMs] : ["", 0];
    await this.#run("release", "sessions", ["release", node, boot, ...reserved, ...shards]);
  }

  async fences(): Promise<readonly Fence[]> {
    const found = await this.#call("fences", () => this.#redis.hgetallBuffer(`${GROUP}f`));
    return Object.entries(found)
      .map(([shard, packed]) => fenceOf(Number(shard) as ShardId, packed))
      .sort((one, other) => one.shard - other.shard);
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#redis.disconnect();
    return Promise.resolve();
  }

  /** Runs a script; its answer is raw: numbers, bytes, and arrays of them. */
  #run(
    op: string,
    script: ScriptName,
    args: readonly (string | number | Uint8Array)[],
  ): Promise<unknown> {
    const name = `${script}Buffer` as const;
    const run = (this.#redis as unknown as Record<typeof name, Script>)[name];
    return this.#call(op, () => run.call(this.#redis, GROUP, ...args));
  }

  async #call<Answer>(op: string, ask: () => Promise<Answer>): Promise<Answer> {
    if (this.#closed) {
      throw new Fault(`store.${op}`, "unavailable", { message: "the store was closed" });
    }
    if (this.#calls >= REDIS_CALLS_MAX) {
      const message = `${this.#calls} calls wait for Redis`;
      throw new Fault(`store.${op}`, "overloaded", { message });
    }
    this.#calls++;
    try {
      const connection = this.#connections;
      const answer = await ask();
      if (this.#replicated && COMMITS.has(op)) await this.#replicate(op, connection);
      return answer;
    } catch (error) {
      throw faultOf(`store.${op}`, error, { writes: op === "renew" || COMMITS.has(op) });
    } finally {
      this.#calls--;
    }
  }

  /** Waits until a replica has what `connection` wrote: another connection's WAIT knows nothing of it. */
  async #replicate(op: string, connection: number): Promise<void> {
    const replicas = await (this.#redis as Redis).wait(1, REDIS_REPLICATE_MS);
    if (replicas >= 1 && this.#connections === connection) return;
    const message = "no replica has confirmed the write; it may be lost with the primary";
    throw new Fault(`store.${op}`, "timeout", { message });
  }

  #allShards(): ShardId[] {
    return Array.from({ length: this.#shards }, (_, shard) => shard as ShardId);
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

/** Operations that must outlive the primary, too, where that is asked for. A session need not: it lapses. */
const COMMITS: ReadonlySet<string> = new Set(["apply", "sweep", "acquire", "release", "leave"]);
