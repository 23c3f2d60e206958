/**
 * Engine: the store over one database, call by call, synchronous: what the thread runs.
 *
 * Intuition: the parts know their tables (writes, search, due, sweeper); this file decides what is
 * one transaction, and what must be read again when one fails (D2).
 *
 * Sessions live in memory alone: nobody else can have the file open (D1), so a session that was
 * open when a process died has ended with it, and its shards are free at once. A full disk doesn't
 * end a session either. Reservations are memory too: nobody is left for whom one could matter.
 * Fences are stored: epochs must outlive everything (S1).
 * @module
 */
import { type ActorId, type BootId, type NodeName, type ShardId, shardOf } from "../../../ids.ts";
import { JOURNAL_LINES_MAX, SWEEP_ACTORS_MAX } from "../../../limits.ts";
import type { DueEntry, Snapshot } from "../../../snapshot.ts";
import { checkBatch, checkLimit, checkLoad } from "../../batch.ts";
import { Ownership, reservedFrom } from "../../ownership.ts";
import type {
  AcquireOutcome,
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
  Write,
  WriteOutcome,
} from "../../port.ts";
import { Database, type DatabaseOptions, type Statement } from "./database.ts";
import { DueReads, type IsMine } from "./due.ts";
import { Marks } from "./marks.ts";
import { Postings } from "./postings.ts";
import { Search } from "./search.ts";
import { readSnapshot, SNAPSHOT_COLUMNS } from "./snapshots.ts";
import { Sweeper } from "./sweeper.ts";
import { fromColumn, SPACE, Terms } from "./terms.ts";
import { Writer } from "./writes.ts";

/** One open store. Throws `Fault`s and broken invariants, nothing else. */
export class Engine {
  readonly #database: Database;
  readonly #shards: number;
  readonly #ownership: Ownership;
  readonly #terms: Terms;
  readonly #marks: Marks;
  readonly #postings: Postings;
  readonly #writer: Writer;
  readonly #search: Search;
  readonly #due: DueReads;
  readonly #sweeper: Sweeper;
  readonly #snapshot: Statement;
  readonly #lines: Statement;
  readonly #putFence: Statement;
  readonly #fences: Statement;

