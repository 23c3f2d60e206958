/**
 * Groups: how shards are spread over storage groups, so that the primaries of a Redis Cluster share the load.
 *
 * Intuition: a group is a prefix with a hash tag: its keys lie in one slot of a Redis Cluster, so that a script can
 * read and write all of them. Primaries hold ranges of slots; tags are chosen so that the groups' slots lie evenly.
 *
 * Invariants: SG1. A shard, and all that belongs to its actors, lies in one group: `shard modulo groups`, for ever.
 * SG2. Where the primaries hold equal ranges, and their number divides that of the groups, each has equally many.
 * SG3. Serials of different groups compare: a node gives its inserts later ones than all it has given or heard of, and a
 * group never gives one twice. So age is exact within a group, and among one node's inserts; those of several nodes at
 * the same moment may be told in either order.
 * @module
 */
import { Fault } from "../../fault.ts";
import { type ActorId, type ShardId, shardOf } from "../../ids.ts";

/** Slots of every Redis Cluster. */
const SLOTS = 16_384;

/** The prefix of each of `groups` storage groups, with a hash tag: `{o0}` if there is one alone (SG2). */
export function groupPrefixes(groups: number): string[] {
  return Array.from({ length: groups }, (_, group) => {
    const [first, end] = [group, group + 1].map((at) => at * SLOTS / groups) as [number, number];
    for (let at = 0;; at++) {
      const tag = at === 0 ? `o${group}` : `o${group}.${at}`;
      const slot = slotOf(tag);
      // Ranges of primaries are rounded, up or down: a slot that lies across is nobody's.
      if (slot >= first && slot + 1 <= end) return `{${tag}}`;
    }
  });
}

/** The slot of a hash tag in a Redis Cluster: CRC-16/XMODEM of its text, which is ASCII. */
export function slotOf(tag: string): number {
  let crc = 0;
  for (let at = 0; at < tag.length; at++) {
    crc ^= tag.charCodeAt(at) << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1;
  }
  return (crc & 0xffff) % SLOTS;
}

/** What of a call concerns one group: the items, and their places in the call. */
export interface GroupPart<Item> {
  readonly group: number;
  readonly items: readonly Item[];
  readonly places: readonly number[];
}

/** Which group each thing is in (SG1). */
export class Spread {
  constructor(readonly shards: number, private readonly groups: number) {}

  ofShard(shard: ShardId): number {
    return shard % this.groups;
  }

  ofActor(id: ActorId): number {
    return this.ofShard(shardOf(id, this.shards));
  }

  /** `items` by group, each group's in their order; groups without any are left out. Cost: O(items). */
  parts<Item>(items: readonly Item[], groupOf: (item: Item) => number): GroupPart<Item>[] {
    const parts = new Map<number, { group: number; items: Item[]; places: number[] }>();
    items.forEach((item, place) => {
      const group = groupOf(item);
      const part = parts.get(group) ?? { group, items: [], places: [] };
      parts.set(group, part);
      part.items.push(item);
      part.places.push(place);
    });
    return [...parts.values()];
  }
}

/** The parts' answers in the places of what was asked. */
export function inPlace<Answer>(
  parts: readonly GroupPart<unknown>[],
  answers: readonly (readonly Answer[])[],
): Answer[] {
  const all: Answer[] = [];
  parts.forEach(({ places }, at) => {
    places.forEach((place, item) => all[place] = answers[at]?.[item] as Answer);
  });
  return all;
}

/**
 * The answers of several groups. If one fails the call fails, after all have answered: with its fault, or, when
 * another has changed something, as `timeout`, which leaves open what was done. Reads change nothing.
 */
export async function allOf<Answer>(
  op: string,
  asked: readonly Promise<Answer>[],
  { writes }: { readonly writes: boolean },
): Promise<Answer[]> {
  const settled = await Promise.allSettled(asked);
  const faults = settled.flatMap((one) => one.status === "rejected" ? [one.reason as unknown] : []);
  const [first] = faults;
  if (first === undefined) return settled.flatMap((one) => "value" in one ? [one.value] : []);
  const inDoubt = faults.find((fault) => fault instanceof Fault && fault.code === "timeout");
  if (!writes || inDoubt !== undefined || faults.length === asked.length) throw inDoubt ?? first;
  const message = `a storage group failed, others did not: ${(first as Error).message}`;
  throw new Fault(`store.${op}`, "timeout", { message, cause: first });
}
