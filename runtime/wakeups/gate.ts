/**
 * WakeGate: the port through which whoever has the capacity says how much may be woken.
 * @module
 */
import type { DueEntry } from "../snapshot.ts";

/**
 * What became of asking for room: it is `held`; or there is none in this `lane`, while others of its line may
 * have some; or there is none in the whole `line` now.
 */
export type Room = "held" | "no-lane" | "no-line";

/** Decides which due actors may be woken now, and learns what came of it. */
export interface WakeGate {
  /** Takes room for `entry` if there is any in its lane. Cost: O(1); called for every candidate. */
  reserve(entry: DueEntry): Room;
  /** The wake-up of `entry` was handled, or could not be: room that it did not use is free again. */
  settled(entry: DueEntry): void;
}
