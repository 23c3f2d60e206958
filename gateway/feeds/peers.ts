/**
 * Peers: the port to the other nodes, as feeds need it.
 * @module
 */
import type { BootId } from "../../runtime/ids.ts";

/** Another node's process start. */
export interface Peer {
  readonly boot: BootId;
  /** Its name, for people. */
  readonly name: string;
}

/** The other nodes. */
export interface Peers {
  /** Those that live, or may. */
  others(): readonly Peer[];
  /** Asks one of them; rejects when there is no answer in time. */
  ask(to: BootId, channel: string, body: unknown): Promise<unknown>;
  /** Answers what they ask. */
  serve(channel: string, answer: (body: unknown, from: BootId) => unknown): void;
}
