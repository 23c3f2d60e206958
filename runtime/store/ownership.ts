/**
 * Ownership: which node's sessions are alive, and who may write to which shard.
 *
 * Intuition: a session is a life sign with an end; a fence is a name on a shard without one. A name
 * whose session has ended may be crossed out, and with every new name the epoch grows, so that
 * whatever the old owner still sends is refused.
 *
 * Invariants: S1 (see port.ts). O1. A shard whose owner's session is alive changes hands only by
 * its owner's release. O2. A node has one session: a newer boot replaces it. O3. While a reservation
 * lasts, only the node that it is for can take the shard; it ends with that, or with its time.
 * Not here: time comes in as `nowMs`; the driver persists the fences that changed.
 * @module
 */
import type { BootId, NodeName, ShardId } from "../ids.ts";
import type { AcquireOutcome, Claimant, Fence, Renewal, Reservation, Session } from "./port.ts";

/** How long a session that ended is still listed, ms: long enough for people to see what happened. */
export const SESSION_LISTED_MS = 600_000;

/** Sessions and fences of one store. Cost of every method: O(its arguments), the lists O(what they list). */
export class Ownership {
  readonly #sessions = new Map<NodeName, { boot: BootId; leaseUntilMs: number }>();
  #fences = new Map<ShardId, Fence>();

  /** Forgets all fences and takes `fences` for the truth; sessions stay. */
  restore(fences: readonly Fence[]): void {
    this.#fences = new Map(fences.map((fence) => [fence.shard, fence]));
  }

  /** Starts (`opening`) or prolongs a session, of this boot alone (O2). */
  renew(
    claimant: Claimant,
    options: { ttlMs: number; opening: boolean; nowMs: number },
  ): Renewal["kind"] {
    const { nowMs } = options;
    if (!options.opening && !this.#alive(claimant, nowMs)) {
      const known = this.#sessions.get(claimant.node);
      return known !== undefined && known.boot !== claimant.boot ? "replaced" : "lapsed";
    }
    if (options.opening) this.#forgetOld(nowMs);
    this.#sessions.set(claimant.node, {
      boot: claimant.boot,
      leaseUntilMs: nowMs + options.ttlMs,
    });
    return "live";
  }

  /** Ends the claimant's session; returns its fences as released. */
  leave(claimant: Claimant): readonly Fence[] {
    if (this.#sessions.get(claimant.node)?.boot === claimant.boot) {
      this.#sessions.delete(claimant.node);
    }
    return this.release(claimant, [...this.#fences.keys()]);
  }

  /** The sessions, lapsed ones included for {@link SESSION_LISTED_MS}. */
  sessions(nowMs: number): readonly Session[] {
    this.#forgetOld(nowMs);
    return [...this.#sessions].map(([node, session]) => ({ node, ...session }));
  }

  /** Takes what may be taken (O1); each epoch taken is one more than before (S1). */
  acquire(
    claimant: Claimant,
    options: { shards: readonly ShardId[]; nowMs: number },
  ): readonly AcquireOutcome[] {
    return options.shards.map((shard): AcquireOutcome => {
      const fence = this.#fences.get(shard) ?? { shard, epoch: 0, owner: null };
      const { owner, reservation } = fence;
      const owned = owner !== null && !same(owner, claimant) && this.#alive(owner, options.nowMs);
      const reserved = reservation !== undefined && reservation.for !== claimant.node &&
        reservation.untilMs > options.nowMs; // (O3)
      if (owned || reserved) {
        return { kind: "held", shard, fence };
      }
      const epoch = fence.epoch + 1;
      this.#fences.set(shard, { shard, epoch, owner: { ...claimant } });
      return { kind: "acquired", shard, epoch };
    });
  }

  /** Gives up those of `shards` that are the claimant's; returns their fences. Epochs stay (S1). */
  release(
    claimant: Claimant,
    shards: readonly ShardId[],
    reservation?: Fence["reservation"],
  ): readonly Fence[] {
    const released: Fence[] = [];
    for (const shard of shards) {
      const fence = this.#fences.get(shard);
      if (!fence?.owner || !same(fence.owner, claimant)) continue;
      const free: Fence = { ...fence, owner: null, ...(reservation ? { reservation } : {}) };
      this.#fences.set(shard, free);
      released.push(free);
    }
    return released;
  }

  /** Every fence that was ever acquired, by shard. */
  fences(): readonly Fence[] {
    return [...this.#fences.values()].sort((a, b) => a.shard - b.shard);
  }

  /** The stored epoch of `shard`; 0 before anyone acquired it. */
  epochOf(shard: ShardId): number {
    return this.#fences.get(shard)?.epoch ?? 0;
  }

  #alive(claimant: Claimant, nowMs: number): boolean {
    const session = this.#sessions.get(claimant.node);
    return session !== undefined && session.boot === claimant.boot && session.leaseUntilMs > nowMs;
  }

  #forgetOld(nowMs: number): void {
    for (const [node, session] of this.#sessions) {
      if (session.leaseUntilMs + SESSION_LISTED_MS <= nowMs) this.#sessions.delete(node);
    }
  }
}

/** The reservation that begins at `nowMs`. */
export function reservedFrom(
  nowMs: number,
  reservation: Reservation | undefined,
): Fence["reservation"] {
  return reservation && { for: reservation.for, untilMs: nowMs + reservation.forMs };
}

function same(a: Claimant, b: Claimant): boolean {
  return a.node === b.node && a.boot === b.boot;
}
