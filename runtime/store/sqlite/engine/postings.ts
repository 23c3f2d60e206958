/**
 * Postings: which actors carry which label, as bit sets.
 *
 * Intuition: serials are dense and labels are shared (every pending job carries `state=pending`),
 * so the serials of a label are kept as chunks of 32 bits. A million jobs with three labels cost
 * ~1.5 MB instead of ~33, a batch of inserts touches a few chunks instead of a thousand rows, and an
 * intersection compares 32 actors at a time.
 *
 * Invariants: P1. Bit `seq mod 32` of chunk `seq div 32` of a label is set exactly when that actor
 * carries it (S6), once {@link Postings.flush} has run. P2. No empty chunk is stored.
 * @module
 */
import type { Database, Statement } from "./database.ts";

/** Serials in one chunk: what JavaScript's bit operators hold. */
export const CHUNK = 32;

/** Bits to set and to clear in one chunk; disjoint. */
interface Change {
  set: number;
  clear: number;
}

/** Gathers changes of postings during a transaction and writes them at its end. */
export class Postings {
  readonly #changes = new Map<number, Map<number, Change>>();
  readonly #write: Statement;
  readonly #drop: Statement;

  constructor(database: Database) {
    this.#write = database.prepare(
      `INSERT INTO posting VALUES(?1, ?2, ?3)
       ON CONFLICT DO UPDATE SET bits = (bits | ?3) & ~?4 RETURNING bits`,
    );
    this.#drop = database.prepare("DELETE FROM posting WHERE label = ? AND chunk = ?");
  }

  /** Notes that actor `seq` now carries `label`. */
  add(label: number, seq: number): void {
    const change = this.#change(label, seq);
    const bit = 1 << seq % CHUNK;
    change.set |= bit;
    change.clear &= ~bit;
  }

  /** Notes that actor `seq` no longer carries `label`. */
  remove(label: number, seq: number): void {
    const change = this.#change(label, seq);
    const bit = 1 << seq % CHUNK;
    change.clear |= bit;
    change.set &= ~bit;
  }

  /** Writes what was noted (P1, P2). Cost: one statement per touched chunk. */
  flush(): void {
    for (const [label, chunks] of this.#changes) {
      for (const [chunk, { set, clear }] of chunks) {
        const bits = this.#write.get(label, chunk, set >>> 0, clear >>> 0)?.[0];
        if (bits === 0) this.#drop.run(label, chunk);
      }
    }
    this.#changes.clear();
  }

  /** Forgets what was noted: after a rollback. */
  reload(): void {
    this.#changes.clear();
  }

  #change(label: number, seq: number): Change {
    let chunks = this.#changes.get(label);
    if (chunks === undefined) this.#changes.set(label, chunks = new Map());
    const at = Math.floor(seq / CHUNK);
    let change = chunks.get(at);
    if (change === undefined) chunks.set(at, change = { set: 0, clear: 0 });
    return change;
  }
}

/** The first serial in `bits` of `walk.at`'s chunk, from `walk.at` on in the walk's direction. */
export function nextSerial(
  bits: number,
  walk: { readonly newest: boolean; readonly at: number },
): number | undefined {
  const base = walk.at - walk.at % CHUNK;
  const bit = walk.at % CHUNK;
  if (walk.newest) {
    const below = bits & (0xffffffff >>> (CHUNK - 1 - bit));
    return below === 0 ? undefined : base + CHUNK - 1 - Math.clz32(below);
  }
  const above = bits & (0xffffffff << bit);
  return above === 0 ? undefined : base + CHUNK - 1 - Math.clz32(above & -above);
}
