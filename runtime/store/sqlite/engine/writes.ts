/**
 * Writes: how each write of a batch changes the tables. Runs inside the engine's transaction.
 *
 * Keeps S1 (epochs are compared before anything else), S2, S3, S8, and S6: the row, its postings, its
 * two partial indexes and its term counts change together or not at all.
 * @module
 */
import { unreachable } from "../../../fault.ts";
import type { ShardId } from "../../../ids.ts";
import { JOURNAL_LINES_MAX } from "../../../limits.ts";
import type { Draft, Indexing } from "../../../snapshot.ts";
import type { Append, Transition, Write, WriteOutcome } from "../../port.ts";
import type { Database, Row, Statement } from "./database.ts";
import type { Marks } from "./marks.ts";
import type { Postings } from "./postings.ts";
import { laneColumn, SPACE, type Terms, toColumn } from "./terms.ts";

/** Longer bodies stand apart from their rows, so that a transition doesn't write them again. */
const BODY_INLINE_CHARS = 256;

const APPLIED: WriteOutcome = { kind: "applied" };
const EXISTS: WriteOutcome = { kind: "exists" };
const MISSING: WriteOutcome = { kind: "missing" };

/** What the writer needs to know beside the tables. */
export interface WriteContext {
  readonly terms: Terms;
  readonly marks: Marks;
  readonly postings: Postings;
  /** The stored epoch of a shard. */
  epochOf(shard: ShardId): number;
}

/** Applies writes. Also the one place that knows which serial comes next. */
export class Writer {
  readonly #insertActor: Statement;
  readonly #insertBody: Statement;
  readonly #updateBody: Statement;
  readonly #deleteBody: Statement;
  readonly #updateActor: Statement;
  readonly #updateHead: Statement;
  readonly #findActor: Statement;
  readonly #lastLine: Statement;
  readonly #addLine: Statement;
  readonly #trimLines: Statement;
  readonly #lastSeq: Statement;
  readonly #context: WriteContext;
  #nextSeq = 1;

