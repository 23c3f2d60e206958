/**
 * Behaviour: what a kind of actor is: a pure reducer over its state, and how that state is stored.
 *
 * Intuition: the runtime hosts actors without knowing what they are about. A kind tells it how to
 * read a snapshot, how to answer a message, and how to write the result back. Everything that the
 * reducer wants done comes out as data.
 *
 * Invariants (kept by the host, cited there):
 *   B1. One message at a time: a reducer never sees a state that is not committed.
 *   B2. Effects are performed in order after the commit of the state that asked for them, and not at all if it fails.
 *   B3. Reducers are pure: time, chance and names come in with {@link ReducerContext}.
 * @module
 */
import type { ActorId, BootId, NodeName } from "../ids.ts";
import type { Draft, Indexing, Snapshot } from "../snapshot.ts";

/** What a reducer may know of the world. */
export interface ReducerContext {
  readonly id: ActorId;
  /** Wall clock, ms. */
  readonly nowMs: number;
  /** Uniform in [0, 1), drawn for this message. */
  readonly chance: number;
  /** Text that no other message of this cluster ever gets: for tokens. */
  readonly unique: string;
  readonly node: NodeName;
  readonly boot: BootId;
  /** False when that process start is known to have ended, and with it all that ran there. */
  readonly lives: (boot: BootId) => boolean;
  /** The version that the state will have if it changes. */
  readonly nextVersion: number;
}

/** A reducer's answer. The same `state` object means: nothing to commit. */
export interface Step<State, Reply, Effect> {
  readonly state: State;
  /** For whoever asked; ignored after a `tell`. */
  readonly reply?: Reply;
  readonly effects: readonly Effect[];
  /** What the commit of `state` brings about beside it (S8); nothing when `state` does not change. */
  readonly carries?: Carriage;
}

/** What a reducer wants committed together with its state. */
export interface Carriage {
  /** The actor's body from now on; absent: it stays. */
  readonly body?: string;
  /** Actors that come to be in the actor's own shard, unless their ids exist; at most `CARRIED_INSERTS_MAX`. */
  readonly inserts?: readonly Omit<Draft, "shard">[];
  /** Lines for one of the actor's own journals. */
  readonly lines?: { readonly stream: string; readonly texts: readonly string[] };
}

/** A state in its stored form: the part that changes. */
export interface Stored {
  readonly head: string;
  readonly index: Indexing;
}

/** A kind of actor. `State`s are immutable. */
export interface Behaviour<State, Message, Reply, Effect> {
  /** As stored in `Snapshot.kind`. */
  readonly kind: string;
  /** Reads a snapshot; throws when it cannot be read (supervision quarantines the actor). */
  decode(snapshot: Snapshot): State;
  /** Writes a state. */
  encode(state: State): Stored;
  /** The reducer (B3). */
  receive(state: State, message: Message, context: ReducerContext): Step<State, Reply, Effect>;
  /** True while the actor must stay in memory, e.g. because an attempt of it is running here. */
  resident(state: State): boolean;
  /** What a wake-up of an actor becomes, and what it is told, if anything, when it is due but waits for room; null: never woken. */
  readonly wakes:
    | { readonly wake: (id: ActorId) => Message; readonly overdue: (() => Message) | null }
    | null;
  /** The label of actors that a new owner of their shard must be told of, and the message it sends them. */
  readonly adopts: { readonly label: string; readonly message: Message } | null;
}

/** What happened to a `tell`. */
export type TellOutcome = "accepted" | "busy" | "closed";

/** What happened to an `ask`. */
export type AskOutcome<Reply> =
  | { readonly kind: "replied"; readonly reply: Reply; readonly snapshot: Snapshot }
  /** There is no such actor. */
  | { readonly kind: "missing" }
  /** Its mailbox, or the node, is full, or the node drains: try again later; nothing happened. */
  | { readonly kind: "busy" }
  /** No certain answer in time: the message may have been, or may still be handled. */
  | { readonly kind: "deadline" }
  /** The actor crashed on the message; supervision has it. */
  | { readonly kind: "crashed" };

/** A typed handle on one actor, wherever it lives. */
export interface ActorRef<Message, Reply> {
  readonly id: ActorId;
  /** Sends and forgets. */
  tell(message: Message): TellOutcome;
  /** Sends and waits for the committed answer, `deadlineMs` at most (default `ASK_DEADLINE_MS`). */
  ask(message: Message, options?: { deadlineMs?: number }): Promise<AskOutcome<Reply>>;
}
