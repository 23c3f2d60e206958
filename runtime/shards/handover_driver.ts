/**
 * Handover: gives up shards that should not be ours, a few at a time, so that little pauses and nothing is lost.
 *
 * Intuition: first their actors finish what they are at and rest, then the shards are no longer ours, then the
 * store is told, who keeps each for its heir for a moment, then the heir. Whatever dies or hangs on the way, the
 * worst is that the heir comes later: by its own look, or when our session has lapsed.
 *
 * Invariants:
 *   HA1. At a shard's release its loss was announced, and nothing of ours is known to write to it still; a write
 *        that hangs is waited for only so long: the next owner's fence refuses it.
 *   HA2. Every step can be made again. A release that failed is, until it is done or the session has lapsed.
 *   HA3. One hand-over at a time, of at most `HANDOVER_SHARDS_MAX` shards: the others go on.
 * @module
 */
import type { Clock } from "../clock.ts";
import type { NodeName, ShardId } from "../ids.ts";
import {
  HANDOVER_FLUSH_MS,
  HANDOVER_QUIET_MS,
  HANDOVER_SHARDS_MAX,
  RESERVATION_MS,
} from "../limits.ts";
import type { Claimant, Store } from "../store/port.ts";
import type { Holdings } from "./holdings.ts";

/** Whom a hand-over asks and tells. */
export interface HandoverHooks {
  /** Resolves once actors of these shards have finished what they were at; they begin nothing more. */
  readonly releasing?: (shards: readonly ShardId[]) => Promise<void>;
  /** These shards are no longer ours. */
  readonly lost: (shards: readonly ShardId[]) => void;
  /** Resolves once no write of ours to these shards is under way. */
  readonly quiet?: (shards: readonly ShardId[]) => Promise<void>;
  /** These shards were released; `heir` should have them, and for a moment only it can. */
  readonly released?: (shards: readonly ShardId[], heir: NodeName | null) => void;
}

/** What a hand-over needs of its node. */
export interface HandoverOptions extends HandoverHooks {
  readonly clock: Clock;
  readonly store: Pick<Store, "release">;
  readonly claimant: Claimant;
  readonly holdings: Holdings;
  /** There is more to be given up. */
  readonly more: () => void;
}

/** The hand-overs of one node. */
export class Handover {
  readonly #options: HandoverOptions;
  #busy = false;
  #closed = false;

  constructor(options: HandoverOptions) {
    this.#options = options;
  }

  /** Gives up some of what is too much, if there is any and no hand-over is under way (HA3). Never rejects. */
  async begin(): Promise<void> {
    const { holdings, more } = this.#options;
    const shards = holdings.surplus(HANDOVER_SHARDS_MAX);
    if (shards.length === 0 || this.#busy || this.#closed) return;
    this.#busy = true;
    let done = false;
    try {
      await this.#rest(shards);
      done = await this.#release(shards);
    } catch {
      // The store's health is told by the renewals; the next one tries again (HA2).
    }
    this.#busy = false;
    if (done && holdings.surplus(1).length > 0) more();
  }

  /** Begins none any more, and releases nothing. */
  close(): void {
    this.#closed = true;
  }

  /** Lets the shards come to rest, and gives them up (HA1). */
  async #rest(shards: readonly ShardId[]): Promise<void> {
    const { clock, holdings, releasing, quiet, lost } = this.#options;
    holdings.leave(shards);
    const owned = shards.filter((shard) => holdings.epochOf(shard) !== undefined);
    if (releasing && owned.length > 0) {
      await atMost(HANDOVER_FLUSH_MS, { clock, work: releasing(owned) });
    }
    const news = this.#closed ? [] : holdings.gone(shards);
    if (news.length > 0) lost(news);
    if (quiet) await atMost(HANDOVER_QUIET_MS, { clock, work: quiet(shards) });
  }

  /** Tells the store, heir by heir, then the heirs; false when there was nothing left to tell. */
  async #release(shards: readonly ShardId[]): Promise<boolean> {
    const { store, claimant, holdings, released } = this.#options;
    if (this.#closed) return false;
    const parts = holdings.unreleased(shards);
    for (const [heir, part] of parts) {
      await store.release(
        claimant,
        part,
        heir === null ? undefined : { for: heir, forMs: RESERVATION_MS },
      );
      holdings.released(part);
      released?.(part, heir);
    }
    return parts.size > 0;
  }
}

/** Waits for `work`, however it ends, but at most `limitMs`. */
function atMost(limitMs: number, { clock, work }: { clock: Clock; work: Promise<void> }) {
  return new Promise<void>((resume) => {
    const timer = clock.after(limitMs, resume);
    const end = () => {
      timer.cancel();
      resume();
    };
    work.then(end, end);
  });
}
