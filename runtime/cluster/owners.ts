/**
 * Owners: who owns which shard, and which nodes' sessions live, as the store last said.
 *
 * Intuition: a picture that is a second old at most. It says where to send a message and when a takeover is worth
 * trying; it never decides whether one is right: that is the fence's business.
 *
 * Invariant: OW1. An observation that is older than the last one, shard by shard, changes nothing.
 * @module
 */
import type { BootId, NodeName, ShardId } from "../ids.ts";
import type { Fence, Session } from "../store/port.ts";

/** An owner of a shard. */
export interface Owner {
  readonly node: NodeName;
  readonly boot: BootId;
}

/** What the store said of sessions, and when by its own clock. */
export interface SessionsSeen {
  readonly sessions: readonly Session[];
  readonly storeNowMs: number;
}

/** The picture. */
export class Owners {
  readonly #fences = new Map<ShardId, Fence>();
  #live: ReadonlyMap<BootId, NodeName> = new Map();

  /** Takes in what was read; the boots whose sessions were live before and are not any more. */
  observe(fences: readonly Fence[], { sessions, storeNowMs }: SessionsSeen): BootId[] {
    for (const fence of fences) this.learn(fence);
    const before = this.#live;
    this.#live = new Map(
      sessions.filter(({ leaseUntilMs }) => leaseUntilMs > storeNowMs)
        .map(({ boot, node }) => [boot, node]),
    );
    return [...before.keys()].filter((boot) => !this.#live.has(boot));
  }

  /** Takes in one fence, such as one that came with a refusal (OW1). */
  learn(fence: Fence): void {
    const known = this.#fences.get(fence.shard);
    if (known === undefined || known.epoch <= fence.epoch) this.#fences.set(fence.shard, fence);
  }

  /** The owner of `shard`; null when nobody has it, or nobody was ever seen to. */
  ownerOf(shard: ShardId): Owner | null {
    return this.#fences.get(shard)?.owner ?? null;
  }

  /** Who has `shard` or is about to: its owner, or for whom it was released; null when there is neither. */
  expectedOf(shard: ShardId): NodeName | null {
    const fence = this.#fences.get(shard);
    return fence?.owner?.node ?? fence?.reservation?.for ?? null;
  }

  /** The epoch of `shard` as last seen; 0 when it was never owned. */
  epochOf(shard: ShardId): number {
    return this.#fences.get(shard)?.epoch ?? 0;
  }

  /** True when the session of `boot` had not lapsed when it was last looked at. */
  isLive(boot: BootId): boolean {
    return this.#live.has(boot);
  }

  /** The fences as last seen, in no order. */
  fences(): Fence[] {
    return [...this.#fences.values()];
  }
}