  constructor(database: Database, context: WriteContext) {
    this.#context = context;
    this.#insertActor = database.prepare(
      "INSERT INTO actor VALUES(?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO NOTHING",
    );
    this.#insertBody = database.prepare("INSERT INTO body VALUES(?, ?)");
    this.#updateBody = database.prepare("UPDATE actor SET body = ? WHERE seq = ?");
    this.#deleteBody = database.prepare("DELETE FROM body WHERE seq = ?");
    this.#updateActor = database.prepare(
      `UPDATE actor SET version = ?, lane = ?, rank = ?, wake = ?, expire = ?, tally = ?,
       labels = ?, head = ? WHERE seq = ?`,
    );
    this.#updateHead = database.prepare("UPDATE actor SET version = ?, head = ? WHERE seq = ?");
    this.#findActor = database.prepare(
      "SELECT seq, version, kind, lane, rank, wake, expire, tally, labels FROM actor WHERE id = ?",
    );
    this.#lastLine = database.prepare("SELECT max(n) FROM journal WHERE seq = ? AND stream = ?");
    this.#addLine = database.prepare("INSERT INTO journal VALUES(?, ?, ?, ?)");
    this.#trimLines = database.prepare(
      "DELETE FROM journal WHERE seq = ? AND stream = ? AND n <= ?",
    );
    this.#lastSeq = database.prepare(
      "SELECT max(ifnull((SELECT max(seq) FROM actor), 0), " +
        "ifnull((SELECT value FROM meta WHERE key = 'lastSeq'), 0))",
    );
    this.reload();
  }

  /** The serial of the last insert. Serials of deleted actors are not given again. */
  get lastSeq(): number {
    return this.#nextSeq - 1;
  }

  /** Reads again which serial comes next. */
  reload(): void {
    this.#nextSeq = Number(this.#lastSeq.get()?.[0] ?? 0) + 1;
  }

  /** Applies a batch, write by write, in order (S5). */
  apply(batch: readonly Write[]): WriteOutcome[] {
    const before = this.#nextSeq;
    const outcomes = batch.map((write) => this.#write(write));
    if (this.#nextSeq > before) this.#context.marks.flush(this.lastSeq);
    this.#context.postings.flush();
    this.#context.terms.flush();
    return outcomes;
  }

  #write(write: Write): WriteOutcome {
    if (write.kind === "insert") return this.#insert(write.draft);
    const epoch = this.#context.epochOf(write.shard);
    if (epoch !== write.epoch) return { kind: "fenced", epoch }; // (S1)
    const row = this.#findActor.get(write.id);
    if (row === undefined) return MISSING;
    switch (write.kind) {
      case "transition": {
        const outcome = this.#move(row, write);
        if (write.carries !== undefined && outcome === APPLIED) {
          this.#carry(row[0] as number, write);
        }
        return outcome;
      }
      case "append":
        return this.#append(row[0] as number, write);
      default:
        return unreachable(write);
    }
  }

  #insert(draft: Draft): WriteOutcome {
    const { terms, marks, postings } = this.#context;
    const { index } = draft;
    const kind = terms.intern(draft.kind, { space: SPACE.kind, scope: 0 });
    const lane = terms.intern(index.lane, { space: SPACE.lane, scope: 0 });
    const tally = terms.intern(index.tally, { space: SPACE.tally, scope: kind });
    const labels = this.#labels(index, kind);
    const seq = this.#nextSeq;
    const { wakeAtMs: wake, expireAtMs: expire, rank } = index;
    const apart = draft.body.length > BODY_INLINE_CHARS;
    const added = this.#insertActor.run(
      ...[
        seq,
        draft.id,
        kind,
        laneColumn(lane, index.lane),
        rank,
        wake,
        expire,
        draft.createdAtMs,
        tally,
      ],
      labels.join(","),
      draft.head,
      apart ? null : draft.body,
    );
    if (added === 0) return EXISTS; // (S3)
    this.#nextSeq++;
    if (apart) this.#insertBody.run(seq, draft.body);
    for (const label of labels) postings.add(label, seq);
    for (const term of [kind, lane, tally, ...labels]) terms.use(term, 1);
    marks.note(draft.createdAtMs);
    return APPLIED;
  }

  #move(row: Row, write: Transition): WriteOutcome {
    const [seq, version, kind, oldLane, rank, wake, expire, oldTally, oldLabels] = row;
    if (version !== write.expectedVersion) { // (S2)
      return { kind: "conflict", version: version as number };
    }
    const { index } = write;
    const { terms } = this.#context;
    const term = terms.intern(index.lane, { space: SPACE.lane, scope: 0 });
    const lane = laneColumn(term, index.lane);
    const tally = terms.intern(index.tally, { space: SPACE.tally, scope: kind as number });
    const carried = this.#labels(index, kind as number);
    const labels = carried.join(",");
    const same = lane === oldLane && tally === oldTally && labels === oldLabels &&
      rank === index.rank && wake === index.wakeAtMs && expire === index.expireAtMs;
    if (same) {
      this.#updateHead.run(version as number + 1, write.head, seq as number);
      return APPLIED;
    }
    this.#updateActor.run(
      ...[version as number + 1, lane, index.rank, index.wakeAtMs, index.expireAtMs, tally],
      labels,
      write.head,
      seq as number,
    );
    this.#recount(Math.abs(oldLane as number), term);
    this.#recount(oldTally as number, tally);
    if (labels !== oldLabels) {
      this.#repost(seq as number, { from: oldLabels as string, to: carried });
    }
    return APPLIED;
  }

  /** What a transition that was applied carries (S8). */
  #carry(seq: number, { carries = {} }: Transition): void {
    const { body, inserts = [], lines } = carries;
    if (body !== undefined) {
      const apart = body.length > BODY_INLINE_CHARS;
      this.#updateBody.run(apart ? null : body, seq);
      this.#deleteBody.run(seq);
      if (apart) this.#insertBody.run(seq, body);
    }
    for (const draft of inserts) this.#insert(draft);
    if (lines !== undefined) this.#append(seq, { stream: lines.stream, lines: lines.texts });
  }

  #append(seq: number, write: Pick<Append, "stream" | "lines">): WriteOutcome {
    const last = Number(this.#lastLine.get(seq, write.stream)?.[0] ?? 0);
    let n = last;
    for (const line of write.lines) this.#addLine.run(seq, write.stream, ++n, toColumn(line));
    if (n > JOURNAL_LINES_MAX) this.#trimLines.run(seq, write.stream, n - JOURNAL_LINES_MAX);
    return APPLIED;
  }

  #labels(index: Indexing, kind: number): number[] {
    const place = { space: SPACE.label, scope: kind };
    return index.labels.map((label) => this.#context.terms.intern(label, place));
  }

  #recount(from: number, to: number): void {
    if (from === to) return;
    this.#context.terms.use(from, -1);
    this.#context.terms.use(to, 1);
  }

  #repost(seq: number, change: { from: string; to: readonly number[] }): void {
    const { postings, terms } = this.#context;
    const from = parseLabels(change.from);
    for (const label of from) {
      if (change.to.includes(label)) continue;
      postings.remove(label, seq);
      terms.use(label, -1);
    }
    for (const label of change.to) {
      if (from.includes(label)) continue;
      postings.add(label, seq);
      terms.use(label, 1);
    }
  }
}

/** The terms in an actor's `labels` column. */
export function parseLabels(column: string): number[] {
  return column === "" ? [] : column.split(",").map(Number);
}
