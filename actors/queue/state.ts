/**
 * QueueState: the settings of one queue, kept by an actor of their own.
 *
 * Intuition: a queue needs no actor to work: jobs name it, and it is there. Only one whose settings
 * were changed has an actor, so that the change survives and is found by every node.
 * @module
 */
import type { QueueLimits } from "../limiter/limits.ts";

/** A queue's settings; they are all of its state. Its limits hold for all nodes together. */
export interface QueueState extends QueueLimits {
  readonly name: string;
  /** Its due jobs wait; running ones go on. */
  readonly paused: boolean;
}

/** What a queue can be told. */
export type QueueMessage = { readonly kind: "set" } & Omit<QueueState, "name">;

/** What a queue answers. */
export type QueueReply = { readonly kind: "set" };
