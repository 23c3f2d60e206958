/**
 * NodeSystem: the actor runtime of one node, put together.
 *
 * Intuition: ownership says which shards are ours; the directory hosts their actors; the wake-ups
 * say who is due; the group commit carries every write. This file only joins them: what one part
 * learns, the parts that need it are told.
 *
 * Invariants: N1. Nothing is woken or swept unless the node is trusted and does not drain.
 * N2. A write that was refused under an epoch of ours that has grown since is made again under the new one.
 * @module
 */
import type { ActorRef, AskOutcome, Behaviour } from "../actor/behaviour.ts";
import type { Envelope, Settled } from "../actor/envelope.ts";
import type { Lane } from "../actor/mailbox.ts";
import type { Clock } from "../clock.ts";
import { Fault } from "../fault.ts";
import { type ActorId, type ShardId, shardOf } from "../ids.ts";
import { ASK_DEADLINE_MS, WINDOW_RESCAN_MS } from "../limits.ts";
import { Ownership } from "../shards/ownership_driver.ts";
import { type Draft, type DueEntry, kindOfLane, type Snapshot } from "../snapshot.ts";
import { GroupCommit } from "../store/group_commit.ts";
import type { Claimant, FindQuery, Store } from "../store/port.ts";
import { type DeadLetter, DeadLetters } from "../supervision/dead_letters.ts";
import type { WakeGate } from "../wakeups/gate.ts";
import { type WakeEnd, WakeupsDriver } from "../wakeups/wakeups_driver.ts";
import type { WindowBounds } from "../wakeups/window_events.ts";
import { adopt, type Adopting } from "./adoption.ts";
import { Directory, type Perform } from "./directory.ts";
import type { ActorSystem, CreateOutcome, Readiness, ShardView } from "./surface.ts";
import { StoreHealth } from "./store_health.ts";
import { Sweeper } from "./sweeper.ts";

/** What a node's runtime is made of. */
export interface SystemOptions {
  readonly clock: Clock;
  readonly store: Store;
  readonly claimant: Claimant;
  /** Number of shards of the cluster. */
  readonly shards: number;
  /** Uniform in [0, 1). */
  readonly chance: () => number;
  readonly gate: WakeGate;
  /** How many wake-ups are held in memory; those of limits.ts unless given. */
  readonly window?: WindowBounds | undefined;
  readonly log: (
    level: "info" | "warn" | "error",
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ) => void;
}

/** What a kind's actors are told when they are due. */
interface Waking {
  readonly wake: () => unknown;
  readonly overdue: () => unknown;
}

/** The runtime of one node. */
export class NodeSystem implements ActorSystem {
  readonly deadLetters: DeadLetters;
  readonly #options: SystemOptions;
  readonly #commits: GroupCommit;
  readonly #ownership: Ownership;
  readonly #directory: Directory;
  readonly #wakeups: WakeupsDriver;
  readonly #sweeper: Sweeper;
  readonly #health: StoreHealth;
  readonly #adopting: Adopting[] = [];
  readonly #waking = new Map<string, Waking>();
  #draining = false;
  #closed = false;

