/**
 * Marks: where in the order of serials a moment lies, so that a search in time needs no index.
 *
 * Intuition: actors are inserted roughly in the order of their creation times. A mark, about one a
 * second, says: every actor up to serial `seq` was created at or before `at`. It bounds a search
 * from below. From above it needs one more number: how late an actor has ever come after a younger
 * one (`lateMs`). A clock that jumps makes `lateMs` large, and searches slower but never wrong.
 *
 * Invariants: M1. Actors with a serial ≤ a mark's `seq` were created at or before its `at`.
 * M2. No actor was created more than `lateMs` before an actor that was inserted earlier.
 * @module
 */
import type { Database, Statement } from "./database.ts";

/** A new mark is set when the newest creation time has moved on by this much, ms. */
const MARK_EVERY_MS = 1_000;
/** Marks looked at by one sweep. */
const MARKS_SWEPT_MAX = 1_000;

/** The marks of one database. */
export class Marks {
  readonly #before: Statement;
  readonly #after: Statement;
  readonly #put: Statement;
  readonly #last: Statement;
  readonly #drop: Statement;
  readonly #late: Statement;
  readonly #putLate: Statement;
  #newestMs = -Infinity;
  #markedMs = -Infinity;
  #lateMs = 0;
  #lateStoredMs = 0;

  constructor(database: Database) {
    this.#before = database.prepare(
      "SELECT seq FROM mark WHERE at < ? ORDER BY at DESC LIMIT 1",
    );
    this.#after = database.prepare("SELECT seq FROM mark WHERE at >= ? ORDER BY at LIMIT 1");
    this.#put = database.prepare("INSERT INTO mark VALUES(?, ?) ON CONFLICT DO NOTHING");
    this.#last = database.prepare("SELECT max(at) FROM mark");
    this.#late = database.prepare("SELECT value FROM meta WHERE key = 'lateMs'");
    this.#putLate = database.prepare(
      "INSERT INTO meta VALUES('lateMs', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    );
    this.#drop = database.prepare(
      `DELETE FROM mark WHERE at IN (
         SELECT at FROM (SELECT at, seq FROM mark ORDER BY at LIMIT ${MARKS_SWEPT_MAX})
         WHERE seq < ? AND at < (SELECT max(at) FROM mark))`,
    );
    this.reload();
  }

  /** Reads again what memory holds. The newest time may be known to one mark's distance only. */
  reload(): void {
    this.#markedMs = this.#newestMs = Number(this.#last.get()?.[0] ?? -Infinity);
    this.#lateMs = this.#lateStoredMs = Number(this.#late.get()?.[0] ?? 0);
  }

  /** Notes an insert. */
  note(createdAtMs: number): void {
    if (createdAtMs > this.#newestMs) this.#newestMs = createdAtMs;
    else this.#lateMs = Math.max(this.#lateMs, Math.ceil(this.#newestMs - createdAtMs));
  }

  /** Writes what was noted, `lastSeq` being the serial of the last insert: ends a commit with inserts. */
  flush(lastSeq: number): void {
    if (this.#lateMs > this.#lateStoredMs) {
      this.#putLate.run(this.#lateMs);
      this.#lateStoredMs = this.#lateMs;
    }
    if (!(this.#newestMs >= this.#markedMs + MARK_EVERY_MS)) return;
    this.#put.run(Math.ceil(this.#newestMs), lastSeq);
    this.#markedMs = Math.ceil(this.#newestMs);
  }

  /** Serials outside of which no actor was created in `[fromMs, toMs)` (M1, M2). */
  range(fromMs = -Infinity, toMs = Infinity): { low: number; high: number } {
    const low = Number.isFinite(fromMs) ? this.#before.get(fromMs)?.[0] : undefined;
    // The last second before a restart may be missing from `newestMs`, and so from `lateMs`.
    const slackMs = this.#lateMs + MARK_EVERY_MS + 1;
    const high = Number.isFinite(toMs) ? this.#after.get(toMs + slackMs)?.[0] : undefined;
    return {
      low: low === undefined ? 0 : Number(low) + 1,
      high: high === undefined ? Number.MAX_SAFE_INTEGER : Number(high),
    };
  }

  /** Drops old marks below `firstSeq`, the lowest serial there is; the last mark stays for {@link reload}. */
  sweep(firstSeq: number): void {
    this.#drop.run(firstSeq);
  }
}
