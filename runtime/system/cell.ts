/**
 * Cell: one actor in memory: its state, its mailbox, and the one message it is handling.
 *
 * Intuition: a cell is a small state machine around a pure reducer. It hands every change to the
 * store, waits, and only then lets effects and replies out; whatever goes wrong, it goes back to
 * what is committed.
 *
 * States: loading → ready → committing → performing → ready; committing → recovering (outcome unknown)
 * → performing or loading; committing → loading (conflict); any → resting (restart pause) → loading;
 * any → gone (passivated, stopped, or shard lost).
 * Invariants: B1–B3 (behaviour.ts), V1–V3 (supervision), and
 *   C1. Every envelope is settled exactly once, whatever happens to the cell.
 *   C2. A definite fault changes nothing: a user's message is answered `busy`, the system's is tried again;
 *       one that no repetition mends is a crash.
 *   C3. After an unknown outcome nothing is handled before the shard was re-acquired and the store read.
 *   C4. A cell that retires begins nothing more, but what it is handling ends as ever, effects and all.
 * Not here: loading, batching, timers' meaning (the host).
 * @module
 */
import type { Behaviour, Carriage, Step, Stored } from "../actor/behaviour.ts";
import type { Envelope, Settled } from "../actor/envelope.ts";
import { Mailbox } from "../actor/mailbox.ts";
import { Fault, unreachable } from "../fault.ts";
import type { ActorId, ShardId } from "../ids.ts";
import type { Snapshot } from "../snapshot.ts";
import type { Carried, Transition, WriteOutcome } from "../store/port.ts";
import { type Directive, type RestartHistory, supervise } from "../supervision/policy.ts";
import type { CellHost } from "./cell_host.ts";

type Status =
  | "loading"
  | "ready"
  | "committing"
  | "recovering"
  | "performing"
  | "resting"
  | "gone";

/** One active actor. The type of its kind is known to whoever registered it. */
export class Cell<State, Message, Reply, Effect> {
  readonly #mailbox = new Mailbox<Envelope<Message, Reply>>();
  #status: Status = "loading";
  #snapshot: Snapshot | undefined;
  #state: State | undefined;
  #restarts: RestartHistory = [];
  #reread = false;
  #retiring = false;

  constructor(
    readonly id: ActorId,
    readonly shard: ShardId,
    private readonly behaviour: Behaviour<State, Message, Reply, Effect>,
    private readonly host: CellHost<Effect>,
  ) {}

  get kind(): string {
    return this.behaviour.kind;
  }

