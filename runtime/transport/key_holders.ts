/**
 * KeyHolders: which key speaks for a node's name.
 *
 * Intuition: a link proves its key, a frame only claims a name. The first key that speaks for a
 * name keeps it for as long as it goes on speaking, and a minute longer: another key that claims
 * the same name meanwhile is refused. A node whose key was replaced waits that minute.
 *
 * Invariant: K1. At any time a name belongs to one key.
 * @module
 */
import { TRANSPORT_KEY_HELD_MS, TRANSPORT_KEYS_HELD_MAX } from "../limits.ts";

interface Holder {
  readonly key: string;
  heardMs: number;
}

/** The names of a cluster and their keys. */
export class KeyHolders {
  readonly #holders = new Map<string, Holder>();

  /** True when `key` may speak for `name` at `nowMs` (monotonic); it then holds the name (K1). */
  admit(name: string, key: string, nowMs: number): boolean {
    const holder = this.#holders.get(name);
    if (holder?.key === key) {
      holder.heardMs = nowMs;
      return true;
    }
    if (holder !== undefined && nowMs - holder.heardMs < TRANSPORT_KEY_HELD_MS) return false;
    if (this.#holders.size >= TRANSPORT_KEYS_HELD_MAX) {
      for (const oldest of this.#holders.keys()) {
        this.#holders.delete(oldest);
        break;
      }
    }
    this.#holders.set(name, { key, heardMs: nowMs });
    return true;
  }
}
