/**
 * Search: actors that carry all of some labels, in the order of their serials, page by page.
 *
 * Intuition: a label's postings are a sorted list of chunks, 32 serials each. Several lists are
 * intersected by leapfrog: each in turn jumps to the first chunk at or beyond the others' latest;
 * when all have landed on the same one, the bits that they share are hits. Long stretches without
 * hits cost nothing.
 *
 * Every jump is counted; a page that has used up its visits ends early with a cursor (S7).
 * A search without labels visits all actors of all kinds: a rare kind should carry a label.
 * @module
 */
import { invariant } from "../../../fault.ts";
import { BATCH_CHARS_MAX, FIND_LIMIT_MAX, FIND_VISITS_MAX } from "../../../limits.ts";
import type { Snapshot } from "../../../snapshot.ts";
import { checkLimit } from "../../batch.ts";
import { decodeCursor, encodeCursor } from "../../cursor.ts";
import type { FindQuery, FoundPage } from "../../port.ts";
import type { Database, Statement } from "./database.ts";
import type { Marks } from "./marks.ts";
import { CHUNK, nextSerial } from "./postings.ts";
import { readSnapshot, SNAPSHOT_COLUMNS } from "./snapshots.ts";
import { SPACE, type Terms } from "./terms.ts";

/** A jump in an index costs as much as reading this many neighbouring entries. */
const JUMP_VISITS = 4;
/** Rows read at once by a search without labels. */
const SCAN_ROWS = 500;

const EMPTY: FoundPage = { snapshots: [], cursor: null };

/** A search under way: `at` is the next serial to look at, going towards `end`. */
interface Walk {
  readonly newest: boolean;
  readonly end: number;
  at: number;
  visits: number;
}

/** Searches of one database. */
export class Search {
  readonly #jump: { readonly newest: Statement; readonly oldest: Statement };
  readonly #scan: { readonly newest: Statement; readonly oldest: Statement };
  readonly #snapshot: Statement;

