/**
 * Directory: the actors in memory on this node, by id; it activates them on demand and hosts them.
 *
 * Intuition: a message to an actor that is not here makes a cell and loads it; a cell that has
 * nothing to do leaves. What a cell needs (time, names, commits, repair) it gets from here.
 *
 * Invariants: Y1. At most one cell per id. Y2. No cell outlives our ownership of its shard.
 * Y3. At most `ACTORS_ACTIVE_MAX` cells: beyond it strangers' messages are answered `busy`; the
 * system's own get in, being bounded by what is already here. Y4. An actor that supervision stopped is
 * not activated again for `QUARANTINE_MS`: nobody can make it crash in circles (V2). Y5. Nothing of a shard
 * that retires is activated or told anything, until the shard is lost: then it may come back.
 * @module
 */
import type { Behaviour, ReducerContext } from "../actor/behaviour.ts";
import type { Envelope } from "../actor/envelope.ts";
import type { Clock } from "../clock.ts";
import type { ActorId, BootId, ShardId } from "../ids.ts";
import {
  ACTORS_ACTIVE_MAX,
  QUARANTINE_MS,
  QUARANTINED_MAX,
  STORE_RETRY_MIN_MS,
} from "../limits.ts";
import type { Ownership } from "../shards/ownership_driver.ts";
import type { Draft, Snapshot } from "../snapshot.ts";
import type { GroupCommit } from "../store/group_commit.ts";
import type { Claimant, Store } from "../store/port.ts";
import type { DeadLetters } from "../supervision/dead_letters.ts";
import type { Directive } from "../supervision/policy.ts";
import { Cell } from "./cell.ts";
import type { CellHost, HostedCell } from "./cell_host.ts";
import { Loader } from "./loader.ts";

/** What the directory needs of its node. */
export interface DirectoryOptions {
  readonly clock: Clock;
  readonly store: Store;
  readonly commits: GroupCommit;
  readonly claimant: Claimant;
  readonly ownership: Ownership;
  readonly deadLetters: DeadLetters;
  /** Uniform in [0, 1). */
  readonly chance: () => number;
  /** See `ReducerContext.lives`. */
  readonly lives: (boot: BootId) => boolean;
  /** A transition was committed: the due index moved with it. */
  readonly moved: (before: Snapshot, after: Snapshot) => void;
  /** A transition brought these actors into being; some may have existed before. */
  readonly inserted: (drafts: readonly Draft[]) => void;
  /** Supervision decided on a crash: for logs. */
  readonly crashed: (id: ActorId, crash: { directive: Directive; error: unknown }) => void;
}

/** Performs the effects of one kind of actor. */
export type Perform<Effect> = (effect: Effect, snapshot: Snapshot) => void;

/** A kind as registered: its types are erased here and nowhere else. */
interface Kind {
  readonly create: (id: ActorId, shard: ShardId) => AnyCell;
}
type AnyCell = HostedCell & {
  readonly kind: string;
  offer(envelope: Envelope<unknown, unknown>): boolean;
};