  constructor(options: SystemOptions) {
    const { clock, store, claimant, log } = options;
    this.#options = options;
    this.deadLetters = new DeadLetters((letter) => this.#logLetter(letter));
    this.#health = new StoreHealth({ clock, tell: (fault) => this.#logHealth(fault) });
    this.#commits = new GroupCommit(store, (fault) => this.#health.writeFailed(fault));
    this.#ownership = new Ownership({
      clock,
      store,
      claimant,
      shards: Array.from({ length: options.shards }, (_, shard) => shard as ShardId),
      gained: (shards) => this.#gained(shards),
      lost: (shards) => this.#directory.drop(shards),
      health: (fault) => this.#health.renewed(fault),
    });
    this.#directory = new Directory({
      clock,
      store,
      claimant,
      commits: this.#commits,
      ownership: this.#ownership,
      deadLetters: this.deadLetters,
      chance: options.chance,
      moved: (before, after) => this.#moved(before, after),
      crashed: (id, { directive, error }) =>
        log("error", "actor crashed", {
          actor: id,
          directive: directive.kind,
          error: String(error),
        }),
    });
    this.#wakeups = new WakeupsDriver({
      clock,
      store,
      gate: options.gate,
      mayWake: () => this.#mayWork(),
      isActive: (id) => this.#directory.has(id),
      activeCount: () => this.#directory.size,
      wake: (entry, settle) => this.#wake(entry, settle),
      overdue: (entry) => this.#overdue(entry),
      bounds: options.window,
    });
    this.#sweeper = new Sweeper({ clock, store, may: () => this.#mayWork() });
  }

  /** Makes a kind of actor known, and who performs its effects. Before `start`. */
  register<State, Message, Reply, Effect>(
    behaviour: Behaviour<State, Message, Reply, Effect>,
    perform: Perform<Effect>,
  ): void {
    const { kind, adopts, wakes } = behaviour;
    this.#directory.register(behaviour, perform);
    if (adopts) this.#adopting.push({ kind, ...adopts });
    if (wakes) this.#waking.set(kind, wakes);
  }

  /** Opens the session; everything else follows from it. */
  start(): void {
    this.#ownership.start();
    this.#wakeups.start();
    this.#sweeper.start();
  }

  /** There is room again: wakes what waited for it. */
  pump(): void {
    this.#wakeups.pump();
  }

  /** Starts nothing new from now on; what runs goes on. */
  drain(): void {
    this.#draining = true;
  }

  /** Waits for the writes under way, then gives the shards back. The store stays open. */
  async close(): Promise<void> {
    this.#draining = true;
    this.#wakeups.close();
    this.#sweeper.close();
    await this.#commits.idle();
    this.#closed = true;
    await this.#ownership.close();
  }

  create(draft: Omit<Draft, "shard">): Promise<CreateOutcome> {
    const whole: Draft = { ...draft, shard: this.shardOf(draft.id) };
    const { loader } = this.#directory;
    loader.expect(draft.id);
    return new Promise((resolve, reject) => {
      this.#commits.submit({ kind: "insert", draft: whole }, (outcome) => {
        if (outcome instanceof Fault || outcome.kind !== "applied") loader.unexpect(draft.id);
        if (outcome instanceof Fault) return reject(outcome);
        if (outcome.kind !== "applied") return resolve({ kind: "exists" });
        const snapshot: Snapshot = { ...whole, version: 1 };
        this.#inserted(snapshot);
        resolve({ kind: "created", snapshot });
      });
    });
  }

  ref<Message, Reply>(kind: string, id: ActorId): ActorRef<Message, Reply> {
    return {
      id,
      tell: (message) => {
        let refused = false;
        this.#deliver({ kind, id }, "user", message, ({ kind }) => refused = kind === "busy");
        return refused ? "busy" : "accepted";
      },
      ask: (message, options) => this.#ask({ kind, id }, message, options?.deadlineMs),
    };
  }

  /** Tells an actor something about its own work: before all strangers' messages. */
  signal(
    to: { kind: string; id: ActorId },
    message: unknown,
    settle: (settled: Settled<unknown>) => void = () => {},
  ): void {
    this.#deliver(to, "system", message, settle);
  }

  async read(id: ActorId): Promise<Snapshot | undefined> {
    return (await this.#options.store.load([id]))[0];
  }

  find(query: FindQuery) {
    return this.#options.store.find(query);
  }

  tallies(kind: string) {
    return this.#options.store.tallies(kind);
  }

  journal(query: { id: ActorId; stream: string; after: number; limit: number }) {
    return this.#options.store.journal(query);
  }

  append(entry: { id: ActorId; stream: string; lines: readonly string[] }): Promise<boolean> {
    const shard = this.shardOf(entry.id);
    const epoch = this.#ownership.epochOf(shard);
    if (epoch === undefined) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      this.#commits.submit({ kind: "append", ...entry, shard, epoch }, (outcome) => {
        if (outcome instanceof Fault) return reject(outcome);
        if (outcome.kind !== "fenced") return resolve(outcome.kind === "applied");
        // Re-acquired by ourselves meanwhile: once more under the new epoch (N2).
        this.#ownership.fenced(shard, epoch);
        resolve(this.append(entry));
      });
    });
  }

  shardOf(id: ActorId): ShardId {
    return shardOf(id, this.#options.shards);
  }

  readiness(): Readiness {
    const reasons: string[] = [];
    if (this.#draining) reasons.push("draining");
    const { fault } = this.#health;
    if (fault) reasons.push(`store: ${fault.code}`);
    const { count, trusted } = this.#ownership;
    if (count < this.#options.shards) {
      reasons.push(`shards: ${count} of ${this.#options.shards} owned`);
    } else if (!trusted) reasons.push("session: not renewed in time");
    return { ready: reasons.length === 0, reasons };
  }

  async shards(): Promise<readonly ShardView[]> {
    return (await this.#options.store.fences())
      .map(({ shard, epoch, owner }) => ({ shard, epoch, owner: owner?.node ?? null }));
  }

  /** What is in memory and under way: for metrics and tests. */
  load(): { actors: number; window: number; writesPending: number; writes: number } {
    return {
      writes: this.#commits.counters.writes,
      actors: this.#directory.size,
      window: this.#wakeups.size,
      writesPending: this.#commits.pending,
    };
  }

  #mayWork(): boolean {
    return !this.#draining && this.#ownership.trusted;
  }

  #deliver(
    to: { kind: string; id: ActorId },
    lane: Lane,
    message: unknown,
    settle: (settled: Settled<unknown>) => void,
  ): void {
    const envelope: Envelope<unknown, unknown> = { lane, message, settle, crashes: 0 };
    this.#directory.deliver({ ...to, shard: this.shardOf(to.id) }, envelope);
  }

  #ask<Message, Reply>(
    to: { kind: string; id: ActorId },
    message: Message,
    deadlineMs = ASK_DEADLINE_MS,
  ): Promise<AskOutcome<Reply>> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(deadlineMs, () => resolve({ kind: "deadline" }));
      this.#deliver(to, "user", message, (settled) => {
        timer.cancel();
        if (settled.kind === "unknown") return resolve({ kind: "deadline" });
        if (settled.kind !== "handled") return resolve(settled);
        resolve({ kind: "replied", reply: settled.reply as Reply, snapshot: settled.snapshot });
      });
    });
  }

  #inserted(snapshot: Snapshot): void {
    const { wakeAtMs, lane, rank } = snapshot.index;
    const soonMs = this.#options.clock.wallMs() + WINDOW_RESCAN_MS;
    const { loader } = this.#directory;
    if (wakeAtMs !== null && wakeAtMs < soonMs) loader.remember(snapshot);
    else loader.unexpect(snapshot.id);
    if (wakeAtMs === null) return;
    this.#wakeups.scheduled({ id: snapshot.id, wakeAtMs, lane, rank });
  }

  #moved(before: Snapshot, after: Snapshot): void {
    const { wakeAtMs, lane, rank } = after.index;
    if (wakeAtMs !== null) this.#wakeups.scheduled({ id: after.id, wakeAtMs, lane, rank });
    else if (before.index.wakeAtMs !== null) this.#wakeups.unscheduled(after.id);
  }

  #wake(entry: DueEntry, settle: (end: WakeEnd) => void): void {
    const kind = kindOfLane(entry.lane);
    const waking = this.#waking.get(kind);
    if (!waking) {
      // Left by another version of the program: it waits, visibly, and harms nobody.
      this.#options.log("error", "nobody takes this wake-up", { ...entry });
      return settle("handled");
    }
    this.signal({ kind, id: entry.id }, waking.wake(), (settled) => {
      settle(settled.kind === "busy" ? "unreached" : "handled");
    });
  }

  #overdue(entry: DueEntry): void {
    const kind = kindOfLane(entry.lane);
    const waking = this.#waking.get(kind);
    if (waking && this.#mayWork()) this.signal({ kind, id: entry.id }, waking.overdue());
  }

  #gained(shards: readonly ShardId[]): void {
    const { clock, store } = this.#options;
    const tell = (to: { kind: string; id: ActorId }, message: unknown) => this.signal(to, message);
    const ended = () => this.#closed;
    for (const adopting of this.#adopting) {
      void adopt(adopting, shards, { clock, store, tell, ended });
    }
    // Wake-ups that came before the shards were ours found no actor.
    this.#wakeups.rescan();
  }

  #logHealth(fault: Fault | null): void {
    const { log } = this.#options;
    if (fault) log("warn", "store fault", { code: fault.code, error: fault.message });
    else log("info", "store is back", {});
  }

  #logLetter(letter: DeadLetter): void {
    this.#options.log("warn", "dead letter", { ...letter });
  }
}
