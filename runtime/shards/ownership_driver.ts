/**
 * Ownership: which shards this node owns, under which epoch, and the session that keeps them.
 *
 * Intuition: at start the node opens a session, takes its shards and from then on renews. When the
 * session lapsed (a pause, a store that was away) it is opened again and the fences are compared: a
 * shard whose fence did not move is still ours, its actors are as they were; one that moved is gone.
 *
 * Invariants:
 *   O1. `epochOf` is the epoch of our last acquisition, or undefined: never a guess.
 *   O2. A shard whose fence moved is given up before anything else is done with it: after a lapse there is
 *       no trust before the fences were compared.
 *   O3. Renewal never stops by itself: every outcome sets the next one's timer; one is under way at most.
 *   O4. Whatever is gained is announced once, and so is its loss; closing gives up everything.
 * Not here: which shards should be ours (the ring), what lives in them (the directory).
 * @module
 */
import type { Clock, Timer } from "../clock.ts";
import { Fault } from "../fault.ts";
import type { ShardId } from "../ids.ts";
import { SESSION_RENEW_MS, SESSION_TTL_MS, STORE_RETRY_MIN_MS } from "../limits.ts";
import type { AcquireOutcome, Claimant, Store } from "../store/port.ts";
import { Trust } from "./trust.ts";

/** What ownership needs, and whom it tells. */
export interface OwnershipOptions {
  readonly clock: Clock;
  readonly store: Store;
  readonly claimant: Claimant;
  readonly shards: readonly ShardId[];
  /** These shards are ours now: adopt what lives in them. */
  readonly gained: (shards: readonly ShardId[]) => void;
  /** These shards are no longer ours: let go of what lives in them without writing (O2). */
  readonly lost: (shards: readonly ShardId[]) => void;
  /** A session call failed or succeeded: for health and logs. */
  readonly health: (fault: Fault | null) => void;
}

/** This node's shards. */
export class Ownership {
  readonly #options: OwnershipOptions;
  readonly #epochs = new Map<ShardId, number>();
  readonly #trust = new Trust();
  #timer: Timer | undefined;
  #open = false;
  #closed = false;
  #beating = false;
  /** Something happened during the beat under way that calls for another one at once. */
  #hurried = false;

  constructor(options: OwnershipOptions) {
    this.#options = options;
  }

  /** Begins: opens the session and takes the shards, trying until the store answers (O3). */
  start(): void {
    void this.#beat();
  }

  /** The epoch under which we own `shard`, or undefined (O1). */
  epochOf(shard: ShardId): number | undefined {
    return this.#epochs.get(shard);
  }

  /** Shards owned now. */
  get count(): number {
    return this.#epochs.size;
  }

  /** True while new work may be started (T1). */
  get trusted(): boolean {
    return this.#trust.holds(this.#options.clock.monotonicMs());
  }

  /** The store refused a write under `epoch`: the shard is not ours any more (O2). */
  fenced(shard: ShardId, epoch: number): void {
    if (this.#epochs.get(shard) !== epoch) return;
    this.#epochs.delete(shard);
    this.#options.lost([shard]);
    this.#schedule(0);
  }

  /**
   * Takes `shard` anew, so that no write under its old epoch can still arrive (S1): what comes before
   * reading after a write whose outcome is unknown. Resolves to false when the shard is another's.
   */
  async reacquire(shard: ShardId): Promise<boolean> {
    const { store, claimant, gained, lost } = this.#options;
    if (this.#closed) return false;
    const outcomes = await store.acquire(claimant, [shard]);
    if (this.#closed) return false;
    const news = this.#took(outcomes);
    if (news.length > 0) gained(news);
    if (outcomes[0]?.kind === "acquired") return true;
    if (this.#epochs.delete(shard)) lost([shard]);
    return false;
  }

  /** Gives everything back to the store. The session ends; faults are left to time. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#trust.lost();
    const owned = [...this.#epochs.keys()];
    this.#epochs.clear();
    if (owned.length > 0) this.#options.lost(owned);
    try {
      await this.#options.store.leave(this.#options.claimant);
    } catch {
      // The session lapses by itself.
    }
  }

  async #beat(): Promise<void> {
    this.#beating = true;
    this.#hurried = false;
    let pauseMs = STORE_RETRY_MIN_MS;
    try {
      pauseMs = await this.#renew();
      this.#options.health(null);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#options.health(error);
    }
    this.#beating = false;
    this.#schedule(this.#hurried ? 0 : pauseMs);
  }

  /** One renewal and what follows from it; the pause until the next, ms. */
  async #renew(): Promise<number> {
    const { clock, store, claimant } = this.#options;
    const beganMs = clock.monotonicMs();
    const wasOpen = this.#open;
    const { kind } = await store.renew(claimant, { ttlMs: SESSION_TTL_MS, opening: !wasOpen });
    if (this.#closed) return SESSION_RENEW_MS;
    this.#open = false;
    if (kind === "lapsed") {
      this.#trust.lost();
      return wasOpen ? 0 : STORE_RETRY_MIN_MS;
    }
    if (!wasOpen) await this.#compareFences();
    if (this.#closed) return SESSION_RENEW_MS;
    // Only now: a comparison that failed must be made again (O2).
    this.#open = true;
    this.#trust.renewed(beganMs);
    await this.#takeMissing();
    return SESSION_RENEW_MS;
  }

  /** After a lapse: gives up the shards whose fences moved meanwhile (O2). */
  async #compareFences(): Promise<void> {
    if (this.#epochs.size === 0) return;
    const { store, claimant, lost } = this.#options;
    const gone: ShardId[] = [];
    for (const { shard, epoch, owner } of await store.fences()) {
      const known = this.#epochs.get(shard);
      if (known === undefined || epoch < known) continue; // Acquired after this was read.
      if (epoch === known && owner?.boot === claimant.boot) continue;
      this.#epochs.delete(shard);
      gone.push(shard);
    }
    if (gone.length > 0) lost(gone);
  }

  async #takeMissing(): Promise<void> {
    const { store, claimant, shards, gained } = this.#options;
    const missing = shards.filter((shard) => !this.#epochs.has(shard));
    if (missing.length === 0) return;
    const outcomes = await store.acquire(claimant, missing);
    if (this.#closed) return;
    const news = this.#took(outcomes);
    if (news.length > 0) gained(news);
  }

  /** Notes what was acquired, never an older epoch over a newer one (O1); the shards that are news. */
  #took(outcomes: readonly AcquireOutcome[]): ShardId[] {
    const news: ShardId[] = [];
    for (const outcome of outcomes) {
      if (outcome.kind !== "acquired") continue;
      const known = this.#epochs.get(outcome.shard);
      if (known === undefined) news.push(outcome.shard);
      this.#epochs.set(outcome.shard, Math.max(known ?? 0, outcome.epoch));
    }
    return news;
  }

  #schedule(delayMs: number): void {
    if (this.#closed) return;
    if (this.#beating) {
      this.#hurried = true;
      return;
    }
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(delayMs, () => void this.#beat());
  }
}