/** The active actors of one node. */
export class Directory {
  readonly #options: DirectoryOptions;
  readonly #cells = new Map<ActorId, AnyCell>();
  readonly #kinds = new Map<string, Kind>();
  readonly #reacquiring = new Map<ShardId, Promise<boolean>>();
  /** Until when (monotonic, ms) stopped actors stay away, oldest first (Y4). */
  readonly #quarantined = new Map<ActorId, number>();
  readonly #retiring = new Set<ShardId>();
  readonly #awaited = new Set<{ readonly cells: Set<HostedCell>; readonly resolve: () => void }>();
  readonly loader: Loader;
  #messages = 0;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    this.loader = new Loader(options.store);
  }

  /** Makes a kind of actor known. */
  register<State, Message, Reply, Effect>(
    behaviour: Behaviour<State, Message, Reply, Effect>,
    perform: Perform<Effect>,
  ): void {
    const host = this.#host(perform);
    this.#kinds.set(behaviour.kind, {
      create: (id, shard) =>
        new Cell<State, Message, Reply, Effect>(id, shard, behaviour, host) as AnyCell,
    });
  }

  /** Actors in memory. */
  get size(): number {
    return this.#cells.size;
  }

  /** True while `id` is in memory. */
  has(id: ActorId): boolean {
    return this.#cells.has(id);
  }

  /** Delivers an envelope, activating the actor if need be (Y1, Y3); a refused one is settled `busy`. */
  deliver(
    to: { readonly kind: string; readonly id: ActorId; readonly shard: ShardId },
    envelope: Envelope<unknown, unknown>,
  ): void {
    if (this.#retiring.has(to.shard)) return envelope.settle({ kind: "busy" });
    const active = this.#cells.get(to.id);
    if (active) {
      // One of another kind is there, or is about to find out that it is not.
      if (active.kind !== to.kind || !active.offer(envelope)) envelope.settle({ kind: "busy" });
      return;
    }
    if (this.#isQuarantined(to.id)) return envelope.settle({ kind: "crashed" });
    const kind = this.#kinds.get(to.kind);
    const full = envelope.lane === "user" && this.#cells.size >= ACTORS_ACTIVE_MAX;
    if (!kind || full || this.#options.ownership.epochOf(to.shard) === undefined) {
      return envelope.settle({ kind: "busy" });
    }
    const cell = kind.create(to.id, to.shard);
    this.#cells.set(to.id, cell);
    cell.offer(envelope);
    this.loader.load(cell);
  }

  /** Lets the actors of these shards end what they are at, and begin nothing (Y5). Resolves when none is left. */
  retire(shards: readonly ShardId[]): Promise<void> {
    for (const shard of shards) this.#retiring.add(shard);
    const going = [...this.#cells.values()].filter(({ shard }) => this.#retiring.has(shard));
    for (const cell of going) cell.retire();
    const cells = new Set<HostedCell>(going.filter((cell) => this.#cells.get(cell.id) === cell));
    if (cells.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#awaited.add({ cells, resolve }));
  }

  /** Lets go of every actor of these shards, without writing (Y2). */
  drop(shards: readonly ShardId[]): void {
    const gone = new Set(shards);
    for (const shard of shards) this.#retiring.delete(shard);
    this.loader.forgetAll();
    for (const cell of [...this.#cells.values()]) if (gone.has(cell.shard)) cell.drop();
  }

  #host<Effect>(perform: Perform<Effect>): CellHost<Effect> {
    const { clock, ownership, commits, moved, inserted } = this.#options;
    return {
      clock,
      epochOf: (shard) => ownership.epochOf(shard),
      context: (id, nextVersion) => this.#context(id, nextVersion),
      load: (cell) => this.loader.load(cell),
      commit: (transition, done) => commits.submit(transition, done),
      readBehindFence: (id, shard, done) => void this.#readBehindFence({ id, shard }, done),
      fenced: (shard, epoch) => ownership.fenced(shard, epoch),
      moved,
      inserted,
      perform,
      deadLetter: (id, letter) => this.#deadLetter(id, letter),
      crashed: (id, crash) => this.#crashed(id, crash),
      left: (cell) => this.#left(cell),
      retryLater: (act) => void clock.after(STORE_RETRY_MIN_MS, act),
    };
  }

  #left(cell: HostedCell): void {
    if (this.#cells.get(cell.id) === cell) this.#cells.delete(cell.id);
    for (const awaited of this.#awaited) {
      if (!awaited.cells.delete(cell) || awaited.cells.size > 0) continue;
      this.#awaited.delete(awaited);
      awaited.resolve();
    }
  }

  #context(id: ActorId, nextVersion: number): ReducerContext {
    const { clock, chance, claimant, lives } = this.#options;
    this.#messages++;
    return {
      id,
      nowMs: clock.wallMs(),
      chance: chance(),
      unique: `${claimant.boot}.${this.#messages.toString(36)}`,
      node: claimant.node,
      boot: claimant.boot,
      lives,
      nextVersion,
    };
  }

  async #readBehindFence(
    actor: { id: ActorId; shard: ShardId },
    done: (snapshot: Snapshot | undefined) => void,
  ): Promise<void> {
    let snapshot: Snapshot | undefined;
    try {
      if (!await this.#reacquire(actor.shard)) return done(undefined);
      [snapshot] = await this.#options.store.load([actor.id]);
    } catch {
      this.#options.clock.after(
        STORE_RETRY_MIN_MS,
        () => void this.#readBehindFence(actor, done),
      );
      return;
    }
    done(snapshot);
  }

  /** One re-acquisition per shard at a time, however many of its actors ask for it. */
  #reacquire(shard: ShardId): Promise<boolean> {
    let under = this.#reacquiring.get(shard);
    if (!under) {
      under = this.#options.ownership.reacquire(shard)
        .finally(() => this.#reacquiring.delete(shard));
      this.#reacquiring.set(shard, under);
    }
    return under;
  }

  #crashed(id: ActorId, crash: { directive: Directive; error: unknown }): void {
    const { kind } = crash.directive;
    if (kind === "stop" || kind === "escalate") {
      this.#quarantined.delete(id);
      this.#quarantined.set(id, this.#options.clock.monotonicMs() + QUARANTINE_MS);
      const [oldest] = this.#quarantined.keys();
      if (oldest && this.#quarantined.size > QUARANTINED_MAX) this.#quarantined.delete(oldest);
    }
    this.#options.crashed(id, crash);
  }

  #isQuarantined(id: ActorId): boolean {
    const untilMs = this.#quarantined.get(id);
    if (untilMs === undefined) return false;
    if (this.#options.clock.monotonicMs() < untilMs) return true;
    this.#quarantined.delete(id);
    return false;
  }

  #deadLetter(
    id: ActorId,
    letter: {
      message: unknown;
      reason: "poison" | "stopped" | "mailbox-full" | "no-such-actor";
      error: unknown;
    },
  ): void {
    const { deadLetters, clock } = this.#options;
    deadLetters.add({
      actor: id,
      message: kindOf(letter.message),
      reason: letter.reason,
      error: letter.error === null ? null : String(letter.error),
      atMs: clock.wallMs(),
    });
  }
}

function kindOf(message: unknown): string {
  if (typeof message === "object" && message !== null && "kind" in message) {
    return String(message.kind);
  }
  return typeof message;
}
