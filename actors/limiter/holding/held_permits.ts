/**
 * HeldPermits: the permits of one gate that a node holds, and when it asks for more or gives some back.
 *
 * Intuition: permits are used again and again while there is demand. Whoever finds none leaves a wish, which the next
 * claim takes along; what was not used for a while goes back, sooner when another node wants it.
 *
 * Invariants: PG1. No more attempts are let in than permits are held, nor than this node's share while others want
 * some. PG2. Permits that were not confirmed since this node last lost its trust let nobody in. PG3. What a claim
 * does not keep is not used any more, whether the claim arrives or not.
 * @module
 */
import {
  PERMIT_DEMAND_MS,
  PERMIT_IDLE_MS,
  PERMIT_IDLE_WANTED_MS,
  PERMIT_POLL_MS,
  PERMIT_RENEW_MS,
  PERMIT_SLICE_MS,
} from "../../../runtime/limits.ts";
import type { GateClaim, GateGrant } from "../messages.ts";

/** The attempts of the gate that are under way here, and the time by a monotonic clock. */
export interface GateNow {
  readonly taken: number;
  readonly nowMs: number;
}

/** The permits of one gate. */
export class HeldPermits {
  #held = 0;
  /** What it should come down to, because others want some. */
  #share: number | null = null;
  #confirmed = true;
  #refusedMs = -Infinity;
  /** The last claim wished for more, and there was none. */
  #unsatisfied = false;
  /** The limiter believes that this node wants more than it has. */
  #wished = false;
  #claimedMs = -Infinity;
  /** Most attempts at once in the period under way, and in the one before. */
  #peak = 0;
  #peakBefore = 0;
  #periodMs = -Infinity;

  /** `firstWish`: permits wished for where there was no attempt before. */
  constructor(private readonly firstWish: number) {}

  /** Permits held. */
  get held(): number {
    return this.#held;
  }

  /** True when there is nothing to remember. */
  get isIdle(): boolean {
    return this.#held === 0 && !this.#wished;
  }

  /** Tells whether one more attempt can be let in (PG1, PG2). */
  hasRoom({ taken }: GateNow): boolean {
    return this.#confirmed && taken < Math.min(this.#held, this.#share ?? Infinity);
  }

  /** One was let in; `taken` with it. */
  admitted(taken: number): void {
    if (taken > this.#peak) this.#peak = taken;
  }

  /** One found no room; when to claim, ms. */
  refused(nowMs: number): number {
    this.#refusedMs = nowMs;
    // What could not be had is there when the limiter calls; this is in case that call is lost.
    return this.#unsatisfied ? Math.max(nowMs, this.#claimedMs + PERMIT_POLL_MS) : nowMs;
  }

  /** When to claim at the latest, ms: something is to be given back, or to be said again. */
  review({ taken, nowMs }: GateNow): number {
    const isWanted = this.#share !== null;
    if (this.#held > Math.max(taken, this.#share ?? Infinity)) return nowMs;
    if (this.#wished && !this.#inDemand(nowMs)) return nowMs;
    let atMs = this.#held > 0 ? this.#claimedMs + PERMIT_RENEW_MS : Infinity;
    if (isWanted) atMs = this.#claimedMs + 2 * PERMIT_SLICE_MS;
    if (nowMs < this.#periodMs + (isWanted ? PERMIT_IDLE_WANTED_MS : PERMIT_IDLE_MS)) return atMs;
    const isSurplus = this.#held > this.#needed(taken);
    this.#periodMs = nowMs;
    this.#peakBefore = this.#peak;
    this.#peak = taken;
    return isSurplus && !this.#inDemand(nowMs) ? nowMs : atMs;
  }

  /** This node may have lost what it held (PG2). */
  suspend(): void {
    this.#confirmed = false;
  }

  /** What is said to the limiter now (PG3). */
  claim({ taken, nowMs }: GateNow): Pick<GateClaim, "keep" | "want"> {
    const wishes = this.#inDemand(nowMs);
    const useful = !this.#confirmed ? 0 : wishes ? this.#held : this.#needed(taken);
    const keep = Math.max(taken, Math.min(this.#held, useful, this.#share ?? Infinity));
    this.#held = keep;
    this.#claimedMs = nowMs;
    this.#wished = wishes;
    return { keep, want: wishes ? Math.max(keep + 1, 2 * taken, this.firstWish) : keep };
  }

  /** What came of the last claim; true when there are more permits than before. */
  granted({ held, share }: GateGrant): boolean {
    const isMore = held > this.#held || (this.#share !== null && share === null);
    this.#unsatisfied = this.#wished && held <= this.#held;
    this.#confirmed = true;
    this.#held = held;
    this.#share = share;
    return isMore;
  }

  #inDemand(nowMs: number): boolean {
    return nowMs - this.#refusedMs < PERMIT_DEMAND_MS;
  }

  #needed(taken: number): number {
    return Math.max(taken, this.#peak, this.#peakBefore);
  }
}