  /** Takes a message in; false when its lane is full. Handles it at once when nothing else is under way. */
  offer(envelope: Envelope<Message, Reply>): boolean {
    if (!this.#mailbox.offer(envelope.lane, envelope)) return false;
    this.#run();
    return true;
  }

  /** What was asked of the host with `load`: the committed snapshot, or undefined when there is none. */
  loaded(snapshot: Snapshot | undefined): void {
    if (this.#status !== "loading") return;
    // An actor of another kind is none of this one's, and must not crash for it.
    if (snapshot?.kind !== this.behaviour.kind) return this.#absent();
    try {
      this.#state = this.behaviour.decode(snapshot);
    } catch (error) {
      return this.#crashed(undefined, error);
    }
    this.#snapshot = snapshot;
    this.#status = "ready";
    this.#run();
  }

  /** No such actor; but whoever came during the read may know of an insert that it was too early to see. */
  #absent(): void {
    if (this.#mailbox.size < 2 || this.#reread) {
      return this.#dismiss({ kind: "missing" }, "no-such-actor");
    }
    this.#reread = true;
    this.host.load(this);
  }

  /** The store could not be read: strangers are told, the system's messages wait for the next try (C2). */
  loadFailed(): void {
    if (this.#status !== "loading") return;
    const waiting = this.#mailbox.drain();
    const own = waiting.filter(({ lane }) => lane === "system");
    if (own.length === 0) this.#leave();
    else {
      this.#mailbox.putBack(...own);
      this.host.retryLater(() => this.#status === "loading" && this.host.load(this));
    }
    for (const { lane, settle } of waiting) if (lane === "user") settle({ kind: "busy" });
  }

  /** The shard is no longer ours: lets go without writing; whoever waits is told `busy` (O2, C1). */
  drop(): void {
    this.#dismiss({ kind: "busy" }, null);
  }

  /** The shard is about to move: ends when what it is handling has ended, at once if there is nothing (C4). */
  retire(): void {
    this.#retiring = true;
    const busy = this.#status === "committing" || this.#status === "recovering" ||
      this.#status === "performing";
    if (!busy) this.drop();
  }

  #run(): void {
    while (this.#status === "ready") {
      if (this.#retiring) return this.drop();
      const envelope = this.#mailbox.take();
      if (!envelope) break;
      this.#handle(envelope);
    }
    if (this.#status === "ready" && !this.behaviour.resident(this.#state as State)) this.#leave();
  }

  #handle(envelope: Envelope<Message, Reply>): void {
    const snapshot = this.#snapshot as Snapshot;
    const epoch = this.host.epochOf(this.shard);
    if (epoch === undefined) return envelope.settle({ kind: "busy" });
    let step: Step<State, Reply, Effect>;
    let stored: Stored | null;
    try {
      const context = this.host.context(this.id, snapshot.version + 1);
      step = this.behaviour.receive(this.#state as State, envelope.message, context);
      stored = step.state === this.#state ? null : this.behaviour.encode(step.state);
    } catch (error) {
      return this.#crashed(envelope, error);
    }
    if (!stored) return this.#perform(envelope, step, snapshot);
    this.#status = "committing";
    const { head, index } = stored;
    this.#commit(envelope, step, {
      kind: "transition",
      id: this.id,
      shard: this.shard,
      epoch,
      expectedVersion: snapshot.version,
      head,
      index,
      ...(step.carries !== undefined && { carries: carriedIn(this.shard, step.carries) }),
    });
  }

  #commit(
    envelope: Envelope<Message, Reply>,
    step: Step<State, Reply, Effect>,
    transition: Transition,
  ): void {
    this.host.commit(transition, (outcome) => {
      if (this.#status !== "committing") return envelope.settle(afterDrop(outcome));
      if (outcome instanceof Fault) return this.#faulted(envelope, step, transition, outcome);
      this.#committed(envelope, step, transition, outcome);
    });
  }

  #committed(
    envelope: Envelope<Message, Reply>,
    step: Step<State, Reply, Effect>,
    transition: Transition,
    outcome: WriteOutcome,
  ): void {
    switch (outcome.kind) {
      case "applied":
        this.#applied(envelope, step, transition);
        return this.#run();
      case "fenced":
        return this.#fenced(envelope, step, transition);
      case "conflict":
      case "missing":
      case "exists":
        // Somebody else moved or deleted it: handle the message again, on what is committed.
        this.#mailbox.putBack(envelope);
        return this.#reload();
      default:
        return unreachable(outcome);
    }
  }

  #fenced(
    envelope: Envelope<Message, Reply>,
    step: Step<State, Reply, Effect>,
    transition: Transition,
  ): void {
    const epoch = this.host.epochOf(this.shard);
    // Re-acquired meanwhile by ourselves: the shard is still ours, under a newer epoch.
    if (epoch !== undefined && epoch !== transition.epoch) {
      return this.#commit(envelope, step, { ...transition, epoch });
    }
    envelope.settle({ kind: "busy" });
    this.host.fenced(this.shard, transition.epoch);
  }

