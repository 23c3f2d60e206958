/**
 * Ownership: which shards this node owns, under which epoch, and the session that keeps them.
 *
 * Intuition: at start the node opens a session, takes the shards that it should have and from then on
 * renews. When the session lapsed (a pause, a store that was away) it is opened again and the fences are
 * compared: a shard whose fence did not move is still ours, its actors are as they were; one that moved
 * is gone. What it should have may change at any time: what is missing is asked for with each renewal
 * until the store grants it; what is too much is given up, a few shards at a time. Whoever has not renewed for
 * long is looked at again in the moment its session lapses: what it leaves behind must not wait for our turn.
 *
 *     wanted, not ours ──acquired──▶ ours ──not wanted──▶ leaving (nothing new, writes end) ──released──▶ not ours
 *
 * Invariants:
 *   O1. `epochOf` is the epoch of our last acquisition, or undefined: never a guess.
 *   O2. A shard whose fence moved is given up before anything else is done with it: after a lapse there is
 *       no trust before the fences were compared, and whenever they are read they are compared.
 *   O3. Renewal never stops by itself: every outcome sets the next one's timer; one is under way at most.
 *   O4. Whatever is gained is announced once, and so is its loss; closing gives up everything.
 *   O5. A shard is released only after its loss was announced (HA1); one that is neither ours nor wanted is not
 *       acquired, whoever asks.
 *   O6. A node whose name another process has taken owns and claims nothing until that one's session has ended.
 * Not here: which shards should be ours (the ring), what lives in them (the directory).
 * @module
 */
import type { Clock, Timer } from "../clock.ts";
import type { SessionsSeen } from "../cluster/owners.ts";
import { Fault } from "../fault.ts";
import type { ShardId } from "../ids.ts";
import {
  CLAIM_SHARDS_MAX,
  LAPSE_LOOK_MS,
  SESSION_RENEW_MS,
  SESSION_TTL_MS,
  STORE_RETRY_MIN_MS,
} from "../limits.ts";
import type { Claimant, Fence, Session, Store } from "../store/port.ts";
import { Handover, type HandoverHooks } from "./handover_driver.ts";
import { type HeirOf, Holdings } from "./holdings.ts";
import { Trust } from "./trust.ts";

/** What ownership needs, and whom it tells. A loss means: let go of what lives there without writing (O2). */
export interface OwnershipOptions extends HandoverHooks {
  readonly clock: Clock;
  readonly store: Store;
  readonly claimant: Claimant;
  /** The shards that should be ours, until {@link Ownership.want} says otherwise. */
  readonly shards: Iterable<ShardId>;
  /** These shards are ours now: adopt what lives in them. */
  readonly gained: (shards: readonly ShardId[]) => void;
  /** Everybody's fences and sessions, read with each renewal. Absent: this node is alone. */
  readonly observed?: (fences: readonly Fence[], seen: SessionsSeen) => void;
  /** A session call failed or succeeded, or the session is another process's: for health and logs. */
  readonly health: (fault: Fault | null) => void;
}

/** Shards that came and went since the start. */
export interface ShardMoves {
  readonly gained: number;
  /** Of those that came: taken from another node whose session had lapsed. */
  readonly taken: number;
  readonly lost: number;
  /** Of those that went: given up in good order. */
  readonly released: number;
}

/** This node's shards. */
export class Ownership {
  readonly #options: OwnershipOptions;
  readonly #holdings: Holdings;
  readonly #handover: Handover;
  readonly #trust = new Trust();
  #timer: Timer | undefined;
  #open = false;
  #closed = false;
  #beating = false;
  /** Something happened during the beat under way that calls for another one at once. */
  #hurried = false;
  /** Set while another process has our name (O6). */
  #replaced: Fault | null = null;

  readonly #moves = { gained: 0, taken: 0, lost: 0, released: 0 };
  /** What was last read of everybody, to tell what is taken from whom. */
  #seen: SessionsSeen & { readonly fences: readonly Fence[] } | undefined;

