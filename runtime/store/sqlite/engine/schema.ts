/**
 * Schema: the tables, and whether a file is one of ours.
 *
 * Intuition: words that repeat (kinds, lanes, tallies, labels) are stored once, in `term`, and stand
 * in rows and indexes as small integers. `seq` is the serial number of cursor.ts: rows are appended
 * in its order. A small body stands in its row; a large one apart, so that a transition doesn't
 * write it again.
 *
 *   actor    one row per actor; `labels` is a list of terms, `1,2,3`
 *   body     large immutable parts
 *   posting  label → the seqs that carry it, 32 to a row: the search index
 *   due      (lane, rank, wake): only actors that have a wake time; a lane with a key is its term, negated
 *   due_key  wake: of those in lanes with keys, of which there may be very many
 *   expiry   only actors that have an end
 *   term     word ↔ number, with the count of actors that use it: a tally is such a count
 *   journal  an actor's lines
 *   mark     "every actor up to seq was created at or before at": bounds a search in time
 *   fence    who may write to a shard
 *   meta     the facts of the store's birth, and counters that must survive
 * @module
 */

/** Grows with every change of the tables; a store of another number is refused. */
export const SCHEMA_VERSION = 2;

/** Creates everything in an empty file, statement by statement. */
export const SCHEMA: readonly string[] = [
  `CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
  `CREATE TABLE actor(
     seq INTEGER PRIMARY KEY,
     id TEXT NOT NULL,
     kind INTEGER NOT NULL,
     version INTEGER NOT NULL,
     lane INTEGER NOT NULL,
     rank INTEGER NOT NULL,
     wake INTEGER,
     expire INTEGER,
     created INTEGER NOT NULL,
     tally INTEGER NOT NULL,
     labels TEXT NOT NULL,
     head TEXT NOT NULL,
     body TEXT
   )`,
  `CREATE UNIQUE INDEX actor_id ON actor(id)`,
  `CREATE INDEX due ON actor(lane, rank, wake) WHERE wake IS NOT NULL`,
  `CREATE INDEX due_key ON actor(wake) WHERE wake IS NOT NULL AND lane < 0`,
  `CREATE INDEX expiry ON actor(expire) WHERE expire IS NOT NULL`,
  `CREATE TABLE body(seq INTEGER PRIMARY KEY, body TEXT NOT NULL)`,
  `CREATE TABLE posting(
     label INTEGER NOT NULL,
     chunk INTEGER NOT NULL,
     bits INTEGER NOT NULL,
     PRIMARY KEY(label, chunk)
   ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE term(
     n INTEGER PRIMARY KEY,
     space INTEGER NOT NULL,
     scope INTEGER NOT NULL,
     word ANY NOT NULL,
     count INTEGER NOT NULL,
     UNIQUE(space, scope, word)
   ) STRICT`,
  `CREATE INDEX term_unused ON term(n) WHERE count = 0`,
  `CREATE TABLE journal(
     seq INTEGER NOT NULL,
     stream TEXT NOT NULL,
     n INTEGER NOT NULL,
     line ANY NOT NULL,
     PRIMARY KEY(seq, stream, n)
   ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE mark(at INTEGER PRIMARY KEY, seq INTEGER NOT NULL) STRICT`,
  `CREATE TABLE fence(shard INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, node TEXT, boot TEXT) STRICT`,
];