  /** Opens the store. `ownership` of an engine before, after whose failure this one is opened. */
  constructor(options: DatabaseOptions, ownership = new Ownership()) {
    const database = this.#database = Database.open(options);
    this.#shards = options.shards;
    this.#ownership = ownership;
    const terms = this.#terms = new Terms(database);
    const marks = this.#marks = new Marks(database);
    const postings = this.#postings = new Postings(database);
    const epochOf = (shard: ShardId) => ownership.epochOf(shard);
    this.#writer = new Writer(database, { terms, marks, postings, epochOf });
    this.#search = new Search(database, { terms, marks, shards: options.shards });
    this.#due = new DueReads(database, terms);
    this.#sweeper = new Sweeper(database, { terms, marks, postings });
    this.#snapshot = database.prepare(
      `SELECT ${SNAPSHOT_COLUMNS} FROM actor WHERE id = ?`,
    );
    this.#lines = database.prepare(
      `SELECT n, line FROM journal
       WHERE seq = (SELECT seq FROM actor WHERE id = ?) AND stream = ? AND n > ?
       ORDER BY n LIMIT ?`,
    );
    this.#putFence = database.prepare(
      `INSERT INTO fence VALUES(?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET epoch = excluded.epoch, node = excluded.node, boot = excluded.boot`,
    );
    this.#fences = database.prepare("SELECT shard, epoch, node, boot FROM fence");
    this.#ownership.restore(this.#storedFences());
    database.onRollback = () => this.#reload();
  }

  /** True when this engine must be replaced before the next call. */
  get broken(): boolean {
    return this.#database.broken;
  }

  /** What outlives a broken engine. */
  get ownership(): Ownership {
    return this.#ownership;
  }

  apply(batch: readonly Write[]): readonly WriteOutcome[] {
    checkBatch(batch, this.#shards);
    if (batch.length === 0) return [];
    return this.#database.transaction("apply", () => this.#writer.apply(batch));
  }

  load(ids: readonly ActorId[]): readonly (Snapshot | undefined)[] {
    checkLoad(ids);
    return this.#database.read("load", () =>
      ids.map((id) => {
        const row = this.#snapshot.get(id);
        return row && readSnapshot(row, { terms: this.#terms, shards: this.#shards });
      }));
  }

  find(query: FindQuery): FoundPage {
    return this.#database.read("find", () => this.#search.find(query));
  }

  tallies(kind: string): ReadonlyMap<string, number> {
    return this.#database.read("tallies", () => {
      const scope = this.#terms.find(kind, { space: SPACE.kind, scope: 0 });
      return scope === undefined ? new Map() : this.#terms.list({ space: SPACE.tally, scope });
    });
  }

  journal(
    query: { id: ActorId; stream: string; after: number; limit: number },
  ): readonly JournalLine[] {
    checkLimit(query.limit, JOURNAL_LINES_MAX);
    return this.#database.read("journal", () => {
      const rows = this.#lines.all(query.id, query.stream, query.after, query.limit);
      return rows.map(([n, line]) => ({ n: n as number, text: fromColumn(line) }));
    });
  }

  lanes(query: LanesQuery): LanesPage {
    return this.#database.read("lanes", () => this.#due.lanes(query));
  }

  /** A file is one node's, which asks for all; what is not asked for is read past. */
  #mineOf({ shards }: { readonly shards?: readonly ShardId[] }): IsMine | null {
    if (shards === undefined) return null;
    const ours = new Set(shards);
    return (id) => ours.has(shardOf(id, this.#shards));
  }

  dueInLane(query: LaneQuery): readonly DueEntry[] {
    return this.#database.read("dueInLane", () => this.#due.inLane(query, this.#mineOf(query)));
  }

  dueBetween(query: RangeQuery): DueRange {
    return this.#database.read("dueBetween", () => this.#due.between(query, this.#mineOf(query)));
  }

  sweep(query: { nowMs: number; limit: number }): number {
    checkLimit(query.limit, SWEEP_ACTORS_MAX);
    if (!this.#database.read("sweep", () => this.#sweeper.due(query.nowMs))) return 0;
    return this.#database.transaction(
      "sweep",
      () => this.#sweeper.sweep({ ...query, lastSeq: this.#writer.lastSeq }),
    );
  }

  renew(request: { claimant: Claimant; ttlMs: number; opening: boolean }): Renewal {
    const nowMs = Date.now();
    const { claimant, ttlMs, opening } = request;
    return {
      kind: this.#ownership.renew(claimant, { ttlMs, opening, nowMs }),
      storeNowMs: nowMs,
    };
  }

  leave(claimant: Claimant): void {
    this.#database.transaction("leave", () => this.#save(this.#ownership.leave(claimant)));
  }

  sessions(): readonly Session[] {
    return this.#ownership.sessions(Date.now());
  }

  acquire(
    request: { claimant: Claimant; shards: readonly ShardId[] },
  ): readonly AcquireOutcome[] {
    const { claimant, shards } = request;
    return this.#database.transaction("acquire", () => {
      const outcomes = this.#ownership.acquire(claimant, { shards, nowMs: Date.now() });
      for (const outcome of outcomes) {
        if (outcome.kind === "held") continue;
        this.#save([{ shard: outcome.shard, epoch: outcome.epoch, owner: claimant }]);
      }
      return outcomes;
    });
  }

  release(
    request: { claimant: Claimant; shards: readonly ShardId[]; reservation?: Reservation },
  ): void {
    const { claimant, shards } = request;
    const reserved = reservedFrom(Date.now(), request.reservation);
    this.#database.transaction(
      "release",
      () => this.#save(this.#ownership.release(claimant, shards, reserved)),
    );
  }

  fences(): readonly Fence[] {
    return this.#ownership.fences();
  }

  close(): void {
    this.#database.close();
  }

  #save(fences: readonly Fence[]): void {
    for (const { shard, epoch, owner } of fences) {
      this.#putFence.run(shard, epoch, owner?.node ?? null, owner?.boot ?? null);
    }
  }

  #storedFences(): Fence[] {
    return this.#fences.all().map(([shard, epoch, node, boot]) => ({
      shard: shard as ShardId,
      epoch: epoch as number,
      owner: node === null ? null : { node: node as NodeName, boot: boot as BootId },
    }));
  }

  #reload(): void {
    this.#terms.reload();
    this.#postings.reload();
    this.#marks.reload();
    this.#writer.reload();
    this.#ownership.restore(this.#storedFences());
  }
}
