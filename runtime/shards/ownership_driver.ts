/**
 * Ownership: which shards this node owns, under which epoch, and the session that keeps them.
 *
 * Intuition: at start the node opens a session, takes the shards that it should have and from then on
 * renews. When the session lapsed (a pause, a store that was away) it is opened again and the fences are
 * compared: a shard whose fence did not move is still ours, its actors are as they were; one that moved
 * is gone. What it should have may change at any time: what is missing is asked for with each renewal
 * until the store grants it; what is too much is given up, a few shards at a time.
 *
 *     wanted, not ours ──acquired──▶ ours ──not wanted──▶ leaving (nothing new, writes end) ──released──▶ not ours
 *
 * Invariants:
 *   O1. `epochOf` is the epoch of our last acquisition, or undefined: never a guess.
 *   O2. A shard whose fence moved is given up before anything else is done with it: after a lapse there is
 *       no trust before the fences were compared.
 *   O3. Renewal never stops by itself: every outcome sets the next one's timer; one is under way at most.
 *   O4. Whatever is gained is announced once, and so is its loss; closing gives up everything.
 *   O5. A shard is released only after its loss was announced and nothing of ours can still write to it; a
 *       release that failed is made again until it is done, or the session has lapsed.
 * Not here: which shards should be ours (the ring), what lives in them (the directory).
 * @module
 */
import type { Clock, Timer } from "../clock.ts";
import type { SessionsSeen } from "../cluster/owners.ts";
import { Fault } from "../fault.ts";
import type { ShardId } from "../ids.ts";
import {
  CLAIM_SHARDS_MAX,
  HANDOVER_SHARDS_MAX,
  SESSION_RENEW_MS,
  SESSION_TTL_MS,
  STORE_RETRY_MIN_MS,
} from "../limits.ts";
import type { AcquireOutcome, Claimant, Fence, Store } from "../store/port.ts";
import { Trust } from "./trust.ts";

/** What ownership needs, and whom it tells. */
export interface OwnershipOptions {
  readonly clock: Clock;
  readonly store: Store;
  readonly claimant: Claimant;
  /** The shards that should be ours, until {@link Ownership.want} says otherwise. */
  readonly shards: Iterable<ShardId>;
  /** These shards are ours now: adopt what lives in them. */
  readonly gained: (shards: readonly ShardId[]) => void;
  /** These shards are no longer ours: let go of what lives in them without writing (O2). */
  readonly lost: (shards: readonly ShardId[]) => void;
  /** Resolves once no write of ours to these shards is under way (O5). */
  readonly quiet?: (shards: readonly ShardId[]) => Promise<void>;
  /** These shards were released: their next owners may take them at once. */
  readonly released?: (shards: readonly ShardId[]) => void;
  /** Everybody's fences and sessions, read with each renewal. Absent: nobody needs them. */
  readonly observed?: (fences: readonly Fence[], seen: SessionsSeen) => void;
  /** A session call failed or succeeded: for health and logs. */
  readonly health: (fault: Fault | null) => void;
}

/** This node's shards. */
export class Ownership {
  readonly #options: OwnershipOptions;
  readonly #epochs = new Map<ShardId, number>();
  #wanted: ReadonlySet<ShardId>;
  /** Given up, and not yet released (O5). */
  readonly #leaving = new Set<ShardId>();
  readonly #trust = new Trust();
  #timer: Timer | undefined;
  #handingOver = false;
  #open = false;
  #closed = false;
  #beating = false;
  /** Something happened during the beat under way that calls for another one at once. */
  #hurried = false;

  constructor(options: OwnershipOptions) {
    this.#options = options;
    this.#wanted = new Set(options.shards);
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

  /** The shards owned now. */
  owned(): ShardId[] {
    return [...this.#epochs.keys()];
  }

  /** Shards that should be ours and are not. */
  get missing(): number {
    let count = 0;
    for (const shard of this.#wanted) if (!this.#epochs.has(shard)) count++;
    return count;
  }

  /** From now on these shards should be ours, and no others. */
  want(shards: Iterable<ShardId>): void {
    this.#wanted = new Set(shards);
    this.hint();
  }

  /** Something may have come free: looks at once, and not with the next renewal only. */
  hint(): void {
    if (this.#open && (this.missing > 0 || this.#surplus().length > 0)) this.#schedule(0);
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
    const { kind, storeNowMs } = await store.renew(claimant, {
      ttlMs: SESSION_TTL_MS,
      opening: !wasOpen,
    });
    if (this.#closed) return SESSION_RENEW_MS;
    this.#open = false;
    if (kind !== "live") {
      this.#trust.lost();
      this.#leaving.clear(); // Free for all by now.
      return wasOpen ? 0 : STORE_RETRY_MIN_MS;
    }
    if (!wasOpen) await this.#compareFences();
    if (this.#closed) return SESSION_RENEW_MS;
    // Only now: a comparison that failed must be made again (O2).
    this.#open = true;
    this.#trust.renewed(beganMs);
    const { observed } = this.#options;
    if (observed) {
      const [fences, sessions] = await Promise.all([store.fences(), store.sessions()]);
      if (this.#closed) return SESSION_RENEW_MS;
      observed(fences, { sessions, storeNowMs });
    }
    await this.#takeMissing();
    void this.#giveUpSurplus();
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
    const { store, claimant, gained } = this.#options;
    const missing = [...this.#wanted].filter((shard) =>
      !this.#epochs.has(shard) && !this.#leaving.has(shard)
    );
    // In parts: those taken first are at work while the others are asked for.
    for (let at = 0; at < missing.length; at += CLAIM_SHARDS_MAX) {
      const outcomes = await store.acquire(claimant, missing.slice(at, at + CLAIM_SHARDS_MAX));
      if (this.#closed) return;
      const news = this.#took(outcomes);
      if (news.length > 0) gained(news);
    }
  }

  #surplus(): ShardId[] {
    const unwanted = [...this.#epochs.keys()].filter((shard) => !this.#wanted.has(shard));
    return [...this.#leaving, ...unwanted].slice(0, HANDOVER_SHARDS_MAX);
  }

  /** Gives up some of what is too much (O5), beside the renewals: writes that take long must not cost the session. */
  async #giveUpSurplus(): Promise<void> {
    const shards = this.#surplus();
    if (shards.length === 0 || this.#handingOver) return;
    this.#handingOver = true;
    try {
      await this.#handOver(shards);
    } catch {
      // The store's health is told by the renewals; the next one tries again.
    }
    this.#handingOver = false;
  }

  async #handOver(shards: readonly ShardId[]): Promise<void> {
    const { store, claimant, lost, quiet, released } = this.#options;
    const news = shards.filter((shard) => this.#epochs.delete(shard));
    for (const shard of shards) this.#leaving.add(shard);
    if (news.length > 0) lost(news);
    await quiet?.(shards);
    // A lapse in the meantime has freed them already, and they may be ours anew.
    const left = shards.filter((shard) => this.#leaving.has(shard));
    if (this.#closed || left.length === 0) return;
    await store.release(claimant, left);
    for (const shard of left) this.#leaving.delete(shard);
    released?.(left);
    if (this.#surplus().length > 0) this.#schedule(0);
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
