/**
 * Transport: the port through which nodes speak to each other.
 *
 * Intuition: a node has one address, and named channels on it. What is told may be lost; what is
 * asked is answered, or fails before its deadline with a code that says whether it may have been
 * handled. Nothing here waits for a peer, and nothing grows without a bound.
 *
 * Invariants, for every driver:
 *   T1. `tell` and `ask` neither block nor throw; a full queue is said at once.
 *   T2. An ask settles exactly once: by the reply, a Fault of the peer, or at its deadline.
 *   T3. `unavailable` and `overloaded` of the transport's own: the peer never saw the ask.
 *   T4. What one node sends to another on one link arrives in the order in which it was sent.
 *   T5. What cannot be read, is too large or comes from a stranger is counted, told once, dropped;
 *       the others are served as before.
 *   T6. Bodies arrive as equal copies: plain data, `Uint8Array`s and `Date`s; what a receiver does
 *       with one is never seen by its sender.
 *
 * At most once is all that is promised: who needs more asks again, with an id of its own.
 * Not here: who is alive (membership), who owns what (ring and store).
 * @module
 */
import type { BootId, NodeName } from "../ids.ts";

/** Who sent: as its frames say, bound to its CURVE key where keys are used. */
export interface Sender {
  readonly node: NodeName;
  readonly boot: BootId;
  /** `host:port`, as peers reach it. */
  readonly address: string;
}

/** Handles what comes on a channel. */
export type Handler = (body: unknown, from: Sender) => unknown | Promise<unknown>;

/** A node's end of all its links. */
export interface Transport {
  /** `host:port` really bound, as peers reach it. */
  readonly address: string;

  /**
   * Handles what comes on a channel: 1 to 64 of `A-Z a-z 0-9 . _ / -`. For asks, what is returned is
   * the reply; a thrown Fault travels back as a Fault. Another error is a bug: it is logged, and the
   * asker gets `timeout`, because what was done is unknown. A channel has one handler: the last one.
   */
  serve(channel: string, handler: Handler): void;

  /**
   * Sends without an answer; false when the peer's queue is full, the address or channel is
   * malformed, or the body is too large or can't be packed. Never blocks, never throws (T1).
   */
  tell(
    to: string,
    channel: string,
    body: unknown,
    options?: { readonly traceparent?: string },
  ): boolean;

  /**
   * Sends and waits, at most `deadlineMs` (cut at 10 minutes) and a few milliseconds. Rejects with a
   * Fault: the peer's own, or `timeout` (outcome unknown), `unavailable` (not delivered, or nobody
   * serves the channel), `overloaded` (queue full), `mismatch` (this body can never be sent).
   */
  ask(
    to: string,
    channel: string,
    body: unknown,
    options: { readonly deadlineMs: number; readonly traceparent?: string },
  ): Promise<unknown>;

  /** Forgets a peer: its link closes, its queue is dropped, its waiting asks fail. */
  forget(address: string): void;

  /** Ends everything: waiting asks fail, later ones are refused, the address is free again. */
  close(): Promise<void>;
}
