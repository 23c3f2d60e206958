/**
 * Due parts: what several scripts tell of due actors, put together in the order that was asked for.
 *
 * Intuition: a script looks at a bounded number of places of the due index. So shards are asked for in groups, each
 * group in parts; a group's next part is asked for when what it told before is used up.
 * @module
 */
import type { ActorId } from "../../ids.ts";
import type { DueEntry } from "../../snapshot.ts";

const TEXT = new TextDecoder();

/** A due actor as `due.lua` tells of it: `age` is its serial. */
export interface Due {
  readonly entry: DueEntry;
  readonly age: number;
}

/** One part of what a source has, in its order; `more`: others may follow. */
export interface Part {
  readonly found: readonly Due[];
  readonly more: boolean;
}

/** Gives the next part, of at most so many. */
export type PartSource = (most: number) => Promise<Part>;

/** The due actors in `fields`, five of which `due.lua` answers for each; `asked`: the lane that was asked for. */
export function dueOf(fields: readonly (Uint8Array | number)[], asked = ""): Due[] {
  const found: Due[] = [];
  for (let at = 0; at < fields.length; at += 5) {
    const [id, wakeAtMs, lane, rank, age] = fields.slice(at, at + 5) as Told;
    const name = lane.length === 0 ? asked : TEXT.decode(lane);
    found.push({ entry: { id: TEXT.decode(id) as ActorId, wakeAtMs, lane: name, rank }, age });
  }
  return found;
}

type Told = [id: Uint8Array, wakeAtMs: number, lane: Uint8Array, rank: number, serial: number];

/** The order of `dueBetween`. */
export function byWake(one: Due, other: Due): number {
  return one.entry.wakeAtMs - other.entry.wakeAtMs || one.age - other.age;
}

/** The order of `dueInLane`. */
export function byRank(one: Due, other: Due): number {
  return other.entry.rank - one.entry.rank || byWake(one, other);
}

/** A source that has been asked. */
interface Opened {
  readonly next: PartSource;
  part: Part;
  /** How many of the part are used up. */
  used: number;
}

/** The first `limit` of all sources by {@link byRank}, the order of each; in parts of at most `partMax`. */
export async function firstOf(
  sources: readonly PartSource[],
  { limit, partMax }: { readonly limit: number; readonly partMax: number },
): Promise<DueEntry[]> {
  const most = (wanted: number) => Math.min(partMax, wanted);
  const opened = await Promise.all(sources.map(async (next): Promise<Opened> => {
    return { next, part: await next(most(limit)), used: 0 };
  }));
  const entries: DueEntry[] = [];
  while (entries.length < limit) {
    for (const source of opened) {
      while (source.used === source.part.found.length && source.part.more) {
        source.part = await source.next(most(limit - entries.length));
        source.used = 0;
      }
    }
    const first = leading(opened);
    if (first === undefined) break;
    entries.push((first.part.found[first.used] as Due).entry);
    first.used++;
  }
  return entries;
}

/** The source whose next is the first of all; undefined when none has any. */
function leading(opened: readonly Opened[]): Opened | undefined {
  let first: Opened | undefined;
  for (const source of opened) {
    const due = source.part.found[source.used];
    if (due === undefined) continue;
    if (first === undefined || byRank(due, first.part.found[first.used] as Due) < 0) first = source;
  }
  return first;
}
