/**
 * NodeSystem: the actor runtime of one node, put together.
 *
 * Intuition: ownership says which shards are ours; the directory hosts their actors; the wake-ups
 * say who is due; the group commit carries every write. This file only joins them: what one part
 * learns, the parts that need it are told.
 *
 * What another node owns is reached through {@link Elsewhere}; without it this node owns everything.
 *
 * Invariants: N1. Nothing is woken or swept unless the node is trusted and does not drain.
 * @module
 */
import type { ActorRef, Behaviour } from "../actor/behaviour.ts";
import type { Settled } from "../actor/envelope.ts";
import type { Clock } from "../clock.ts";
import { Fault } from "../fault.ts";
import { type ActorId, type ShardId, shardOf } from "../ids.ts";
import { WINDOW_RESCAN_MS } from "../limits.ts";
import type { HeirOf } from "../shards/holdings.ts";
import { Ownership } from "../shards/ownership_driver.ts";
import type { Draft, DueEntry, Snapshot } from "../snapshot.ts";
import { GroupCommit } from "../store/group_commit.ts";
import type { Claimant, FindQuery, Store } from "../store/port.ts";
import { type DeadLetter, DeadLetters } from "../supervision/dead_letters.ts";
import type { WakeGate } from "../wakeups/gate.ts";
import { WakeupsDriver } from "../wakeups/wakeups_driver.ts";
import type { WindowBounds } from "../wakeups/window_events.ts";
import { Adopter } from "./adoption.ts";
import { Directory, type Perform } from "./directory.ts";
import type { Elsewhere, JournalEntry } from "./elsewhere.ts";
import { Mail } from "./mail.ts";
import type { ActorSystem, CreateOutcome, Readiness, ShardView } from "./surface.ts";
import { StoreHealth } from "./store_health.ts";
import { Sweeper } from "./sweeper.ts";
import { WakeCalls } from "../wakeups/wake_calls.ts";

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
  /** The other nodes; absent: this one is alone, and every shard should be its own. */
  readonly elsewhere?: Elsewhere | undefined;
  /** How many wake-ups are held in memory; those of limits.ts unless given. */
  readonly window?: WindowBounds | undefined;
  /** Supervision has given an actor up for a while. */
  readonly setAside?: ((id: ActorId, error: unknown) => void) | undefined;
  /** What is wrong with the store now; null: nothing any more. */
  readonly storeHealth?: ((fault: Fault | null) => void) | undefined;
  readonly log: (
    level: "info" | "warn" | "error",
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ) => void;
}

/** Whoever owns it sweeps. */
const SWEEPERS_SHARD = 0 as ShardId;

/** The runtime of one node. */
export class NodeSystem implements ActorSystem {
  readonly deadLetters: DeadLetters;
  /** The way of messages to actors. */
  readonly mail: Mail;
  readonly #options: SystemOptions;
  readonly #commits: GroupCommit;
  readonly #ownership: Ownership;
  readonly #directory: Directory;
  readonly #wakeups: WakeupsDriver;
  readonly #sweeper: Sweeper;
  readonly #health: StoreHealth;
  readonly #adopter: Adopter;
  readonly #callers: WakeCalls;
  #draining = false;
  #closed = false;

