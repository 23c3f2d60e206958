/**
 * Nodes: which nodes were lost, and which are back, from one look at the members to the next.
 *
 * Intuition: every node sees it and tells it; the incident knows events again by their ids, which all give
 * alike. That a node is back is told of every one that comes, lost or not: whoever saw it go may be gone too.
 * @module
 */
import type { AlertEvent } from "../event.ts";

/** Whoever sees a node go within this time sees the same, ms. */
const SEEN_TOGETHER_MS = 60_000;

/** A member of the cluster. */
export interface MemberSeen {
  readonly name: string;
  readonly boot: string;
  readonly state: "alive" | "suspect" | "dead" | "left" | "draining";
}

/** What one node knows of the others. */
export class NodesWatch {
  /** By process start: whether it was seen dead. */
  #dead: ReadonlyMap<string, boolean> | null = null;

  /** What is to be told after a look at all members, this node included. */
  look(members: readonly MemberSeen[], nowMs: number): readonly AlertEvent[] {
    const before = this.#dead;
    this.#dead = new Map(members.map(({ boot, state }) => [boot, state === "dead"]));
    const events: AlertEvent[] = [];
    for (const { name, boot, state } of members) {
      const known = before?.get(boot);
      // Who is dead at the first look was told by those who saw it.
      if (state === "dead" && known === false) {
        events.push(eventOf({ name, boot }, "firing", nowMs));
      } else if (state === "alive" && known !== false) {
        events.push(eventOf({ name, boot }, "resolved", nowMs));
      }
    }
    return events;
  }
}

function eventOf(
  { name, boot }: { readonly name: string; readonly boot: string },
  status: AlertEvent["status"],
  nowMs: number,
): AlertEvent {
  // All who see a node go see it within a moment; one that comes back may go again.
  const moment = status === "firing" ? Math.floor(nowMs / SEEN_TOGETHER_MS) : nowMs;
  return {
    id: `node/${boot}/${status}/${moment}`,
    kind: "node.lost",
    status,
    subject: name,
    labels: { node: name },
    message: status === "firing" ? `node ${name} is lost` : `node ${name} is there`,
    atMs: nowMs,
  };
}