  constructor(
    database: Database,
    private readonly context: { terms: Terms; marks: Marks; shards: number },
  ) {
    const jump = (compare: string, order: string) =>
      database.prepare(
        `SELECT chunk, bits FROM posting WHERE label = ? AND chunk ${compare} ?
         ORDER BY chunk ${order} LIMIT 1`,
      );
    this.#jump = { newest: jump("<=", "DESC"), oldest: jump(">=", "ASC") };
    const scan = (compare: string, order: string) =>
      database.prepare(
        `SELECT seq, kind FROM actor WHERE seq ${compare} ?
         ORDER BY seq ${order} LIMIT ${SCAN_ROWS}`,
      );
    this.#scan = { newest: scan("<=", "DESC"), oldest: scan(">=", "ASC") };
    this.#snapshot = database.prepare(
      `SELECT ${SNAPSHOT_COLUMNS} FROM actor WHERE seq = ?`,
    );
  }

  /** See `Store.find`. */
  find(query: FindQuery): FoundPage {
    checkLimit(query.limit, FIND_LIMIT_MAX);
    const walk = this.#start(query);
    const kind = this.context.terms.find(query.kind, { space: SPACE.kind, scope: 0 });
    if (kind === undefined) return EMPTY;
    const labels = this.#labels(query.labels, kind);
    if (labels === undefined) return EMPTY;
    const hits = labels.length > 0 ? this.#leapfrog(labels, walk) : this.#all(kind, walk);
    const snapshots: Snapshot[] = [];
    let chars = 0;
    for (const seq of hits) {
      if (snapshots.length === query.limit || chars > BATCH_CHARS_MAX) break;
      const row = this.#snapshot.get(seq);
      invariant(row !== undefined, `a posting of ${seq}, which is gone`); // (S6)
      const snapshot = readSnapshot(row, this.context);
      walk.visits += JUMP_VISITS;
      walk.at = walk.newest ? seq - 1 : seq + 1;
      if (!isWithin(snapshot.createdAtMs, query)) continue;
      snapshots.push(snapshot);
      chars += snapshot.body.length + snapshot.head.length;
    }
    if (isOver(walk)) return { snapshots, cursor: null };
    return { snapshots, cursor: encodeCursor(walk.newest ? walk.at + 1 : walk.at - 1) };
  }

  /** Where the walk begins and ends: the cursor within the bounds of the asked time. */
  #start(query: FindQuery): Walk {
    const { low, high } = this.context.marks.range(query.fromMs, query.toMs);
    const newest = query.order === "newest";
    const last = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    const at = newest
      ? Math.min(high, (last ?? Infinity) - 1)
      : Math.max(low, (last ?? -Infinity) + 1);
    return { newest, end: newest ? low : high, at, visits: 0 };
  }

  /** The labels' terms, rarest first; undefined when nothing can carry them all. */
  #labels(labels: readonly string[], kind: number): number[] | undefined {
    const { terms } = this.context;
    const found: { term: number; uses: number }[] = [];
    for (const label of new Set(labels)) {
      const term = terms.find(label, { space: SPACE.label, scope: kind });
      const uses = term === undefined ? 0 : terms.uses(term);
      if (term === undefined || uses === 0) return undefined;
      found.push({ term, uses });
    }
    return found.sort((a, b) => a.uses - b.uses).map(({ term }) => term);
  }

  /** Serials that all `labels` share, from `walk.at` on. Leaves `walk.at` where it stopped. */
  *#leapfrog(labels: readonly number[], walk: Walk): Generator<number> {
    const jump = walk.newest ? this.#jump.newest : this.#jump.oldest;
    let bits = -1;
    let agreed = 0;
    for (let turn = 0; !isOver(walk); turn = (turn + 1) % labels.length) {
      if (walk.visits > FIND_VISITS_MAX) return;
      walk.visits += JUMP_VISITS;
      const landed = jump.get(labels[turn] as number, chunkOf(walk.at));
      if (landed === undefined) return void finish(walk);
      const [chunk, own] = landed as readonly [number, number];
      if (chunk !== chunkOf(walk.at)) {
        walk.at = walk.newest ? chunk * CHUNK + CHUNK - 1 : chunk * CHUNK;
        bits = -1;
        agreed = 0;
      }
      bits &= own;
      if (++agreed < labels.length) continue;
      yield* hitsIn(bits, walk);
      bits = -1;
      agreed = 0;
    }
  }

  /** Serials of all actors of `kind`, from `walk.at` on. */
  *#all(kind: number, walk: Walk): Generator<number> {
    const scan = walk.newest ? this.#scan.newest : this.#scan.oldest;
    while (!isOver(walk) && walk.visits <= FIND_VISITS_MAX) {
      const rows = scan.all(walk.at);
      for (const [seq, rowKind] of rows) {
        walk.visits++;
        walk.at = seq as number;
        if (isOver(walk)) return;
        if (rowKind === kind) yield walk.at;
        else walk.at += walk.newest ? -1 : 1;
      }
      if (rows.length < SCAN_ROWS) return void finish(walk);
    }
  }
}

function isWithin(createdAtMs: number, query: FindQuery): boolean {
  return createdAtMs >= (query.fromMs ?? -Infinity) && createdAtMs < (query.toMs ?? Infinity);
}

function isOver(walk: Walk): boolean {
  return walk.newest ? walk.at < walk.end : walk.at > walk.end;
}

function chunkOf(seq: number): number {
  return Math.floor(seq / CHUNK);
}

/** The hits in `walk.at`'s chunk, then moves the walk out of it. The caller moves `walk.at` past each hit. */
function* hitsIn(bits: number, walk: Walk): Generator<number> {
  const chunk = chunkOf(walk.at);
  while (chunkOf(walk.at) === chunk) {
    const seq = nextSerial(bits, walk);
    if (seq === undefined) break;
    walk.at = seq;
    if (isOver(walk)) return;
    yield seq;
  }
  if (chunkOf(walk.at) === chunk) {
    walk.at = walk.newest ? chunk * CHUNK - 1 : (chunk + 1) * CHUNK;
  }
}

/** Nothing is left: moves the walk beyond its end. */
function finish(walk: Walk): void {
  walk.at = walk.newest ? walk.end - 1 : walk.end + 1;
}
