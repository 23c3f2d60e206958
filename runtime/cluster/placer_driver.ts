/**
 * Placer: keeps this node's wish for shards in step with who is there.
 *
 * Intuition: membership says who lives, the store whose session does; who both live, work and are not about to
 * leave take part. A node that gossip calls dead is left out at once: its shards wait for new owners. A node
 * that comes takes part only after the view was still for a while, because whoever starts often starts with
 * others. A session that lapsed counts only after a while: when the store was away all have lapsed, and the
 * first to renew must not take what is about to be renewed by its owners. A suspect whose session lapsed is
 * missed by two witnesses that know nothing of each other: there is no reason to wait until gossip is sure.
 *
 * Invariants: PR1. A node that gossip calls dead, or that drains, has no part, nor has a suspect without a
 * session; one that gossip calls alive loses it when its session was seen lapsed for `LAPSE_GRACE_MS`. PR2.
 * Newcomers have no part before the view, with their live sessions, was still for `VIEW_STILL_MS`. PR3. A node
 * without the role `worker` owns nothing while there is one with it; else it looks after what needs no slot:
 * deadlines, alerts, cancels.
 * Not here: where a shard belongs (ring/), taking and giving it (shards/).
 * @module
 */
import type { Clock, Timer } from "../clock.ts";
import type { BootId, NodeName, ShardId } from "../ids.ts";
import { LAPSE_GRACE_MS, VIEW_STILL_MS } from "../limits.ts";
import type { MemberView } from "../membership/swim_events.ts";
import { placement } from "../ring/placement.ts";
import type { HeirOf } from "../shards/holdings.ts";
import type { Owners } from "./owners.ts";

/** What the placer needs of its node. */
export interface PlacerOptions {
  readonly clock: Clock;
  /** Number of shards of the cluster. */
  readonly shards: number;
  readonly self: BootId;
  /** Everyone known, this node included. */
  readonly members: () => readonly MemberView[];
  readonly owners: Owners;
  /** These shards should be ours, and the others whose `heirOf` says. Called with every look. */
  readonly want: (shards: readonly ShardId[], heirOf: HeirOf) => void;
}

/** The placer of one node. */
export class Placer {
  readonly #options: PlacerOptions;
  /** Nodes that take part since the view was last still. */
  #settled: ReadonlySet<BootId> = new Set();
  /** Nodes that may take part; undefined before the first look. */
  #present: ReadonlySet<BootId> | undefined;
  /** True once the view was still. */
  #wasStill = false;
  /** Since when sessions of nodes that take part are seen lapsed, ms. */
  readonly #lapsedSinceMs = new Map<BootId, number>();
  #timer: Timer | undefined;

  constructor(options: PlacerOptions) {
    this.#options = options;
  }

  /** True once the view was still and this node has its part, if it is one that works. */
  get settled(): boolean {
    const { self, members } = this.#options;
    if (this.#settled.has(self)) return true;
    const own = members().find(({ boot }) => boot === self);
    return this.#wasStill && own !== undefined && !works(own);
  }

  /** Something about members, sessions or owners has changed, or may have: looks again. Cost: one placement. */
  look(): void {
    const { clock, self, members, owners, want, shards } = this.#options;
    const fit = members().filter((member) => mayOwn(member) && this.#hasSession(member)); // (PR1)
    const workers = fit.filter(works);
    const present = new Set((workers.length > 0 ? workers : fit).map(({ boot }) => boot)); // (PR3)
    if (this.#present === undefined || !sameSet(present, this.#present)) {
      this.#present = present;
      this.#timer?.cancel();
      this.#timer = clock.after(VIEW_STILL_MS, () => this.#settle());
    }
    const settled = ({ boot }: MemberView) => this.#settled.has(boot); // (PR2)
    // A worker that comes takes nothing from gateways before it has its part.
    const nodes = (workers.some(settled) ? workers : fit).filter(settled);
    const names = new Set(nodes.map(({ name }) => name));
    const places = placement({
      shards,
      nodes: nodes.map(({ name, meta }) => ({ name, weight: meta.weight })),
      ownerOf: (shard) => {
        const node = owners.expectedOf(shard);
        return node !== null && names.has(node) ? node : null;
      },
    });
    const own = nodes.find(({ boot }) => boot === self)?.name;
    want(own === undefined ? [] : shardsOf(places, own), (shard) => places[shard] ?? null);
  }

  /** Looks no more. Idempotent. */
  close(): void {
    this.#timer?.cancel();
  }

  #hasSession({ boot, state }: MemberView): boolean {
    const { owners, clock } = this.#options;
    if (owners.isLive(boot)) {
      this.#lapsedSinceMs.delete(boot);
      return true;
    }
    if (!this.#settled.has(boot)) return false;
    const nowMs = clock.monotonicMs();
    const sinceMs = this.#lapsedSinceMs.get(boot) ?? nowMs;
    this.#lapsedSinceMs.set(boot, sinceMs);
    return state !== "suspect" && nowMs - sinceMs < LAPSE_GRACE_MS;
  }

  #settle(): void {
    this.#wasStill = true;
    this.#settled = this.#present ?? new Set();
    for (const boot of this.#lapsedSinceMs.keys()) {
      if (!this.#settled.has(boot)) this.#lapsedSinceMs.delete(boot);
    }
    this.look();
  }
}

/** Suspects keep their part while they have a session: most of them contradict. */
function mayOwn(member: MemberView): boolean {
  return member.state === "alive" || member.state === "suspect";
}

function works({ meta }: MemberView): boolean {
  return meta.roles.includes("worker");
}

function shardsOf(places: readonly (NodeName | null)[], own: NodeName): ShardId[] {
  const found: ShardId[] = [];
  for (const [shard, place] of places.entries()) if (place === own) found.push(shard as ShardId);
  return found;
}

function sameSet<Item>(one: ReadonlySet<Item>, other: ReadonlySet<Item>): boolean {
  return one.size === other.size && [...one].every((item) => other.has(item));
}