  #applied(
    envelope: Envelope<Message, Reply>,
    step: Step<State, Reply, Effect>,
    transition: Transition,
  ): void {
    const before = this.#snapshot as Snapshot;
    const after: Snapshot = {
      ...before,
      version: before.version + 1,
      head: transition.head,
      body: transition.carries?.body ?? before.body,
      index: transition.index,
    };
    this.#snapshot = after;
    this.#state = step.state;
    this.host.moved(before, after);
    const { inserts = [] } = transition.carries ?? {};
    if (inserts.length > 0) this.host.inserted(inserts);
    this.#perform(envelope, step, after);
  }

  /** Lets out what the reducer asked for, in order, now that it is committed (B2). */
  #perform(
    envelope: Envelope<Message, Reply>,
    step: Step<State, Reply, Effect>,
    snapshot: Snapshot,
  ): void {
    this.#status = "performing";
    for (const effect of step.effects) {
      try {
        this.host.perform(effect, snapshot);
      } catch (error) {
        // What is committed stays; the other effects are none the worse for it.
        this.host.crashed(this.id, { directive: { kind: "resume", setAside: false }, error });
      }
    }
    envelope.settle({ kind: "handled", reply: step.reply, snapshot });
    if (this.#status === "performing") this.#status = "ready";
  }

  #faulted(
    envelope: Envelope<Message, Reply>,
    step: Step<State, Reply, Effect>,
    transition: Transition,
    fault: Fault,
  ): void {
    if (fault.ambiguous) return this.#recover(envelope, step, transition);
    if (!fault.retryable) return this.#crashed(envelope, fault);
    if (envelope.lane === "user") {
      this.#status = "ready";
      envelope.settle({ kind: "busy" });
      return this.#run();
    }
    this.host.retryLater(() => {
      const epoch = this.host.epochOf(this.shard);
      if (this.#status !== "committing" || epoch === undefined) {
        return envelope.settle({ kind: "busy" });
      }
      this.#commit(envelope, step, { ...transition, epoch });
    });
  }

  /** Finds out whether the write of unknown outcome was applied, then carries on from there (C3). */
  #recover(
    envelope: Envelope<Message, Reply>,
    step: Step<State, Reply, Effect>,
    transition: Transition,
  ): void {
    this.#status = "recovering";
    this.host.readBehindFence(this.id, this.shard, (snapshot) => {
      if (this.#status !== "recovering") return envelope.settle({ kind: "unknown" });
      const applied = snapshot?.version === transition.expectedVersion + 1 &&
        snapshot.head === transition.head;
      if (applied) this.#applied(envelope, step, transition);
      else {
        this.#mailbox.putBack(envelope);
        this.#status = "loading";
        return this.loaded(snapshot);
      }
      this.#run();
    });
  }

  #crashed(envelope: Envelope<Message, Reply> | undefined, error: unknown): void {
    if (envelope) envelope.crashes++;
    const { directive, history } = supervise(this.#restarts, {
      nowMs: this.host.clock.monotonicMs(),
      during: envelope ? "message" : "load",
      messageCrashes: envelope?.crashes ?? 0,
    });
    this.#restarts = history;
    this.host.crashed(this.id, { directive, error });
    this.#obey(directive, envelope, error);
  }

  #obey(
    directive: Directive,
    envelope: Envelope<Message, Reply> | undefined,
    error: unknown,
  ): void {
    switch (directive.kind) {
      case "resume":
        if (envelope) this.#setAside(envelope, "poison", error);
        if (this.#status !== "committing") return;
        this.#status = "ready";
        return this.#run();
      case "restart":
        if (envelope) this.#mailbox.putBack(envelope);
        this.#status = "resting";
        this.host.clock.after(
          directive.delayMs,
          () => this.#status === "resting" && this.#reload(),
        );
        return;
      case "stop":
      case "escalate":
        if (envelope) this.#setAside(envelope, "stopped", error);
        return this.#dismiss({ kind: "crashed" }, "stopped");
      default:
        return unreachable(directive);
    }
  }

  #reload(): void {
    if (this.#retiring) return this.drop();
    this.#status = "loading";
    this.host.load(this);
  }

  #setAside(
    envelope: Envelope<Message, Reply>,
    reason: "poison" | "stopped" | "no-such-actor",
    error: unknown,
  ): void {
    this.host.deadLetter(this.id, { message: envelope.message, reason, error });
    envelope.settle({ kind: "crashed" });
  }

  /** Ends the cell; every waiting envelope is settled (C1). */
  #dismiss(settled: Settled<Reply>, letter: "stopped" | "no-such-actor" | null): void {
    if (this.#status === "gone") return;
    const waiting = this.#mailbox.drain();
    this.#leave();
    for (const envelope of waiting) {
      if (letter && envelope.lane === "system") {
        this.host.deadLetter(this.id, { message: envelope.message, reason: letter, error: null });
      }
      envelope.settle(settled);
    }
  }

  #leave(): void {
    this.#status = "gone";
    this.host.left(this);
  }
}

/** What an actor of `shard` wants committed with its state, as the store takes it. */
function carriedIn(shard: ShardId, { inserts, ...rest }: Carriage): Carried {
  if (inserts === undefined) return rest;
  return { ...rest, inserts: inserts.map((draft) => ({ ...draft, shard })) };
}

/** What is known of a message whose actor was dropped before its commit was answered. */
function afterDrop(outcome: WriteOutcome | Fault): { readonly kind: "busy" | "unknown" } {
  const applied = outcome instanceof Fault ? outcome.ambiguous : outcome.kind === "applied";
  return { kind: applied ? "unknown" : "busy" };
}