  constructor(options: OwnershipOptions) {
    this.#options = this.#counting(options);
    this.#holdings = new Holdings(options.shards);
    this.#handover = new Handover({
      ...this.#options,
      holdings: this.#holdings,
      more: () => this.#schedule(0),
    });
  }

  /** Begins: opens the session and takes the shards, trying until the store answers (O3). */
  start(): void {
    void this.#beat();
  }

  /** What came and went so far. */
  get moves(): ShardMoves {
    return this.#moves;
  }

  /** The epoch under which we own `shard`, or undefined (O1). */
  epochOf(shard: ShardId): number | undefined {
    return this.#holdings.epochOf(shard);
  }

  /** Shards owned now. */
  get count(): number {
    return this.#holdings.count;
  }

  /** The shards owned now. */
  owned(): ShardId[] {
    return this.#holdings.owned();
  }

  /** Shards that should be ours and are not. */
  get missing(): number {
    return this.#holdings.missing;
  }

  /** From now on these shards should be ours, and no others; `heirOf` says whose the others should be. */
  want(shards: Iterable<ShardId>, heirOf: HeirOf = () => null): void {
    // The same again is no reason to look: what is held by others stays so until they or time say otherwise.
    if (this.#holdings.want(shards, heirOf)) this.hint();
  }

  /** Something may have come free: looks at once, and not with the next renewal only. */
  hint(): void {
    const idle = this.missing === 0 && this.#holdings.surplus(1).length === 0;
    if (this.#open && !idle) this.#schedule(0);
  }

  /** True while new work may be started (T1). */
  get trusted(): boolean {
    return this.#trust.holds(this.#options.clock.monotonicMs());
  }

  /** The store refused a write under `epoch`: the shard is not ours any more (O2). */
  fenced(shard: ShardId, epoch: number): void {
    if (this.epochOf(shard) !== epoch) return;
    this.#lost([shard]);
    this.#schedule(0);
  }

  /**
   * Takes `shard` anew, so that no write under its old epoch can still arrive (S1): what comes before
   * reading after a write whose outcome is unknown. Resolves to false when the shard is another's, or
   * should be (O5).
   */
  async reacquire(shard: ShardId): Promise<boolean> {
    const { store, claimant, gained } = this.#options;
    if (this.#closed || !this.#holdings.concerns(shard)) return false;
    const outcomes = await store.acquire(claimant, [shard]);
    if (this.#closed) return false;
    const news = this.#holdings.took(outcomes);
    if (news.length > 0) gained(news);
    if (outcomes[0]?.kind === "acquired") return true;
    this.#lost([shard]);
    return false;
  }

  /** Gives everything back to the store. The session ends; faults are left to time. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    const { store, claimant, lost, released } = this.#options;
    this.#closed = true;
    this.#handover.close();
    this.#timer?.cancel();
    this.#trust.lost();
    const owned = this.#holdings.loseAll();
    if (owned.length > 0) lost(owned);
    try {
      await store.leave(claimant);
      if (owned.length > 0) released?.(owned, null);
    } catch {
      // The session lapses by itself.
    }
  }

  #counting(options: OwnershipOptions): OwnershipOptions {
    const moves = this.#moves;
    return {
      ...options,
      gained: (shards) => {
        moves.gained += shards.length;
        moves.taken += this.#deadAmong(shards);
        options.gained(shards);
      },
      lost: (shards) => {
        moves.lost += shards.length;
        options.lost(shards);
      },
      released: (shards, heir) => {
        moves.released += shards.length;
        options.released?.(shards, heir);
      },
    };
  }

  /** How many of `shards` belonged to another node without a session, when all were last looked at. */
  #deadAmong(shards: readonly ShardId[]): number {
    if (this.#seen === undefined) return 0;
    const { fences, sessions, storeNowMs } = this.#seen;
    const living = new Set(
      sessions.filter(({ leaseUntilMs }) => leaseUntilMs > storeNowMs).map(({ boot }) => boot),
    );
    const news = new Set(shards);
    return fences.filter(({ shard, owner }) =>
      news.has(shard) && owner !== null && !living.has(owner.boot)
    ).length;
  }

  async #beat(): Promise<void> {
    this.#beating = true;
    this.#hurried = false;
    let pauseMs = STORE_RETRY_MIN_MS;
    try {
      pauseMs = await this.#renew();
      this.#options.health(this.#replaced);
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
    const opening = !wasOpen && this.#replaced === null;
    const { kind, storeNowMs } = await store.renew(claimant, { ttlMs: SESSION_TTL_MS, opening });
    if (this.#closed) return SESSION_RENEW_MS;
    this.#open = false;
    if (kind !== "live") {
      this.#trust.lost();
      this.#holdings.lapsed();
      if (kind === "replaced") return await this.#standBy(storeNowMs);
      this.#replaced = null;
      return wasOpen ? 0 : STORE_RETRY_MIN_MS;
    }
    if (!wasOpen && this.count > 0) this.#compare(await store.fences(), { doubtful: true });
    if (this.#closed) return SESSION_RENEW_MS;
    // Only now: a comparison that failed must be made again (O2).
    this.#open = true;
    this.#trust.renewed(beganMs);
    const others = await this.#observe(storeNowMs);
    if (!this.#closed) await this.#takeMissing();
    void this.#handover.begin();
    return Math.min(SESSION_RENEW_MS, lapseInMs(others, storeNowMs) + LAPSE_LOOK_MS);
  }

  /** Another process has our name: lets go of everything until its session has ended (O6). */
  async #standBy(storeNowMs: number): Promise<number> {
    const { store, claimant: { node } } = this.#options;
    this.#lost(this.owned());
    this.#replaced ??= new Fault("session", "mismatch", {
      message: `another process was started as node ${node}; give one of the two another name`,
    });
    const rival = (await store.sessions()).find((session) => session.node === node);
    // It may only have paused: it has as long again to come back.
    const ended = rival === undefined || rival.leaseUntilMs + SESSION_TTL_MS <= storeNowMs;
    if (ended) this.#replaced = null;
    return SESSION_RENEW_MS;
  }

  /** Reads and tells of everybody's fences and sessions; the sessions. */
  async #observe(storeNowMs: number): Promise<readonly Session[]> {
    const { store, observed } = this.#options;
    if (observed === undefined) return [];
    const [fences, sessions] = await Promise.all([store.fences(), store.sessions()]);
    if (this.#closed) return [];
    this.#seen = { fences, sessions, storeNowMs };
    this.#compare(fences, { doubtful: false });
    observed(fences, { sessions, storeNowMs });
    return sessions;
  }

  /** Gives up the shards whose fences have moved (O2). */
  #compare(fences: readonly Fence[], { doubtful }: { doubtful: boolean }): void {
    const { claimant: { boot }, lost } = this.#options;
    if (this.#closed) return;
    const gone = this.#holdings.compare(fences, { boot, doubtful });
    if (gone.length > 0) lost(gone);
  }

  async #takeMissing(): Promise<void> {
    const { store, claimant, gained, observed } = this.#options;
    const missing = this.#holdings.claimable();
    // Among others in parts: those taken first are at work while the rest is asked for.
    const part = observed ? CLAIM_SHARDS_MAX : Math.max(1, missing.length);
    for (let at = 0; at < missing.length; at += part) {
      const outcomes = await store.acquire(claimant, missing.slice(at, at + part));
      if (this.#closed) return;
      const news = this.#holdings.took(outcomes);
      if (news.length > 0) gained(news);
    }
  }

  /** Announces the loss of those of `shards` that were ours (O4). */
  #lost(shards: readonly ShardId[]): void {
    const gone = shards.filter((shard) => this.#holdings.lose(shard));
    if (gone.length > 0) this.#options.lost(gone);
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

/** In how long the first of `sessions` that still live will lapse unless it is renewed, ms; Infinity: none lives. */
function lapseInMs(sessions: readonly Session[], storeNowMs: number): number {
  const leftMs = sessions.map(({ leaseUntilMs }) => leaseUntilMs - storeNowMs);
  return Math.min(Infinity, ...leftMs.filter((ms) => ms > 0));
}
