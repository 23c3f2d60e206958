/**
 * Sweeper: deletes expired actors with all that belongs to them, and what they leave unused.
 *
 * Keeps S6: row, body, postings, journal and counts go together. Runs inside a transaction.
 * @module
 */
import type { Database, Statement } from "./database.ts";
import type { Marks } from "./marks.ts";
import type { Postings } from "./postings.ts";
import type { Terms } from "./terms.ts";
import { parseLabels } from "./writes.ts";

/** Unused words forgotten by one sweep, beside those that the swept actors may have left. */
const TERMS_FORGOTTEN_MIN = 64;

/** Deletions of one database. */
export class Sweeper {
  readonly #expired: Statement;
  readonly #deletions: readonly Statement[];
  readonly #firstSeq: Statement;
  readonly #putLastSeq: Statement;

  constructor(
    database: Database,
    private readonly context: { terms: Terms; marks: Marks; postings: Postings },
  ) {
    this.#expired = database.prepare(
      `SELECT seq, kind, lane, tally, labels FROM actor INDEXED BY expiry
       WHERE expire <= ? ORDER BY expire LIMIT ?`,
    );
    this.#deletions = ["actor", "body", "journal"].map((table) =>
      database.prepare(`DELETE FROM ${table} WHERE seq = ?`)
    );
    this.#firstSeq = database.prepare("SELECT min(seq) FROM actor");
    this.#putLastSeq = database.prepare(
      "INSERT INTO meta VALUES('lastSeq', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    );
  }

  /** True when {@link sweep} would delete anything: spares an empty commit. */
  due(nowMs: number): boolean {
    return this.#expired.get(nowMs, 1) !== undefined;
  }

  /** See `Store.sweep`. `lastSeq` is kept, so that its serial is never given again. */
  sweep(query: { nowMs: number; limit: number; lastSeq: number }): number {
    const { terms, marks, postings } = this.context;
    const rows = this.#expired.all(query.nowMs, query.limit);
    let left = 0;
    for (const [seq, kind, lane, tally, column] of rows) {
      const labels = parseLabels(column as string);
      for (const label of labels) postings.remove(label, seq as number);
      for (const deletion of this.#deletions) deletion.run(seq as number);
      const used = [kind as number, Math.abs(lane as number), tally as number, ...labels];
      for (const term of used) terms.use(term, -1);
      left += labels.length;
    }
    postings.flush();
    terms.flush();
    terms.forgetUnused(TERMS_FORGOTTEN_MIN + left);
    this.#putLastSeq.run(query.lastSeq);
    const firstSeq = this.#firstSeq.get()?.[0];
    if (typeof firstSeq === "number") marks.sweep(firstSeq);
    return rows.length;
  }
}
