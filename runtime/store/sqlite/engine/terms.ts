/**
 * Terms: the store's vocabulary: words that repeat, as small integers, each with a count of uses.
 *
 * Intuition: a million jobs share a handful of kinds, queues and states. The count that keeps a
 * word alive is the tally that users ask for, at no further cost. Counts change in memory during a
 * transaction and are written once at its end, however many actors moved.
 *
 * Invariants: T1. A term's stored count is the number of actors that use it (S6). T2. A term whose
 * count is 0 may be forgotten; its number is then free.
 * @module
 */
import { invariant } from "../../../fault.ts";
import { hasKey } from "../../../snapshot.ts";
import type { Database, Row, Statement } from "./database.ts";

/** Words of different spaces never meet. Labels and tallies are scoped by their kind's term. */
export const SPACE = { kind: 0, lane: 1, tally: 2, label: 3 } as const;

/** Words kept in memory; beyond it they are dropped and read again. ~3 MB. */
const TERMS_CACHED_MAX = 20_000;

/** Which list a word belongs to: one of {@link SPACE}, and a kind's term or 0. */
export interface TermPlace {
  readonly space: number;
  readonly scope: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Text as a column's value: text with NUL goes as bytes, because reading text stops at a NUL. */
export function toColumn(text: string): string | Uint8Array {
  return text.includes("\0") ? encoder.encode(text) : text;
}

/** The text that {@link toColumn} stored. */
export function fromColumn(value: Row[number] | undefined): string {
  return value instanceof Uint8Array ? decoder.decode(value) : value as string;
}

/** What stands for a lane in an actor's row: its term, negated if it has a key, so that these lie apart in indexes. */
export function laneColumn(term: number, lane: string): number {
  return hasKey(lane) ? -term : term;
}

/** The vocabulary of one database. */
export class Terms {
  readonly #numbers = new Map<string, number>();
  readonly #words = new Map<number, string>();
  readonly #changes = new Map<number, number>();
  readonly #find: Statement;
  readonly #read: Statement;
  readonly #add: Statement;
  readonly #count: Statement;
  readonly #last: Statement;
  readonly #forget: Statement;
  readonly #list: Statement;
  readonly #uses: Statement;
  #next = 1;

  constructor(database: Database) {
    this.#find = database.prepare("SELECT n FROM term WHERE space = ? AND scope = ? AND word = ?");
    this.#read = database.prepare("SELECT word FROM term WHERE n = ?");
    this.#add = database.prepare("INSERT INTO term VALUES(?, ?, ?, ?, 0)");
    this.#count = database.prepare("UPDATE term SET count = count + ? WHERE n = ?");
    this.#last = database.prepare("SELECT max(n) FROM term");
    this.#list = database.prepare(
      "SELECT word, count FROM term WHERE space = ? AND scope = ? AND count > 0",
    );
    this.#uses = database.prepare("SELECT count FROM term WHERE n = ?");
    this.#forget = database.prepare(
      `DELETE FROM term WHERE n IN (SELECT n FROM term WHERE count = 0 LIMIT ?)
       AND space <> ${SPACE.kind} RETURNING n, space, scope, word`,
    );
    this.reload();
  }

  /** Forgets what memory holds: after a rollback, and when there is too much of it. */
  reload(): void {
    this.#numbers.clear();
    this.#words.clear();
    this.#changes.clear();
    this.#next = Number(this.#last.get()?.[0] ?? 0) + 1;
  }

  /** The term of `word`; undefined when no actor ever used it. */
  find(word: string, place: TermPlace): number | undefined {
    const key = keyOf(word, place);
    const cached = this.#numbers.get(key);
    if (cached !== undefined) return cached;
    const found = this.#find.get(place.space, place.scope, toColumn(word))?.[0];
    if (found === undefined) return undefined;
    this.#remember(found as number, { word, key });
    return found as number;
  }

  /** The term of `word`, made if need be. Inside a transaction only. */
  intern(word: string, place: TermPlace): number {
    const known = this.find(word, place);
    if (known !== undefined) return known;
    const made = this.#next++;
    this.#add.run(made, place.space, place.scope, toColumn(word));
    this.#remember(made, { word, key: keyOf(word, place) });
    return made;
  }

  /** The word of a term that is in use. */
  word(term: number): string {
    const cached = this.#words.get(term);
    if (cached !== undefined) return cached;
    const row = this.#read.get(term);
    invariant(row !== undefined, `no word for term ${term}`);
    const word = fromColumn(row[0]);
    this.#words.set(term, word);
    return word;
  }

  /** Notes that `delta` more actors use `term`. */
  use(term: number, delta: number): void {
    this.#changes.set(term, (this.#changes.get(term) ?? 0) + delta);
  }

  /** Writes the noted counts (T1): the last act of every transaction that changed actors. */
  flush(): void {
    for (const [term, delta] of this.#changes) if (delta !== 0) this.#count.run(delta, term);
    this.#changes.clear();
  }

  /** How many actors use `term`. */
  uses(term: number): number {
    return Number(this.#uses.get(term)?.[0] ?? 0);
  }

  /** The words of one place that are in use, with their counts. */
  list(place: TermPlace): ReadonlyMap<string, number> {
    const rows = this.#list.all(place.space, place.scope);
    return new Map(rows.map(([word, count]) => [fromColumn(word), count as number]));
  }

  /** Deletes up to `limit` terms that nobody uses (T2). Inside a transaction, after {@link flush}. */
  forgetUnused(limit: number): void {
    for (const [term, space, scope, word] of this.#forget.all(limit)) {
      const place = { space: space as number, scope: scope as number };
      this.#numbers.delete(keyOf(fromColumn(word), place));
      this.#words.delete(term as number);
    }
  }

  #remember(term: number, entry: { word: string; key: string }): void {
    if (this.#numbers.size >= TERMS_CACHED_MAX || this.#words.size >= TERMS_CACHED_MAX) {
      this.#numbers.clear();
      this.#words.clear();
    }
    this.#numbers.set(entry.key, term);
    this.#words.set(term, entry.word);
  }
}

function keyOf(word: string, { space, scope }: TermPlace): string {
  return `${space}:${scope}:${word}`;
}
