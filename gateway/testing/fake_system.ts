/**
 * FakeSystem: an actor system of one thread and no store, for tests of what is built on one.
 *
 * It runs real behaviours and commits at once. Every effect is collected, none is performed; outcomes
 * that a real system has under load or failure are made by its knobs.
 * @module
 */
import type {
  ActorRef,
  AskOutcome,
  Behaviour,
  Carriage,
  Stored,
} from "../../runtime/actor/behaviour.ts";
import type { Clock } from "../../runtime/clock.ts";
import { type ActorId, type BootId, type NodeName, shardOf } from "../../runtime/ids.ts";
import type { ShardId } from "../../runtime/ids.ts";
import type { Draft, Snapshot } from "../../runtime/snapshot.ts";
import type { FindQuery, FoundPage, JournalLine } from "../../runtime/store/port.ts";
import type { ActorSystem, CreateOutcome, Readiness } from "../../runtime/system/surface.ts";

/** A behaviour whose own types are its own affair. */
type AnyBehaviour = Behaviour<unknown, unknown, unknown, unknown>;

const SHARDS = 16;

/** The fake. */
export class FakeSystem implements ActorSystem {
  /** The present moment, for drafts and reducers (ms). */
  nowMs: number;
  /** Most snapshots of one page of `find`, whatever was asked: real pages may be short. */
  pageMax = Infinity;
  /** What the next asks come to instead of being handled, first one first. */
  readonly troubles: Exclude<AskOutcome<never>["kind"], "replied">[] = [];
  /** Called before each creation: a chance for someone else to be first. */
  beforeCreate: (draft: Omit<Draft, "shard">) => void = () => {};
  /** Called before each ask is handled: a chance for it to come to something else. */
  beforeAsk: () => void = () => {};
  /** Every effect that reducers asked for, in order. */
  readonly effects: unknown[] = [];
  /** How many asks were under way at once, at most. */
  asksAtOnce = 0;

  readonly #behaviours = new Map<string, AnyBehaviour>();
  /** In the order of insertion, which is what cursors count. */
  readonly #snapshots = new Map<ActorId, Snapshot>();
  readonly #journals = new Map<string, string[]>();
  #asksNow = 0;

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  /** The system's time; whoever waits lets it pass at once. */
  get clock(): Pick<Clock, "wallMs" | "after"> {
    return {
      wallMs: () => this.nowMs,
      after: (delayMs, fire) => {
        this.nowMs += delayMs;
        queueMicrotask(fire);
        return { cancel: () => {} };
      },
    };
  }

  /** Teaches the system a kind of actor. */
  host<State, Message, Reply, Effect>(behaviour: Behaviour<State, Message, Reply, Effect>): this {
    this.#behaviours.set(behaviour.kind, behaviour as unknown as AnyBehaviour);
    return this;
  }

  /** Puts a snapshot in place, as if it had been there all along. */
  plant(draft: Omit<Draft, "shard">): Snapshot {
    const snapshot = { ...draft, shard: this.shardOf(draft.id), version: 1 };
    this.#snapshots.set(draft.id, snapshot);
    return snapshot;
  }

  /** Takes an actor away, as the sweep does. */
  remove(id: ActorId): void {
    this.#snapshots.delete(id);
  }

