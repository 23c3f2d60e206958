/**
 * Fixtures: small actors, writes and claimants for tests of stores.
 * @module
 */
import {
  type ActorId,
  actorId,
  type BootId,
  type NodeName,
  type ShardId,
  shardOf,
} from "../../ids.ts";
import type { Indexing, Snapshot } from "../../snapshot.ts";
import type {
  Carried,
  Claimant,
  FindQuery,
  Insert,
  LanesPage,
  Store,
  Transition,
  Write,
} from "../port.ts";

/** The number of shards of every store under test. */
export const SHARDS = 8;

/** Every shard. */
export const ALL_SHARDS: readonly ShardId[] = Array.from(
  { length: SHARDS },
  (_, shard) => shard as ShardId,
);

/** A node that owns, and one that would like to. */
export const ME: Claimant = { node: "a" as NodeName, boot: "a-1" as BootId };
export const OTHER: Claimant = { node: "b" as NodeName, boot: "b-1" as BootId };

/** Session times that are alive for the whole test, and over at once: no test waits. */
export const ALIVE_MS = 3_600_000;
export const OVER_MS = 0;

/** The shard of an id in stores under test. */
export function shardIn(id: string): ShardId {
  return shardOf(id as ActorId, SHARDS);
}

/** An index entry that nothing finds, but for what is given. */
export function indexing(given: Partial<Indexing> = {}): Indexing {
  return {
    wakeAtMs: null,
    lane: "default",
    rank: 0,
    expireAtMs: null,
    labels: [],
    tally: "default/new",
    ...given,
  };
}

/** An insert of `id`. */
export function insert(
  id: string,
  given: Partial<Indexing> & { kind?: string; createdAtMs?: number; body?: string } = {},
): Insert {
  const { kind = "job", createdAtMs = 1_000, body = `{"of":"${id}"}`, ...index } = given;
  return {
    kind: "insert",
    draft: {
      id: actorId(id),
      shard: shardIn(id),
      kind,
      createdAtMs,
      head: `{"is":"new"}`,
      body,
      index: indexing(index),
    },
  };
}

/** A transition of `id` from `version` by the owner of epoch 1. */
export function move(
  id: string,
  version: number,
  given: Partial<Indexing> & { epoch?: number; head?: string; carries?: Carried } = {},
): Transition {
  const { epoch = 1, head = `{"was":${version}}`, carries, ...index } = given;
  return {
    kind: "transition",
    id: actorId(id),
    shard: shardIn(id),
    epoch,
    expectedVersion: version,
    head,
    index: indexing(index),
    ...(carries !== undefined && { carries }),
  };
}

/** Lines for the journal `log` of `id`, unless told otherwise. */
export function append(
  id: string,
  lines: readonly string[],
  given: { epoch?: number; stream?: string } = {},
): Write {
  const { epoch = 1, stream = "log" } = given;
  return { kind: "append", id: actorId(id), shard: shardIn(id), epoch, stream, lines };
}

/** Makes {@link ME} the owner of every shard, with epoch 1 in a new store. */
export async function own(store: Store): Promise<void> {
  await store.renew(ME, { ttlMs: ALIVE_MS, opening: true });
  await store.acquire(ME, ALL_SHARDS);
}

/** The kinds of the outcomes of one batch. */
export async function outcomes(store: Store, batch: readonly Write[]): Promise<string[]> {
  return (await store.apply(batch)).map((outcome) => outcome.kind);
}

/** The snapshot of one id. */
export async function read(store: Store, id: string): Promise<Snapshot | undefined> {
  return (await store.load([actorId(id)]))[0];
}

/** Every hit of a search, page after page. Throws when the pages don't end. */
export async function findAll(store: Store, query: FindQuery): Promise<Snapshot[]> {
  const found: Snapshot[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 1_000; pages++) {
    const page = await store.find(cursor === undefined ? query : { ...query, cursor });
    found.push(...page.snapshots);
    if (page.cursor === null) return found;
    cursor = page.cursor;
  }
  throw new Error("a search without end");
}

/** The ids of some snapshots or due entries. */
export function idsOf(list: readonly { readonly id: ActorId }[]): string[] {
  return list.map(({ id }) => id);
}

/** The names of all lanes, sorted, each once. */
export async function lanesOf(store: Pick<Store, "lanes">, limit = 100): Promise<string[]> {
  const all = new Set<string>();
  for (let after: string | null = null;;) {
    const page: LanesPage = await store.lanes({ after, limit });
    for (const lane of page.lanes) all.add(lane);
    if (page.next === null) return [...all].sort();
    after = page.next;
  }
}
