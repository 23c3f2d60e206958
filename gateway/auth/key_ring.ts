/**
 * KeyRing: finds the key that a token is, by its SHA-256.
 *
 * Intuition: keys are 256 random bits, so a plain hash is enough to keep: there is nothing to guess. Keys are
 * never held, only their hashes.
 *
 * Invariant: K1. A search does the same work whichever key it finds, and when it finds none: all words of
 * all hashes are compared, without a branch on the outcome.
 * @module
 */
import { createHash } from "node:crypto";
import type { Rate } from "../rates/bucket.ts";
import type { Principal, Scope } from "./access.ts";

/** A key as configured. */
export interface KeyEntry {
  readonly name: string;
  /** SHA-256 of the key: 64 hex digits in lower case. */
  readonly sha256: string;
  readonly scopes: readonly Scope[];
  readonly namespaces: readonly string[] | null;
  /** When it stops to be valid, ms of the wall clock; null: never. */
  readonly expiresMs: number | null;
  readonly rate: Rate | null;
}

/** Words of 32 bits of a SHA-256. */
const WORDS = 8;

/** The configured keys. */
export class KeyRing {
  readonly #hashes: Int32Array;
  readonly #principals: readonly Principal[];

  constructor(entries: readonly KeyEntry[]) {
    this.#hashes = new Int32Array(entries.length * WORDS);
    for (const [at, { sha256 }] of entries.entries()) {
      this.#hashes.set(wordsOf(Uint8Array.fromHex(sha256)), at * WORDS);
    }
    this.#principals = entries.map(({ name, scopes, namespaces, expiresMs, rate }) => ({
      ...{ name, namespaces, rate },
      scopes: new Set(scopes),
      untilMs: expiresMs,
    }));
  }

  /** How many there are. */
  get size(): number {
    return this.#principals.length;
  }

  /** The key's holder, also of an expired key; undefined when `token` is no key (K1). Cost: O(keys). */
  find(token: string): Principal | undefined {
    const shown = wordsOf(createHash("sha256").update(token).digest());
    let found = -1;
    for (let key = 0; key < this.#principals.length; key++) {
      let difference = 0;
      for (let word = 0; word < WORDS; word++) {
        difference |= this.#hashes[key * WORDS + word]! ^ shown[word]!;
      }
      // All ones when there is no difference, else zero: chosen by arithmetic, not by a branch.
      const same = ((difference | -difference) >> 31) ^ -1;
      found ^= (found ^ key) & same;
    }
    return this.#principals[found];
  }
}

/** SHA-256 of a key as hex, as the configuration holds it. */
export function hashOfKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

function wordsOf(digest: Uint8Array): Int32Array {
  const view = new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
  return Int32Array.from({ length: WORDS }, (_, at) => view.getInt32(at * 4));
}
