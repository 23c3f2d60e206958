/**
 * Messages: what nodes say to each other so that each can tell the events of all.
 *
 * Intuition: a node whose clients listen says what it wants to hear (`interest`), and then asks for what comes next
 * (`next`), again and again. Who is asked answers as soon as there is something, or after a while with nothing; it
 * sends nothing unasked.
 * @module
 */
import type { JobEvent } from "../service.ts";

/** Asked when what is wanted changes. */
export const INTEREST = "events/interest";
/** Asked for what comes next. */
export const NEXT = "events/next";

/** A change of what a node wants to hear, or all of it. */
export interface InterestChange {
  /** What the change is made to; null: to nothing, `add` is all there is. */
  readonly base: number | null;
  /** What it makes of it: grows with every change of one process start. */
  readonly revision: number;
  /** The events of all jobs. */
  readonly all: boolean;
  /** Single jobs. */
  readonly add: readonly string[];
  readonly remove: readonly string[];
  /** The asked node has come while its asker listened: what it did so far was missed. */
  readonly newcomer: boolean;
}

/** `unknown`: the base is not what the asked node remembers. */
export type InterestAnswer = { readonly kind: "unknown" } | {
  readonly kind: "noted";
  /** From which of the asked node's sequences on events are to be asked for. */
  readonly at: number;
  /** Events that a newcomer's asker should have heard are gone. */
  readonly gap: boolean;
  /** What is still held of the jobs added, the latest of it if that is much. */
  readonly past: readonly JobEvent[];
};

/** Asks for the events after one of the asked node's sequences. */
export interface NextRequest {
  readonly after: number;
}

/** `unknown`: the asked node does not remember what its asker wants. */
export type NextAnswer = { readonly kind: "unknown" } | {
  readonly kind: "events";
  readonly events: readonly JobEvent[];
  /** What is to be asked for next. */
  readonly to: number;
  /** Events after the asked sequence are gone. */
  readonly gap: boolean;
};