  constructor(options: SystemOptions) {
    const { clock, store, claimant, log, elsewhere } = options;
    this.#options = options;
    this.deadLetters = new DeadLetters((letter) => this.#logLetter(letter));
    this.#health = new StoreHealth({ clock, tell: (fault) => this.#logHealth(fault) });
    this.#commits = new GroupCommit(store, (fault) => this.#health.writeFailed(fault));
    this.#ownership = this.#makeOwnership();
    this.#directory = new Directory({
      clock,
      store,
      claimant,
      commits: this.#commits,
      ownership: this.#ownership,
      deadLetters: this.deadLetters,
      chance: options.chance,
      // A node that is alone is the only one that can have run anything since its session began.
      lives: (boot) => boot === claimant.boot || elsewhere?.lives(boot) === true,
      moved: (before, after) => this.#moved(before, after),
      inserted: (drafts) => drafts.forEach((draft) => this.#broughtInto(draft)),
      crashed: (id, { directive: { kind }, error }) => {
        log("error", "actor crashed", { actor: id, directive: kind, error: String(error) });
        if (kind === "stop" || kind === "escalate") options.setAside?.(id, error);
      },
    });
    this.mail = new Mail({
      clock,
      shards: options.shards,
      ownership: this.#ownership,
      commits: this.#commits,
      directory: this.#directory,
      elsewhere,
    });
    this.#callers = new WakeCalls({
      // Never elsewhere: room was reserved for it here.
      tell: (to, message, settle) => this.mail.deliver(to, { lane: "system", message }, settle),
      log,
    });
    this.#adopter = new Adopter({
      clock,
      store,
      tell: (to, message) => this.mail.deliver(to, { lane: "system", message }, () => {}),
      ended: () => this.#closed,
    });
    this.#wakeups = new WakeupsDriver({
      clock,
      store,
      gate: options.gate,
      mayWake: () => this.mayWork,
      isActive: (id) => this.#directory.has(id),
      ...(elsewhere !== undefined && { owned: () => this.#ownership.owned() }),
      activeCount: () => this.#directory.size,
      wake: (entry, settle) => this.#callers.wake(entry, settle),
      overdue: (entry) => this.mayWork && this.#callers.overdue(entry),
      bounds: options.window,
    });
    this.#sweeper = new Sweeper({ clock, store, may: () => this.#maySweep() });
  }

  /** Makes a kind of actor known, and who performs its effects. Before `start`. */
  register<State, Message, Reply, Effect>(
    behaviour: Behaviour<State, Message, Reply, Effect>,
    perform: Perform<Effect>,
  ): void {
    const { kind, adopts, wakes } = behaviour;
    this.#directory.register(behaviour, perform);
    if (adopts) this.#adopter.register({ kind, ...adopts });
    if (wakes) this.#callers.register(kind, wakes);
  }

  /** Opens the session; everything else follows from it. */
  start(): void {
    this.#ownership.start();
    this.#wakeups.start();
    this.#sweeper.start();
  }

  /** There is room again: wakes what waited for it, also in this lane, or in all lanes of this line. */
  pump(name?: string): void {
    if (name !== undefined) this.#wakeups.opened(name);
    else this.#wakeups.pump();
  }

  /** True while this node may rely on its session. */
  get trusted(): boolean {
    return this.#ownership.trusted;
  }

  /** True while new work may be started here: the session is trusted, and {@link drain} was not called (N1). */
  get mayWork(): boolean {
    return !this.#draining && this.#ownership.trusted;
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
    return this.mail.ref({ kind, id });
  }

  /** Tells an actor something about its own work: before all strangers' messages. */
  signal(
    to: { kind: string; id: ActorId },
    message: unknown,
    settle: (settled: Settled<unknown>) => void = () => {},
  ): void {
    this.mail.send(to, { lane: "system", message }, settle);
  }

  async read(id: ActorId): Promise<Snapshot | undefined> {
    return (await this.#options.store.load([id]))[0];
  }

  readAll(ids: readonly ActorId[]): Promise<readonly (Snapshot | undefined)[]> {
    return this.#options.store.load(ids);
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

  append(entry: JournalEntry): Promise<boolean> {
    return this.mail.append(entry);
  }

  shardOf(id: ActorId): ShardId {
    return shardOf(id, this.#options.shards);
  }

  readiness(): Readiness {
    const reasons: string[] = [];
    if (this.#draining) reasons.push("draining");
    const { fault } = this.#health;
    if (fault) reasons.push(fault.op === "session" ? fault.message : `store: ${fault.code}`);
    const { missing, count, trusted } = this.#ownership;
    if (this.#options.elsewhere?.joined === false) reasons.push("cluster: joining");
    if (missing > 0) {
      reasons.push(`shards: ${count} of ${count + missing} owned`);
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

  /** From now on these shards should be ours; the others are given up to whom `heirOf` names. */
  want(shards: readonly ShardId[], heirOf?: HeirOf): void {
    this.#ownership.want(shards, heirOf);
  }

  /** Shards may have come free that should be ours. */
  hint(): void {
    this.#ownership.hint();
  }

  /** Shards owned now. */
  owned(): readonly ShardId[] {
    return this.#ownership.owned();
  }

  /** True while this node owns the shard of `id`. */
  hosts(id: ActorId): boolean {
    return this.#owns(this.shardOf(id));
  }

  /** True while that actor is in memory here. */
  holds(id: ActorId): boolean {
    return this.#directory.has(id);
  }

  /** Actors that were told `adopted` are told again: nodes that ran their work have ended. */
  adoptAgain(): void {
    this.#adopter.adopt(this.#ownership.owned());
  }

  /** Another node inserted an actor of ours. */
  scheduled(entry: DueEntry): void {
    if (this.hosts(entry.id)) this.#wakeups.scheduled(entry);
  }

  #makeOwnership(): Ownership {
    const { clock, store, claimant, elsewhere, shards } = this.#options;
    return new Ownership({
      clock,
      store,
      claimant,
      shards: elsewhere === undefined ? allShards(shards) : [],
      gained: (shards) => this.#gained(shards),
      lost: (shards) => this.#lost(shards),
      releasing: (shards) => this.#directory.retire(shards),
      quiet: () => this.#commits.quiet(),
      ...(elsewhere !== undefined && {
        released: (shards, heir) => elsewhere.released(shards, heir),
        observed: (fences, seen) => elsewhere.observed(fences, seen),
      }),
      health: (fault) => this.#health.renewed(fault),
    });
  }

  #owns(shard: ShardId): boolean {
    return this.#ownership.epochOf(shard) !== undefined;
  }

  /** One node sweeps for all: it makes no difference whose actors have expired. */
  #maySweep(): boolean {
    return this.mayWork && this.#owns(SWEEPERS_SHARD);
  }

  #inserted(snapshot: Snapshot): void {
    const { wakeAtMs, lane, rank } = snapshot.index;
    const soonMs = this.#options.clock.wallMs() + WINDOW_RESCAN_MS;
    const { loader } = this.#directory;
    const { elsewhere } = this.#options;
    if (elsewhere !== undefined && !this.#owns(snapshot.shard)) {
      loader.unexpect(snapshot.id);
      if (wakeAtMs === null) return;
      return elsewhere.scheduled({ id: snapshot.id, wakeAtMs, lane, rank }, snapshot.shard);
    }
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

  /** An actor of ours came to be with a transition of another, unless it existed: then its wake-up comes to nothing. */
  #broughtInto({ id, index: { wakeAtMs, lane, rank } }: Draft): void {
    if (wakeAtMs !== null) this.#wakeups.scheduled({ id, wakeAtMs, lane, rank });
  }

  #gained(shards: readonly ShardId[]): void {
    this.#adopter.adopt(shards);
    // Wake-ups that came before the shards were ours found no actor.
    this.#wakeups.gained();
  }

  /** Lets go of what lives in these shards, without writing. */
  #lost(shards: readonly ShardId[]): void {
    this.#directory.drop(shards);
    const gone = new Set(shards);
    this.#wakeups.lost((id) => gone.has(this.shardOf(id)));
  }

  #logHealth(fault: Fault | null): void {
    const { log } = this.#options;
    if (fault) log("warn", "store fault", { code: fault.code, error: fault.message });
    else log("info", "store is back", {});
    this.#options.storeHealth?.(fault);
  }

  #logLetter(letter: DeadLetter): void {
    this.#options.log("warn", "dead letter", { ...letter });
  }
}

function allShards(count: number): ShardId[] {
  return Array.from({ length: count }, (_, shard) => shard as ShardId);
}
