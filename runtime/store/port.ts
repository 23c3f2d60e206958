/**
 * Store: the port to what survives. Drivers: memory (twin), SQLite (one machine), Redis (cluster).
 *
 * Intuition: the store is the authority, everything else is a hint. Writers hand over batches; one
 * call is one durable commit. Each write in a batch succeeds or is refused on its own.
 *
 * Invariants:
 *   S1. A shard's epoch only grows; a write with an owner's epoch is applied only when it equals the stored one.
 *   S2. A transition is applied only when the stored version equals `expectedVersion`; the version grows by one.
 *   S3. An insert is applied only when the id is absent.
 *   S4. A write whose outcome was reported is durable, and every later read sees it.
 *   S5. Writes of one batch take effect in their order; reads see whole batches.
 *   S6. Due index, labels, tallies and expiry always agree with the snapshot they belong to.
 *   S7. Every read, list and sweep is bounded by its limit, whatever the store holds.
 *   S8. What a transition carries is applied with it or not at all.
 *
 * Every method rejects with a `Fault` (`store.<method>`) and nothing else. A fault other than `timeout`
 * means: nothing of the call was applied. `timeout` means: unknown; re-acquire the shard, then read.
 * @module
 */
import type { ActorId, BootId, NodeName, ShardId } from "../ids.ts";
import type { Draft, DueEntry, Indexing, Snapshot } from "../snapshot.ts";

/** Adds an actor if its id is absent (S3). Needs no ownership. */
export interface Insert {
  readonly kind: "insert";
  readonly draft: Draft;
}

/** What a transition brings about beside itself, in the same commit (S8). */
export interface Carried {
  /** The actor's body from now on; absent: it stays. */
  readonly body?: string;
  /** Actors of the same shard that come to be; those whose ids exist are left out (S3). At most `CARRIED_INSERTS_MAX`. */
  readonly inserts?: readonly Draft[];
  /** Lines for one of the actor's own journals. */
  readonly lines?: { readonly stream: string; readonly texts: readonly string[] };
}

/** Moves an actor to its next version (S1, S2). Kind and creation time stay, and the body unless it carries one. */
export interface Transition {
  readonly kind: "transition";
  readonly id: ActorId;
  readonly shard: ShardId;
  readonly epoch: number;
  readonly expectedVersion: number;
  readonly head: string;
  readonly index: Indexing;
  readonly carries?: Carried;
}

/** Adds lines to one of an actor's journals (S1); the oldest beyond `JOURNAL_LINES_MAX` are dropped. */
export interface Append {
  readonly kind: "append";
  readonly id: ActorId;
  readonly shard: ShardId;
  readonly epoch: number;
  /** Which journal: `log`, `step`. */
  readonly stream: string;
  /** Text, one entry each. */
  readonly lines: readonly string[];
}

/** One write of a batch. */
export type Write = Insert | Transition | Append;

/**
 * What became of one write: `applied`; `exists` (insert, S3); `fenced` (S1: `epoch` is the stored one);
 * `conflict` (S2: `version` is the stored one); `missing` (transition or append: no such actor).
 */
export type WriteOutcome =
  | { readonly kind: "applied" }
  | { readonly kind: "exists" }
  | { readonly kind: "fenced"; readonly epoch: number }
  | { readonly kind: "conflict"; readonly version: number }
  | { readonly kind: "missing" };

/** A search: every given condition must hold. */
export interface FindQuery {
  readonly kind: string;
  /** All of these labels. */
  readonly labels: readonly string[];
  /** Only actors created at or after (ms). */
  readonly fromMs?: number;
  /** Only actors created before (ms). */
  readonly toMs?: number;
  readonly order: "newest" | "oldest";
  /** 1 to `FIND_LIMIT_MAX`. */
  readonly limit: number;
  /** From the page before; opaque. Stable: actors that stay are seen once, however many come and go. */
  readonly cursor?: string;
}

/** A page of a search. It may be short, even empty, before the end: only a null cursor ends it (S7). */
export interface FoundPage {
  readonly snapshots: readonly Snapshot[];
  readonly cursor: string | null;
}

/** Which page of the lanes is asked for. */
export interface LanesQuery {
  /** `next` of the page before; null: the first. */
  readonly after: string | null;
  /** Of the lanes with keys about so many. */
  readonly limit: number;
}

/** A page of lanes; `next` null: it was the last. */
export interface LanesPage {
  readonly lanes: readonly string[];
  readonly next: string | null;
}

/** Which due actors of a lane are asked for. */
export interface LaneQuery {
  readonly lane: string;
  readonly untilMs: number;
  readonly limit: number;
  /** Only actors of these shards; absent: of all. */
  readonly shards?: readonly ShardId[];
}

/** Which part of the time ahead is asked for. */
export interface RangeQuery {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly limit: number;
  /** Only actors of these shards; absent: of all. */
  readonly shards?: readonly ShardId[];
}

