/**
 * PeerChoice: which other node is given an attempt that finds no room here.
 *
 * Intuition: everybody's load is known, but a second old; if all went to the least loaded one it would be
 * flooded. So two are drawn and the less loaded of them is taken, and what was sent lately is counted on top of
 * what a node last said of itself.
 *
 * Invariant: PC1. A node that has no free slot left, as far as is known, is not chosen, nor one that refused
 * within `PEER_FULL_MS`.
 * Source: Mitzenmacher, The Power of Two Choices in Randomized Load Balancing (2001).
 * @module
 */
import type { Clock } from "../../runtime/clock.ts";
import type { BootId, NodeName } from "../../runtime/ids.ts";
import { LOAD_KNOWN_MS, PEER_FULL_MS } from "../../runtime/limits.ts";
import type { ExecutorPlace } from "../job/messages.ts";

/** A node as gossip tells of it. */
export interface Peer {
  readonly name: NodeName;
  readonly boot: BootId;
  readonly state: string;
  readonly meta: { readonly slots: number; readonly roles: readonly string[] };
  readonly load: { readonly running: number } | null;
}

/** Chooses, and remembers what it chose. */
export class PeerChoice {
  /** When attempts were sent to each, ms, oldest first. */
  readonly #sent = new Map<BootId, number[]>();
  readonly #fullUntilMs = new Map<BootId, number>();

  /** `chance` draws from [0, 1). */
  constructor(
    private readonly clock: Pick<Clock, "monotonicMs">,
    private readonly chance: () => number,
  ) {}

  /** The less loaded of two of `peers` that have room (PC1); undefined when none has. */
  pick(peers: readonly Peer[]): ExecutorPlace | undefined {
    const nowMs = this.clock.monotonicMs();
    const open = peers.filter((peer) => this.#hasRoom(peer, nowMs));
    if (open.length === 0) return undefined;
    const draw = () => open[Math.floor(this.chance() * open.length)] as Peer;
    const [one, other] = [draw(), draw()];
    const chosen = this.#share(one, nowMs) <= this.#share(other, nowMs) ? one : other;
    this.#sentTo(chosen.boot, nowMs).push(nowMs);
    return { node: chosen.name, boot: chosen.boot };
  }

  /** That node had no room: it is left alone for a while (PC1). */
  full(boot: BootId): void {
    this.#fullUntilMs.set(boot, this.clock.monotonicMs() + PEER_FULL_MS);
  }

  #hasRoom(peer: Peer, nowMs: number): boolean {
    const { boot, state, meta } = peer;
    if (state !== "alive" || !meta.roles.includes("worker")) return false;
    if ((this.#fullUntilMs.get(boot) ?? 0) > nowMs) return false;
    return this.#taken(peer, nowMs) < meta.slots;
  }

  #share(peer: Peer, nowMs: number): number {
    return this.#taken(peer, nowMs) / peer.meta.slots;
  }

  #taken({ boot, load }: Peer, nowMs: number): number {
    return (load?.running ?? 0) + this.#sentTo(boot, nowMs).length;
  }

  /** What was sent since that node can have told of its load. */
  #sentTo(boot: BootId, nowMs: number): number[] {
    const sent = this.#sent.get(boot) ?? [];
    while (sent[0] !== undefined && sent[0] <= nowMs - LOAD_KNOWN_MS) sent.shift();
    this.#sent.set(boot, sent);
    return sent;
  }
}
