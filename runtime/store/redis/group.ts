/**
 * StorageGroup: the part of a store that lies in one slot: some shards, with their actors, indexes and fences, and a
 * copy of the sessions, so that a takeover is one moment. Each call is one script, or one command.
 *
 * What goes over several groups is put together by the driver.
 * @module
 */
import type { ActorId, BootId, NodeName, ShardId } from "../../ids.ts";
import { REDIS_FIND_VISITS_MAX, REDIS_PLACES_MAX } from "../../limits.ts";
import type { Snapshot } from "../../snapshot.ts";
import type {
  AcquireOutcome,
  Claimant,
  Fence,
  FindQuery,
  JournalLine,
  LaneQuery,
  LanesPage,
  Renewal,
  Reservation,
  Session,
  WriteOutcome,
} from "../port.ts";
import type { RedisCalls, ScriptArgument } from "./calls.ts";
import {
  acquiredOf,
  answeredOf,
  fenceOf,
  type NumberedWrite,
  pack,
  packWrites,
  readRecord,
  renewalOf,
  serialOf,
  snapshotOf,
  unpack,
} from "./codec.ts";
import { type Due, dueOf, type PartSource } from "./due_parts.ts";
import type { FoundPart } from "./found_parts.ts";
import { idsOf, type Prepared, Preparer } from "./prepared/preparer.ts";
import type { ScriptName } from "./scripts.ts";

const TEXT = new TextDecoder();

/** Which stretch of time, and how much of it, one script is asked for. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly most: number;
}

/** What one script tells of a stretch of time. */
export interface StretchPart {
  /** How many of the asked shards it has dealt with. */
  readonly dealtWith: number;
  /** Every due actor of these shards before this moment is in `found`. */
  readonly completeToMs: number;
  readonly found: readonly Due[];
}

/** A batch without an answer that may have to be sent once more, and whom it is about. */
interface Unsure {
  readonly ids: ReadonlySet<ActorId>;
  readonly done: Promise<void>;
}

/** One group. */
export class StorageGroup {
  readonly #preparer: Preparer;
  readonly #unsure: Unsure[] = [];

  /** `prefix`: see groups.ts. */
  constructor(private readonly calls: RedisCalls, private readonly prefix: string) {
    this.#preparer = new Preparer(prefix);
  }

  /** Applies a batch; `newest`: the group's highest serial then. */
  async apply(
    batch: readonly NumberedWrite[],
  ): Promise<{ readonly outcomes: readonly WriteOutcome[]; readonly newest: number }> {
    const ids = idsOf(batch);
    const before = this.#unsure.filter((other) => !other.ids.isDisjointFrom(ids));
    const prepared = before.length === 0 ? this.#preparer.prepare(batch, ids) : undefined;
    const answered = this.#applyBehind(before, batch, prepared);
    if (prepared?.plan.isEmpty === true) return await answered;
    const entry = { ids, done: answered.then(() => {}, () => {}) };
    this.#unsure.push(entry);
    try {
      return await answered;
    } finally {
      this.#unsure.splice(this.#unsure.indexOf(entry), 1);
    }
  }

