/**
 * Envelope: a message on its way to one actor, and who waits for it.
 * @module
 */
import type { Snapshot } from "../snapshot.ts";
import type { Lane } from "./mailbox.ts";

/** How the handling of one message ended. Told exactly once per envelope. */
export type Settled<Reply> =
  /** Handled, and committed where it changed anything. */
  | { readonly kind: "handled"; readonly reply: Reply | undefined; readonly snapshot: Snapshot }
  | { readonly kind: "missing" }
  /** Nothing happened. */
  | { readonly kind: "busy" }
  /** The shard was lost while its commit was under way: it may have been handled, its effects were not performed. */
  | { readonly kind: "unknown" }
  | { readonly kind: "crashed" };

/** A message with its lane and its witness. */
export interface Envelope<Message, Reply> {
  readonly lane: Lane;
  readonly message: Message;
  /** Called once, when the handling ended, whichever way. */
  readonly settle: (settled: Settled<Reply>) => void;
  /** How often an actor crashed on it. */
  crashes: number;
}
