/**
 * DueIndex: the memory twin's due index: per lane and rank, actors in the order of their wake times.
 *
 * Invariant: every list is sorted by wake time, then serial; empty lists and lanes are removed.
 * Cost: O(log n) to find a place, O(n) of a memory move to make room in it.
 * @module
 */
import { hasKey } from "../snapshot.ts";
import type { LanesPage, LanesQuery } from "./port.ts";

/** What the index keeps of one actor. */
export interface DueKey {
  readonly lane: string;
  readonly rank: number;
  readonly wakeAtMs: number;
  readonly serial: number;
}

/** Tells whether an entry is asked for. */
export type IsMine = (key: DueKey) => boolean;

/** Actors that have a wake time, by lane and rank. */
export class DueIndex {
  readonly #lanes = new Map<string, Map<number, DueKey[]>>();

  add(key: DueKey): void {
    let ranks = this.#lanes.get(key.lane);
    if (ranks === undefined) this.#lanes.set(key.lane, ranks = new Map());
    const list = ranks.get(key.rank);
    if (list === undefined) ranks.set(key.rank, [key]);
    else list.splice(placeOf(list, key), 0, key);
  }

  remove(key: DueKey): void {
    const ranks = this.#lanes.get(key.lane);
    const list = ranks?.get(key.rank);
    if (ranks === undefined || list === undefined) return;
    const at = placeOf(list, key);
    if (list[at]?.serial === key.serial) list.splice(at, 1);
    if (list.length === 0) ranks.delete(key.rank);
    if (ranks.size === 0) this.#lanes.delete(key.lane);
  }

  /** See `Store.lanes`; lanes with keys by their names. Cost: O(lanes). */
  lanes({ after, limit }: LanesQuery): LanesPage {
    const all = [...this.#lanes.keys()];
    const keyed = all.filter(hasKey).sort();
    if (after === null) {
      return { lanes: all.filter((lane) => !hasKey(lane)), next: keyed.length > 0 ? "" : null };
    }
    const rest = keyed.filter((lane) => lane > after);
    const lanes = rest.slice(0, limit);
    return { lanes, next: rest.length > limit ? lanes.at(-1) ?? null : null };
  }

  /** The first `limit` of `lane` up to and including `untilMs`: highest rank first, then by wake time. */
  inLane(query: { lane: string; untilMs: number; limit: number }, mine: IsMine): DueKey[] {
    const found: DueKey[] = [];
    const ranks = this.#lanes.get(query.lane) ?? new Map<number, DueKey[]>();
    for (const rank of [...ranks.keys()].sort((a, b) => b - a)) {
      for (const key of ranks.get(rank) ?? []) {
        if (key.wakeAtMs > query.untilMs) break;
        if (found.length === query.limit) return found;
        if (mine(key)) found.push(key);
      }
    }
    return found;
  }

  /** The first `limit` of all lanes in `[fromMs, untilMs)` by wake time, then serial. */
  between(query: { fromMs: number; untilMs: number; limit: number }, mine: IsMine): DueKey[] {
    const found: DueKey[] = [];
    for (const ranks of this.#lanes.values()) {
      for (const list of ranks.values()) {
        const start = placeOf(list, { wakeAtMs: query.fromMs, serial: -1 });
        let room = query.limit;
        for (let at = start; room > 0; at++) {
          const key = list[at];
          if (key === undefined || key.wakeAtMs >= query.untilMs) break;
          if (!mine(key)) continue;
          found.push(key);
          room--;
        }
      }
    }
    return found.sort(byWake).slice(0, query.limit);
  }
}

type Place = Pick<DueKey, "wakeAtMs" | "serial">;

function byWake(a: Place, b: Place): number {
  return a.wakeAtMs - b.wakeAtMs || a.serial - b.serial;
}

/** Where `key` is or would be in the sorted `list`. */
function placeOf(list: readonly DueKey[], key: Place): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (byWake(list[middle] as DueKey, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
