/**
 * QueueState: the settings of one queue, kept by an actor of their own.
 *
 * Intuition: a queue needs no actor to work: jobs name it, and it is there. Only one whose settings
 * were changed has an actor, so that the change survives and is found by every node.
 * @module
 */

/** A queue's settings; they are all of its state. */
export interface QueueState {
  readonly name: string;
  /** Its due jobs wait; running ones go on. */
  readonly paused: boolean;
  /** Jobs of it that may run at once; null: no limit but the slots. */
  readonly concurrency: number | null;
}

/** What a queue can be told. */
export type QueueMessage = {
  readonly kind: "set";
  readonly paused: boolean;
  readonly concurrency: number | null;
};

/** What a queue answers. */
export type QueueReply = { readonly kind: "set" };
