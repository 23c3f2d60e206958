/**
 * WakeGate: the port through which whoever has the capacity says how much may be woken.
 * @module
 */
import type { DueEntry } from "../snapshot.ts";

/** Decides which due actors may be woken now, and learns what came of it. */
export interface WakeGate {
  /** Takes room for `entry` if there is any in its lane. Cost: O(1); called for every candidate. */
  reserve(entry: DueEntry): boolean;
  /** The wake-up of `entry` was handled, or could not be: room that it did not use is free again. */
  settled(entry: DueEntry): void;
}