/** Due actors of all lanes in `[fromMs, untilMs)`, ordered by wake time. */
export interface DueRange {
  readonly entries: readonly DueEntry[];
  /** Every due actor of the asked range before this moment is in `entries`. */
  readonly completeToMs: number;
}

/** One line of a journal; `n` grows by one per line, from 1, and is never reused. */
export interface JournalLine {
  readonly n: number;
  readonly text: string;
}

/** A node's life sign, by the store's own clock. */
export interface Session {
  readonly node: NodeName;
  readonly boot: BootId;
  readonly leaseUntilMs: number;
}

/** Who may write to a shard. It never expires; `owner` is null after a release. */
export interface Fence {
  readonly shard: ShardId;
  readonly epoch: number;
  readonly owner: { readonly node: NodeName; readonly boot: BootId } | null;
  /** A released shard's; over when `untilMs` has come. Absent: the next who asks gets the shard. */
  readonly reservation?: { readonly for: NodeName; readonly untilMs: number };
}

/** What a released shard is given up with: for `forMs`, by the store's clock, only `for` can take it. */
export interface Reservation {
  readonly for: NodeName;
  readonly forMs: number;
}

/** `live`; `lapsed`: it had run out, or there was none; `replaced`: another boot of the node has opened one since. */
export interface Renewal {
  readonly kind: "live" | "lapsed" | "replaced";
  readonly storeNowMs: number;
}

/** What became of taking one shard: now ours with `epoch`, or held: by a live session, or for another node. */
export type AcquireOutcome =
  | { readonly kind: "acquired"; readonly shard: ShardId; readonly epoch: number }
  | { readonly kind: "held"; readonly shard: ShardId; readonly fence: Fence };

/** One start of one node, as the store knows it. */
export interface Claimant {
  readonly node: NodeName;
  readonly boot: BootId;
}

/** The port. All times are the wall clock in ms; `storeNowMs` is the store's own clock. */
export interface Store {
  /** How many writes are best committed together; absent: `BATCH_WRITES_MAX`. More are a commit all the same. */
  readonly commitWritesMax?: number;

  /** One durable commit of up to `BATCH_WRITES_MAX` writes; the outcomes are in the writes' order (S1–S5). */
  apply(batch: readonly Write[]): Promise<readonly WriteOutcome[]>;

  /** The snapshots of `ids` (at most `LOAD_IDS_MAX`), in their order; undefined where there is none. */
  load(ids: readonly ActorId[]): Promise<readonly (Snapshot | undefined)[]>;
  /** One page of a search. Cost: O(limit) typical, bounded by a time slice. */
  find(query: FindQuery): Promise<FoundPage>;
  /** How many actors of `kind` are in each tally; zeros are left out. Cost: O(tallies). */
  tallies(kind: string): Promise<ReadonlyMap<string, number>>;
  /** Lines of one journal after line number `after` (0: from the start), oldest first. */
  journal(
    query: { id: ActorId; stream: string; after: number; limit: number },
  ): Promise<readonly JournalLine[]>;

  /**
   * Lanes that have anything in the due index, of whatever shard: the first page has all those without a key, the
   * others those with keys. Over a round of pages, a lane that stays is named at least once.
   */
  lanes(query: LanesQuery): Promise<LanesPage>;
  /** The first `limit` actors of `lane` with `wakeAtMs <= untilMs`: highest rank first, then oldest wake time. */
  dueInLane(query: LaneQuery): Promise<readonly DueEntry[]>;
  /** Due actors of all lanes in `[fromMs, untilMs)`; cut at `limit` by wake time, see `completeToMs`. */
  dueBetween(query: RangeQuery): Promise<DueRange>;

  /** Deletes up to `limit` actors with `expireAtMs <= nowMs`, with all that belongs to them; tells how many. */
  sweep(query: { nowMs: number; limit: number }): Promise<number>;

  /** Starts (`opening`) or prolongs `claimant`'s session for `ttlMs`; starting one ends that of the node's other boots. */
  renew(claimant: Claimant, options: { ttlMs: number; opening: boolean }): Promise<Renewal>;
  /** Ends the session and releases its fences; a session that is gone is no error. */
  leave(claimant: Claimant): Promise<void>;
  /** The sessions the store knows, lapsed ones included for a while. */
  sessions(): Promise<readonly Session[]>;

  /** Takes each shard that is unowned, owned by a lapsed session, or ours already; its epoch grows by one (S1). */
  acquire(claimant: Claimant, shards: readonly ShardId[]): Promise<readonly AcquireOutcome[]>;
  /** Gives up shards that `claimant` owns, with a reservation for whom they are meant; others are left alone. */
  release(
    claimant: Claimant,
    shards: readonly ShardId[],
    reservation?: Reservation,
  ): Promise<void>;
  /** Every shard's fence that was ever acquired. */
  fences(): Promise<readonly Fence[]>;

  /** Lets go of the store; later calls reject with `unavailable`. Idempotent. */
  close(): Promise<void>;
}

/** What a store is opened with; the number of shards is set at its birth and must match ever after. */
export interface StoreBirth {
  readonly shards: number;
}
