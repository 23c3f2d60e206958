/**
 * Trust: whether this node may believe that its shards are still its own.
 *
 * Intuition: the store will give our shards away when our session lapses, by its clock. We can't see
 * that clock, but we know when the last renewal that succeeded *began* here; counting from then, we
 * stop starting work a margin earlier than the store can let others take over. Trust only prevents
 * useless work: what protects the state is the fence (S1).
 *
 * Invariant: T1. Trust ends no later than `SESSION_TTL_MS − SESSION_MARGIN_MS` after the beginning of
 * the last renewal that succeeded, by the monotonic clock, which also counts the time of a pause.
 * @module
 */
import { SESSION_MARGIN_MS, SESSION_TTL_MS } from "../limits.ts";

/** The trust of one node in itself. */
export class Trust {
  #renewalBeganMs = -Infinity;

  /** A renewal that began at `beganMs` (monotonic) has succeeded. */
  renewed(beganMs: number): void {
    this.#renewalBeganMs = Math.max(this.#renewalBeganMs, beganMs);
  }

  /** The store said that the session is gone. */
  lost(): void {
    this.#renewalBeganMs = -Infinity;
  }

  /** True while new work may be started (T1). `nowMs` is monotonic. */
  holds(nowMs: number): boolean {
    return nowMs - this.#renewalBeganMs < SESSION_TTL_MS - SESSION_MARGIN_MS;
  }
}
