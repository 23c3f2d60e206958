/**
 * MemoryStore: the store's twin in plain data structures: the reference that drivers are compared
 * with, and the store of the simulator and of tests. Nothing survives the process.
 *
 * Every call takes effect at once, before its promise resolves, so that runs repeat exactly.
 * Invariants S1 to S7 (port.ts) hold by the shape of the code: one write at a time, each checked
 * first, and one place (`#index`, `#unindex`) that keeps everything derived from a snapshot (S6).
 * @module
 */
import type { Clock } from "../clock.ts";
import { Fault } from "../fault.ts";
import type { ActorId, ShardId } from "../ids.ts";
import { FIND_LIMIT_MAX, FIND_VISITS_MAX, JOURNAL_LINES_MAX, SWEEP_ACTORS_MAX } from "../limits.ts";
import type { Draft, DueEntry, Snapshot } from "../snapshot.ts";
import { checkBatch, checkLimit, checkLoad } from "./batch.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { DueIndex, type DueKey, type IsMine } from "./memory_due.ts";
import { Ownership, reservedFrom } from "./ownership.ts";
import type {
  AcquireOutcome,
  Append,
  Claimant,
  DueRange,
  Fence,
  FindQuery,
  FoundPage,
  JournalLine,
  LaneQuery,
  LanesPage,
  LanesQuery,
  RangeQuery,
  Renewal,
  Reservation,
  Session,
  Store,
  StoreBirth,
  Transition,
  Write,
  WriteOutcome,
} from "./port.ts";

/** One stored actor. */
interface Kept {
  readonly serial: number;
  snapshot: Snapshot;
  readonly journals: Map<string, JournalLine[]>;
}

const APPLIED: WriteOutcome = { kind: "applied" };
const MISSING: WriteOutcome = { kind: "missing" };

/** The twin. Takes only the wall clock of `clock`, for sessions. */
export class MemoryStore implements Store {
  readonly #actors = new Map<ActorId, Kept>();
  /** By serial; swept actors leave holes. */
  readonly #bySerial: (Kept | undefined)[] = [];
  readonly #due = new DueIndex();
  readonly #expiring = new DueIndex();
  readonly #tallies = new Map<string, Map<string, number>>();
  readonly #ownership = new Ownership();
  readonly #shards: number;
  #closed = false;

  constructor(private readonly clock: Pick<Clock, "wallMs">, birth: StoreBirth) {
    this.#shards = birth.shards;
  }

  apply(batch: readonly Write[]): Promise<readonly WriteOutcome[]> {
    return this.#answer("apply", () => {
      checkBatch(batch, this.#shards);
      return batch.map((write) => this.#write(write));
    });
  }

