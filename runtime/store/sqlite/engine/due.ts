/**
 * Due: reads of the due index, `(lane, rank, wake)`.
 *
 * Intuition: there are few lanes without a key and at most ten ranks of each, so every read hops from one
 * (lane, rank) to the next and takes what it needs of each, in the index's own order. Lanes with keys may be
 * very many: what of them wakes in a span of time is told by an index of its own. Nothing is sorted by
 * SQLite, and no row is read that isn't handed out.
 * @module
 */
import type { ActorId } from "../../../ids.ts";
import type { DueEntry } from "../../../snapshot.ts";
import type { DueRange, LanesPage, LanesQuery } from "../../port.ts";
import type { Database, Statement } from "./database.ts";
import { laneColumn, SPACE, type Terms } from "./terms.ts";

/** An entry of the index. */
interface Place {
  readonly seq: number;
  readonly wake: number;
  readonly lane: number;
  readonly rank: number;
}

/** Tells whether an actor is asked for. */
export type IsMine = (id: ActorId) => boolean;

/** Before the number of every lane with a key. */
const FIRST_KEYED = Number.MIN_SAFE_INTEGER;
/** SQLite's word for no limit. */
const ALL_ROWS = -1;

/** Reads of the due index. Cost: O(lanes without a key × ranks + limit) seeks. */
export class DueReads {
  readonly #nextLane: Statement;
  readonly #nextRank: Statement;
  readonly #until: Statement;
  readonly #between: Statement;
  readonly #keyedBetween: Statement;
  readonly #id: Statement;

  constructor(database: Database, private readonly terms: Terms) {
    this.#nextLane = database.prepare(
      "SELECT min(lane) FROM actor INDEXED BY due WHERE wake IS NOT NULL AND lane > ?",
    );
    this.#nextRank = database.prepare(
      "SELECT max(rank) FROM actor INDEXED BY due WHERE wake IS NOT NULL AND lane = ? AND rank < ?",
    );
    this.#until = database.prepare(
      `SELECT id, wake FROM actor INDEXED BY due
       WHERE lane = ? AND rank = ? AND wake <= ? ORDER BY wake, seq LIMIT ?`,
    );
    this.#between = database.prepare(
      `SELECT seq, wake FROM actor INDEXED BY due
       WHERE lane = ? AND rank = ? AND wake >= ? AND wake < ? ORDER BY wake, seq LIMIT ?`,
    );
    this.#keyedBetween = database.prepare(
      `SELECT seq, wake, lane, rank FROM actor INDEXED BY due_key
       WHERE wake IS NOT NULL AND lane < 0 AND wake >= ? AND wake < ? ORDER BY wake, seq LIMIT ?`,
    );
    this.#id = database.prepare("SELECT id FROM actor WHERE seq = ?");
  }

  /** See `Store.lanes`; a page of lanes with keys ends with the last one's number. */
  lanes({ after, limit }: LanesQuery): LanesPage {
    if (after === null) {
      const lanes = [...this.#lanes(0)].map((lane) => this.terms.word(lane));
      const keyed = this.#nextLane.get(FIRST_KEYED)?.[0];
      return { lanes, next: typeof keyed === "number" && keyed < 0 ? String(FIRST_KEYED) : null };
    }
    const lanes: string[] = [];
    let last = Number(after);
    for (const lane of this.#lanes(last)) {
      if (lane > 0) break;
      if (lanes.length === limit) return { lanes, next: String(last) };
      lanes.push(this.terms.word(-lane));
      last = lane;
    }
    return { lanes, next: null };
  }

  /** See `Store.dueInLane`. */
  inLane(
    query: { lane: string; untilMs: number; limit: number },
    mine: IsMine | null,
  ): DueEntry[] {
    const term = this.terms.find(query.lane, { space: SPACE.lane, scope: 0 });
    const entries: DueEntry[] = [];
    if (term === undefined) return entries;
    const lane = laneColumn(term, query.lane);
    for (const rank of this.#ranks(lane)) {
      const room = query.limit - entries.length;
      if (room <= 0) break;
      const wanted = mine === null ? room : ALL_ROWS;
      for (const [id, wake] of this.#until.all(lane, rank, query.untilMs, wanted)) {
        if (entries.length === query.limit) break;
        if (mine !== null && !mine(id as ActorId)) continue;
        entries.push({ id: id as ActorId, wakeAtMs: wake as number, lane: query.lane, rank });
      }
    }
    return entries;
  }

  /** See `Store.dueBetween`. One more than `limit` is looked for, to know whether it cuts. */
  between(
    query: { fromMs: number; untilMs: number; limit: number },
    mine: IsMine | null,
  ): DueRange {
    const wanted = query.limit + 1;
    const rows = mine === null ? wanted : ALL_ROWS;
    let found: Place[] = [];
    let untilMs = query.untilMs;
    for (const [seq, wake, lane, rank] of this.#keyedBetween.all(query.fromMs, untilMs, rows)) {
      if (found.length === wanted) break;
      if (mine !== null && !mine(this.#idOf(seq as number))) continue;
      found.push({
        ...{ seq: seq as number, wake: wake as number },
        ...{ lane: lane as number, rank: rank as number },
      });
    }
    if (found.length === wanted) untilMs = Math.min(untilMs, (found.at(-1) as Place).wake + 1);
    for (const lane of this.#lanes(0)) {
      for (const rank of this.#ranks(lane)) {
        for (const [seq, wake] of this.#between.all(lane, rank, query.fromMs, untilMs, rows)) {
          if (mine !== null && !mine(this.#idOf(seq as number))) continue;
          found.push({ seq: seq as number, wake: wake as number, lane, rank });
        }
        if (found.length <= wanted) continue;
        found = found.sort(byWake).slice(0, wanted);
        // Later than the last one kept, nothing of another lane can matter. Equal times still can.
        untilMs = Math.min(untilMs, (found.at(-1) as Place).wake + 1);
      }
    }
    found.sort(byWake);
    return {
      entries: found.slice(0, query.limit).map((place) => this.#entry(place)),
      completeToMs: found[query.limit]?.wake ?? query.untilMs,
    };
  }

  #entry({ seq, wake, lane, rank }: Place): DueEntry {
    const id = this.#idOf(seq);
    return { id, wakeAtMs: wake, lane: this.terms.word(Math.abs(lane)), rank };
  }

  #idOf(seq: number): ActorId {
    return this.#id.get(seq)?.[0] as ActorId;
  }

  /** Lanes behind `after`, those with keys first. */
  *#lanes(after: number): Generator<number> {
    for (let lane = after;;) {
      const next = this.#nextLane.get(lane)?.[0];
      if (next === null || next === undefined) return;
      yield lane = next as number;
    }
  }

  *#ranks(lane: number): Generator<number> {
    for (let rank = Number.MAX_SAFE_INTEGER;;) {
      const next = this.#nextRank.get(lane, rank)?.[0];
      if (next === null || next === undefined) return;
      yield rank = next as number;
    }
  }
}

function byWake(a: Place, b: Place): number {
  return a.wake - b.wake || a.seq - b.seq;
}