  create(draft: Omit<Draft, "shard">): Promise<CreateOutcome> {
    this.beforeCreate(draft);
    if (this.#snapshots.has(draft.id)) return Promise.resolve({ kind: "exists" });
    return Promise.resolve({ kind: "created", snapshot: this.plant(draft) });
  }

  ref<Message, Reply>(kind: string, id: ActorId): ActorRef<Message, Reply> {
    return {
      id,
      tell: (message) =>
        this.#handle<Reply>(kind, id, message).kind === "busy" ? "busy" : "accepted",
      ask: async (message) => {
        this.asksAtOnce = Math.max(this.asksAtOnce, ++this.#asksNow);
        await Promise.resolve();
        this.#asksNow--;
        this.beforeAsk();
        return this.#handle<Reply>(kind, id, message);
      },
    };
  }

  read(id: ActorId): Promise<Snapshot | undefined> {
    return Promise.resolve(this.#snapshots.get(id));
  }

  readAll(ids: readonly ActorId[]): Promise<readonly (Snapshot | undefined)[]> {
    return Promise.resolve(ids.map((id) => this.#snapshots.get(id)));
  }

  find(query: FindQuery): Promise<FoundPage> {
    const all = [...this.#snapshots.values()];
    if (query.order === "newest") all.reverse();
    const limit = Math.min(query.limit, this.pageMax);
    let at = Number(query.cursor ?? 0);
    const snapshots: Snapshot[] = [];
    for (; at < all.length && snapshots.length < limit; at++) {
      const snapshot = all[at];
      if (snapshot !== undefined && matches(snapshot, query)) snapshots.push(snapshot);
    }
    return Promise.resolve({ snapshots, cursor: at < all.length ? String(at) : null });
  }

  tallies(kind: string): Promise<ReadonlyMap<string, number>> {
    const tallies = new Map<string, number>();
    for (const snapshot of this.#snapshots.values()) {
      const { tally } = snapshot.index;
      if (snapshot.kind === kind) tallies.set(tally, (tallies.get(tally) ?? 0) + 1);
    }
    return Promise.resolve(tallies);
  }

  journal(
    query: { id: ActorId; stream: string; after: number; limit: number },
  ): Promise<readonly JournalLine[]> {
    const lines = this.#journals.get(`${query.stream} ${query.id}`) ?? [];
    return Promise.resolve(
      lines.map((text, at) => ({ n: at + 1, text })).slice(query.after).slice(0, query.limit),
    );
  }

  append(entry: { id: ActorId; stream: string; lines: readonly string[] }): Promise<boolean> {
    const key = `${entry.stream} ${entry.id}`;
    this.#journals.set(key, [...this.#journals.get(key) ?? [], ...entry.lines]);
    return Promise.resolve(this.#snapshots.has(entry.id));
  }

  shardOf(id: ActorId): ShardId {
    return shardOf(id, SHARDS);
  }

  readiness(): Readiness {
    return { ready: true, reasons: [] };
  }

  shards(): Promise<readonly never[]> {
    return Promise.resolve([]);
  }

  #handle<Reply>(kind: string, id: ActorId, message: unknown): AskOutcome<Reply> {
    const trouble = this.troubles.shift();
    if (trouble !== undefined) return { kind: trouble };
    const snapshot = this.#snapshots.get(id);
    const behaviour = this.#behaviours.get(kind);
    if (snapshot?.kind !== kind || behaviour === undefined) return { kind: "missing" };
    const before = behaviour.decode(snapshot);
    const step = behaviour.receive(before, message, {
      id,
      nowMs: this.nowMs,
      chance: 0.5,
      unique: `unique-${id}-${snapshot.version}`,
      node: "a" as NodeName,
      boot: "boot-1" as BootId,
      lives: () => false,
      nextVersion: snapshot.version + 1,
    });
    const after = step.state === before ? snapshot : this.#moved(snapshot, {
      ...behaviour.encode(step.state),
      ...step.carries,
    });
    this.effects.push(...step.effects);
    return { kind: "replied", reply: step.reply as Reply, snapshot: after };
  }

  /** Commits a transition with what it carries. */
  #moved(
    before: Snapshot,
    { head, index, body = before.body, ...carries }: Stored & Carriage,
  ): Snapshot {
    const after = { ...before, head, index, body, version: before.version + 1 };
    this.#snapshots.set(before.id, after);
    for (const draft of carries.inserts ?? []) {
      if (!this.#snapshots.has(draft.id)) this.plant(draft);
    }
    const { lines } = carries;
    if (lines) void this.append({ id: before.id, stream: lines.stream, lines: lines.texts });
    return after;
  }
}

function matches(
  snapshot: Snapshot,
  { kind, labels, fromMs = -Infinity, toMs = Infinity }: FindQuery,
) {
  return snapshot.kind === kind && snapshot.createdAtMs >= fromMs && snapshot.createdAtMs < toMs &&
    labels.every((label) => snapshot.index.labels.includes(label));
}