  load(ids: readonly ActorId[]): Promise<readonly (Snapshot | undefined)[]> {
    return this.#answer("load", () => {
      checkLoad(ids);
      return ids.map((id) => this.#actors.get(id)?.snapshot);
    });
  }

  find(query: FindQuery): Promise<FoundPage> {
    return this.#answer("find", () => this.#find(query));
  }

  tallies(kind: string): Promise<ReadonlyMap<string, number>> {
    return this.#answer("tallies", () => new Map(this.#tallies.get(kind)));
  }

  journal(
    query: { id: ActorId; stream: string; after: number; limit: number },
  ): Promise<readonly JournalLine[]> {
    return this.#answer("journal", () => {
      checkLimit(query.limit, JOURNAL_LINES_MAX);
      const lines = this.#actors.get(query.id)?.journals.get(query.stream) ?? [];
      return lines.filter((line) => line.n > query.after).slice(0, query.limit);
    });
  }

  lanes(query: LanesQuery): Promise<LanesPage> {
    return this.#answer("lanes", () => this.#due.lanes(query));
  }

  dueInLane(query: LaneQuery): Promise<readonly DueEntry[]> {
    return this.#answer(
      "dueInLane",
      () => this.#entries(this.#due.inLane(query, this.#mineOf(query))),
    );
  }

  dueBetween(query: RangeQuery): Promise<DueRange> {
    return this.#answer("dueBetween", () => {
      const keys = this.#due.between({ ...query, limit: query.limit + 1 }, this.#mineOf(query));
      const cut = keys.length > query.limit;
      const entries = this.#entries(keys.slice(0, query.limit));
      return { entries, completeToMs: cut ? keys[query.limit]!.wakeAtMs : query.untilMs };
    });
  }

  #mineOf({ shards }: { readonly shards?: readonly ShardId[] }): IsMine {
    if (shards === undefined) return () => true;
    const ours = new Set(shards);
    return ({ serial }) => ours.has((this.#bySerial[serial] as Kept).snapshot.shard);
  }

  sweep(query: { nowMs: number; limit: number }): Promise<number> {
    return this.#answer("sweep", () => {
      checkLimit(query.limit, SWEEP_ACTORS_MAX);
      const expired = this.#expiring.between({
        fromMs: -Infinity,
        untilMs: query.nowMs + 1,
        limit: query.limit,
      }, () => true);
      for (const { serial } of expired) {
        const kept = this.#bySerial[serial] as Kept;
        this.#unindex(kept);
        this.#actors.delete(kept.snapshot.id);
        this.#bySerial[serial] = undefined;
      }
      return expired.length;
    });
  }

  renew(claimant: Claimant, options: { ttlMs: number; opening: boolean }): Promise<Renewal> {
    return this.#answer("renew", () => {
      const nowMs = this.clock.wallMs();
      return {
        kind: this.#ownership.renew(claimant, { ...options, nowMs }),
        storeNowMs: nowMs,
      };
    });
  }

  leave(claimant: Claimant): Promise<void> {
    return this.#answer("leave", () => void this.#ownership.leave(claimant));
  }

  sessions(): Promise<readonly Session[]> {
    return this.#answer("sessions", () => this.#ownership.sessions(this.clock.wallMs()));
  }

  acquire(claimant: Claimant, shards: readonly ShardId[]): Promise<readonly AcquireOutcome[]> {
    return this.#answer("acquire", () => {
      return this.#ownership.acquire(claimant, { shards, nowMs: this.clock.wallMs() });
    });
  }

  release(
    claimant: Claimant,
    shards: readonly ShardId[],
    reservation?: Reservation,
  ): Promise<void> {
    return this.#answer("release", () => {
      const reserved = reservedFrom(this.clock.wallMs(), reservation);
      this.#ownership.release(claimant, shards, reserved);
    });
  }

  fences(): Promise<readonly Fence[]> {
    return this.#answer("fences", () => this.#ownership.fences());
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  #write(write: Write): WriteOutcome {
    if (write.kind === "insert") return this.#insert(write.draft);
    const epoch = this.#ownership.epochOf(write.shard);
    if (epoch !== write.epoch) return { kind: "fenced", epoch }; // (S1)
    const kept = this.#actors.get(write.id);
    if (kept === undefined) return MISSING;
    if (write.kind === "transition") return this.#move(kept, write);
    addLines(kept, write);
    return APPLIED;
  }

  #insert(draft: Draft): WriteOutcome {
    if (this.#actors.has(draft.id)) return { kind: "exists" }; // (S3)
    const serial = this.#bySerial.length;
    const kept: Kept = { serial, snapshot: { ...draft, version: 1 }, journals: new Map() };
    this.#actors.set(draft.id, kept);
    this.#bySerial.push(kept);
    this.#index(kept);
    return APPLIED;
  }

  #move(kept: Kept, write: Transition): WriteOutcome {
    const { version } = kept.snapshot;
    if (version !== write.expectedVersion) return { kind: "conflict", version }; // (S2)
    this.#unindex(kept);
    const { head, index, carries = {} } = write;
    const { body = kept.snapshot.body, inserts = [], lines } = carries;
    kept.snapshot = { ...kept.snapshot, version: version + 1, head, index, body };
    this.#index(kept);
    for (const draft of inserts) this.#insert(draft); // (S8)
    if (lines !== undefined) addLines(kept, { stream: lines.stream, lines: lines.texts });
    return APPLIED;
  }

  #index({ serial, snapshot: { kind, index } }: Kept): void {
    if (index.wakeAtMs !== null) this.#due.add(dueKey(serial, index.wakeAtMs, index));
    if (index.expireAtMs !== null) this.#expiring.add(expiryKey(serial, index.expireAtMs));
    this.#count(kind, { tally: index.tally, delta: 1 });
  }

  #unindex({ serial, snapshot: { kind, index } }: Kept): void {
    if (index.wakeAtMs !== null) this.#due.remove(dueKey(serial, index.wakeAtMs, index));
    if (index.expireAtMs !== null) this.#expiring.remove(expiryKey(serial, index.expireAtMs));
    this.#count(kind, { tally: index.tally, delta: -1 });
  }

  #count(kind: string, change: { tally: string; delta: number }): void {
    let tallies = this.#tallies.get(kind);
    if (tallies === undefined) this.#tallies.set(kind, tallies = new Map());
    const count = (tallies.get(change.tally) ?? 0) + change.delta;
    if (count === 0) tallies.delete(change.tally);
    else tallies.set(change.tally, count);
  }

  #find(query: FindQuery): FoundPage {
    checkLimit(query.limit, FIND_LIMIT_MAX);
    const step = query.order === "newest" ? -1 : 1;
    const first = step < 0 ? this.#bySerial.length - 1 : 0;
    const snapshots: Snapshot[] = [];
    let at = query.cursor === undefined ? first : decodeCursor(query.cursor) + step;
    if (step < 0) at = Math.min(at, first);
    for (let visits = 0; at >= 0 && at < this.#bySerial.length; at += step) {
      if (++visits > FIND_VISITS_MAX) break; // (S7)
      const snapshot = this.#bySerial[at]?.snapshot;
      if (snapshot === undefined || !matches(snapshot, query)) continue;
      if (snapshots.length === query.limit) break;
      snapshots.push(snapshot);
    }
    const ended = at < 0 || at >= this.#bySerial.length;
    return { snapshots, cursor: ended ? null : encodeCursor(at - step) };
  }

  #entries(keys: readonly DueKey[]): DueEntry[] {
    return keys.map(({ serial, wakeAtMs, lane, rank }) => {
      return { id: (this.#bySerial[serial] as Kept).snapshot.id, wakeAtMs, lane, rank };
    });
  }

  #answer<T>(op: string, work: () => T): Promise<T> {
    if (this.#closed) {
      return Promise.reject(new Fault(`store.${op}`, "unavailable", { message: "closed" }));
    }
    return new Promise((resolve) => resolve(work()));
  }
}

function addLines({ journals }: Kept, write: Pick<Append, "stream" | "lines">): void {
  const lines = journals.get(write.stream) ?? [];
  for (const text of write.lines) lines.push({ n: (lines.at(-1)?.n ?? 0) + 1, text });
  lines.splice(0, Math.max(0, lines.length - JOURNAL_LINES_MAX));
  journals.set(write.stream, lines);
}

function matches(snapshot: Snapshot, query: FindQuery): boolean {
  return snapshot.kind === query.kind &&
    snapshot.createdAtMs >= (query.fromMs ?? -Infinity) &&
    snapshot.createdAtMs < (query.toMs ?? Infinity) &&
    query.labels.every((label) => snapshot.index.labels.includes(label));
}

function dueKey(serial: number, wakeAtMs: number, place: { lane: string; rank: number }): DueKey {
  return { serial, wakeAtMs, lane: place.lane, rank: place.rank };
}

function expiryKey(serial: number, expireAtMs: number): DueKey {
  return { serial, wakeAtMs: expireAtMs, lane: "", rank: 0 };
}
