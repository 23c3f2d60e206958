/**
 * Mailbox: which message an actor handles next.
 *
 * Intuition: two lanes. What the system says of an actor's own work (an attempt ended, it is due)
 * goes before what strangers ask of it, and has room of its own, so that a crowd of requests can
 * neither delay nor displace it.
 *
 * Invariants: M1. Within a lane, first in is first out. M2. No user message leaves while a system
 * message waits, but for one that was put back. M3. Neither lane grows beyond its bound by `offer`,
 * which says no instead; what was taken and put back always finds room.
 * @module
 */
import { MAILBOX_SYSTEM_MAX, MAILBOX_USER_MAX } from "../limits.ts";

/** Which lane a message takes. */
export type Lane = "system" | "user";

/** A bounded two-lane queue. Empty lanes cost nothing. */
export class Mailbox<Item> {
  #system: Item[] = [];
  #user: Item[] = [];

  /** Messages waiting in both lanes. */
  get size(): number {
    return this.#system.length + this.#user.length;
  }

  /** Adds `item` to its lane; false when the lane is full (M3) and nothing was added. */
  offer(lane: Lane, item: Item): boolean {
    const [items, bound] = lane === "system"
      ? [this.#system, MAILBOX_SYSTEM_MAX]
      : [this.#user, MAILBOX_USER_MAX];
    if (items.length >= bound) return false;
    items.push(item);
    return true;
  }

  /** Puts messages that were taken back before all others, in this order: they will be taken next. */
  putBack(...items: readonly Item[]): void {
    this.#system.unshift(...items);
  }

  /** The next message, or undefined (M1, M2). Cost: O(lane length), lanes being short. */
  take(): Item | undefined {
    return this.#system.shift() ?? this.#user.shift();
  }

  /** Empties both lanes, oldest first, system before user. */
  drain(): Item[] {
    const items = [...this.#system, ...this.#user];
    this.#system = [];
    this.#user = [];
    return items;
  }
}