  /** A plan may be refused, and its batch sent once more: what follows of the same actors must not overtake it (S5). */
  async #applyBehind(
    before: readonly Unsure[],
    batch: readonly NumberedWrite[],
    ready: Prepared | undefined,
  ) {
    if (before.length > 0) await Promise.all(before.map(({ done }) => done));
    const prepared = ready ?? this.#preparer.prepare(batch);
    try {
      const answer = await this.#apply(prepared);
      if (answer !== null) return this.#applied(batch, prepared, answer);
      // What it was made for is not there any more: the stored records decide. (PL1)
      this.#preparer.known.clear();
      const plain = this.#preparer.prepare(batch);
      return this.#applied(batch, plain, await this.#apply(plain) as readonly unknown[]);
    } catch (error) {
      this.#preparer.forget(batch);
      throw error;
    }
  }

  /** What the script answered; null: nothing was done. */
  async #apply({ plan, rest }: Prepared): Promise<readonly unknown[] | null> {
    const parts = plan.isEmpty ? undefined : plan.parts();
    const packed = packWrites(rest, parts?.tables ?? false);
    const answer = await this.#run("apply", "apply", [packed, ...parts?.rest ?? []]);
    return Array.isArray(answer) ? answer : null;
  }

  #applied(batch: readonly NumberedWrite[], prepared: Prepared, answer: readonly unknown[]) {
    const { newest, ...answered } = answeredOf(answer, prepared.rest.length);
    return { outcomes: this.#preparer.applied(batch, prepared, answered), newest };
  }

  /** The group's highest serial. */
  newest(): Promise<number> {
    const key = `${this.prefix}seq`;
    return this.calls.command("newest", async (redis) => Number(await redis.get(key) ?? 0));
  }

  async load(ids: readonly ActorId[]): Promise<readonly (Snapshot | undefined)[]> {
    const found = await this.#run("load", "load", ids) as (Uint8Array | null)[];
    return ids.map((id, at) => {
      const [packed, body = null, shape = null] = found.slice(3 * at, 3 * at + 3);
      if (!packed) return undefined;
      const { snapshot, known } = readRecord(id, packed, { body, shape });
      const { known: records } = this.#preparer;
      if (known.shape === null) records.forget(id);
      else if (shape) {
        records.remember(id, { ...known, shape: records.learn(known.shape, shape) });
      }
      return snapshot;
    });
  }

  /** One page of a search, from behind serial `after`; -1: from the start. */
  async find(query: FindQuery, after: number): Promise<FoundPart> {
    const { kind, labels, fromMs = -1, toMs = -1, order, limit } = query;
    const asked = [kind, labels, fromMs, toMs, order === "newest", limit, after];
    const answer = await this.#run("find", "find", [pack([...asked, REDIS_FIND_VISITS_MAX])]);
    const [reached, ...fields] = answer as [number, ...(Uint8Array | null)[]];
    const found: FoundPart["found"][number][] = [];
    for (let at = 0; at < fields.length; at += 4) {
      const [id, packed, body = null, shape = null] = fields.slice(at, at + 4);
      const record = packed as Uint8Array;
      const name = TEXT.decode(id as Uint8Array) as ActorId;
      const snapshot = snapshotOf(name, record, { body, shape });
      found.push({ serial: serialOf(record), snapshot });
    }
    return { found, reached };
  }

  async tallies(kind: string): Promise<readonly (readonly [tally: string, count: number])[]> {
    const key = `${this.prefix}t:${kind}`;
    const found = await this.calls.command("tallies", (redis) => redis.hgetall(key));
    return Object.entries(found).map(([tally, count]) => [tally, Number(count)]);
  }

  async journal(
    { id, stream, after, limit }: { id: ActorId; stream: string; after: number; limit: number },
  ): Promise<readonly JournalLine[]> {
    const answer = await this.#run("journal", "journal", [id, stream, after, limit]);
    const [first, ...lines] = answer as [number, ...Uint8Array[]];
    return lines.map((line, at) => ({ n: first + at, text: TEXT.decode(line) }));
  }

  /** The lanes without keys. */
  lanes(): Promise<readonly string[]> {
    return this.calls.command("lanes", (redis) => redis.hkeys(`${this.prefix}lanes`));
  }

  /** About `limit` lanes with keys; `after` "0": from the start. */
  async keyedLanes({ after, limit }: { after: string; limit: number }): Promise<LanesPage> {
    const key = `${this.prefix}keyed`;
    const [next, found] = await this.calls.command("lanes", (redis) => {
      return redis.hscan(key, after, "COUNT", limit);
    });
    return { lanes: found.filter((_, at) => at % 2 === 0), next: next === "0" ? null : next };
  }

  /** The due actors of a lane in the order of `dueInLane`, of at most `REDIS_PLACES_MAX` shards. */
  laneSource({ lane, untilMs }: LaneQuery, shards: readonly ShardId[]): PartSource {
    let after: unknown = false;
    return async (most) => {
      const query = [1, lane, 0, untilMs, most, shards, after, REDIS_PLACES_MAX];
      const answer = await this.#run("dueInLane", "due", [pack(query)]);
      const [rest, ...fields] = answer as [Uint8Array, ...(Uint8Array | number)[]];
      const more = rest.length > 0;
      if (more) after = unpack(rest);
      return { found: dueOf(fields, lane), more };
    };
  }

  /** What of `shards` is due in `[fromMs, toMs)`: of as many shards as one script deals with. */
  async stretch(
    { fromMs, toMs, most }: Stretch,
    shards: readonly ShardId[],
  ): Promise<StretchPart> {
    const query = [2, "", fromMs, toMs, most, shards, false, REDIS_PLACES_MAX];
    const answer = await this.#run("dueBetween", "due", [pack(query)]);
    const [dealtWith, completeToMs, ...fields] = answer as [number, number, ...Uint8Array[]];
    return { dealtWith, completeToMs, found: dueOf(fields) };
  }

  /** When the first `most` of those expire that do so at or before `nowMs`. */
  async expired({ nowMs, most }: { nowMs: number; most: number }): Promise<readonly number[]> {
    return await this.#run("expired", "expired", [nowMs, most]) as number[];
  }

  async sweep(query: { nowMs: number; most: number }): Promise<number> {
    return await this.#run("sweep", "sweep", [query.nowMs, query.most]) as number;
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

  async acquire({ node, boot }: Claimant, shards: readonly ShardId[]): Promise<AcquireOutcome[]> {
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
    const key = `${this.prefix}f`;
    const found = await this.calls.command("fences", (redis) => redis.hgetallBuffer(key));
    return Object.entries(found).map(([shard, packed]) =>
      fenceOf(Number(shard) as ShardId, packed)
    );
  }

  #run(op: string, name: ScriptName, args: readonly ScriptArgument[]): Promise<unknown> {
    return this.calls.script(op, { name, prefix: this.prefix }, args);
  }
}
